//! `/v1/subscriptions`: one file for each thing that can be done; what subscriptions do by themselves
//! stands in `crate::billing`. Source: Stripe API reference, "Subscriptions".

mod cancel;
mod create;
mod items;
mod preview;
mod read;
mod resume;
mod schedule;
mod update;

pub(crate) use cancel::cancel;
pub(crate) use create::{create, create_with};
pub(crate) use items::{change_item, check as check_items, new_item};
pub(crate) use preview::create_preview;
pub(crate) use read::{list, retrieve};
pub(crate) use resume::{migrate, pause, resume};
pub(crate) use update::{Change, apply, update};

use crate::billing::{SUBSCRIPTION, at_customer, owned};
use crate::state::Document;
use crate::v1::{Call, Origin, StripeError};

/// The subscription and the time of its customer.
pub(crate) fn found(call: &Call<'_>, id: &str) -> Result<(Document, Origin), StripeError> {
    let subscription = call.ledger.documents.find(SUBSCRIPTION, id)?.clone();
    let origin = at_customer(call.ledger, &owned(&subscription, "customer"), &call.origin);
    Ok((subscription, origin))
}

/// Parameters that stand for something else than the field of their name.
pub(super) const COMPUTED: &[&str] = &[
    "add_invoice_items",
    "backdate_start_date",
    "billing_cycle_anchor",
    "billing_schedules",
    "cancel_at",
    "cancel_at_period_end",
    "currency",
    "customer",
    "discounts",
    "items",
    "pause_collection",
    "transfer_data",
    "trial_end",
    "trial_from_plan",
];
