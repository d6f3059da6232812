//! The beginning of a subscription: its first invoice, and whether that is paid.
//! Source: Stripe docs, "How subscriptions work › Payment behavior".

use serde_json::Value;

use crate::billing::finalize::check_due;
use crate::billing::{
    Attempt, DAY, Draft, HOUR, INVOICE, ITEM, Line, SUBSCRIPTION, Task, add_lines, attempt, draft,
    finalize, finalize_later, items, items_of, number, owned, period, set, setup, standing,
    subscription_items, take_pending, text,
};
use crate::state::{Document, Ledger};
use crate::v1::{Origin, StripeError};

/// The first invoice must be paid within so long. Source: Stripe docs, "How subscriptions work".
const INCOMPLETE_SECONDS: i64 = 23 * HOUR;
/// When a trial's end is told.
const TRIAL_NOTICE: i64 = 3 * DAY;
/// When the next invoice is told; Stripe lets the merchant choose from 3 to 45 days.
const UPCOMING_NOTICE: i64 = 7 * DAY;

/// What happens where the first payment does not succeed.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "they are Stripe's names")]
pub(crate) enum PaymentBehavior {
    /// Nothing is tried: the customer confirms the payment.
    DefaultIncomplete,
    AllowIncomplete,
    ErrorIfIncomplete,
    /// For changes: they wait for their payment.
    PendingIfIncomplete,
}

impl PaymentBehavior {
    pub(crate) fn from_param(name: Option<&str>) -> Self {
        match name {
            Some("default_incomplete") => Self::DefaultIncomplete,
            Some("error_if_incomplete") => Self::ErrorIfIncomplete,
            Some("pending_if_incomplete") => Self::PendingIfIncomplete,
            _ => Self::AllowIncomplete,
        }
    }
}

/// How a subscription begins.
pub(crate) struct Start {
    pub(crate) behavior: PaymentBehavior,
    pub(crate) off_session: bool,
    /// One-time lines for the first invoice.
    pub(crate) extra: Vec<Line>,
    /// (part, whole) of the first period, where the anchor lies ahead.
    pub(crate) share: Option<(i64, i64)>,
    /// Nothing is charged until the anchor.
    pub(crate) free_until_anchor: bool,
}

/// Begins a subscription that is complete but for its status and its first invoice.
pub(crate) fn start(
    ledger: &mut Ledger,
    mut subscription: Document,
    how: &Start,
    origin: &Origin,
) -> Result<Value, StripeError> {
    let id = owned(&subscription, "id");
    let trial = number(&subscription, "trial_end") > origin.now;
    let sends = text(&subscription, "collection_method") == Some("send_invoice");
    let status = match (trial, sends) {
        (true, _) => "trialing",
        (false, true) => "active",
        (false, false) => "incomplete",
    };
    set(&mut subscription, "status", status);
    let invoice = first_invoice(ledger, &subscription, how, origin)?;
    let (invoice_id, due) = (owned(&invoice, "id"), number(&invoice, "amount_due"));
    set(&mut subscription, "latest_invoice", invoice_id.clone());
    if due == 0 && how.behavior == PaymentBehavior::DefaultIncomplete && !sends {
        setup::open(ledger, &mut subscription, origin);
    }
    if due == 0 && status == "incomplete" {
        set(&mut subscription, "status", "active");
    }
    ledger.documents.insert(subscription.clone());
    ledger.billing.untold = Some(id.clone());
    let careful = how.behavior == PaymentBehavior::ErrorIfIncomplete;
    if careful {
        ledger.withhold_events();
    }
    let mut invoice = invoice;
    if sends {
        finalize_later(ledger, &mut invoice, origin);
    }
    ledger.add(invoice, "invoice.created", origin);
    let paid = if sends {
        Ok(())
    } else {
        first_payment(ledger, &invoice_id, due, how, origin)
    };
    if careful {
        let failed = paid.is_err() || is_status(ledger, &id, "incomplete");
        ledger.release_events(|kind| {
            !failed || kind.starts_with("payment_intent.") || kind.starts_with("charge.")
        });
        if failed {
            forget(ledger, &id, &invoice_id);
            return Err(paid.err().unwrap_or_else(needs_action));
        }
    }
    if let Some(made) = ledger.documents.get(SUBSCRIPTION, &id).cloned()
        && ledger.billing.untold.is_some()
    {
        standing::tell(ledger, made, origin);
    }
    enter_tasks(ledger, &id, origin);
    let made = ledger.documents.find(SUBSCRIPTION, &id)?;
    Ok(Value::Object(made.clone()))
}

fn is_status(ledger: &Ledger, id: &str, status: &str) -> bool {
    let subscription = ledger.documents.get(SUBSCRIPTION, id);
    subscription.is_some_and(|subscription| text(subscription, "status") == Some(status))
}

fn first_payment(
    ledger: &mut Ledger,
    invoice: &str,
    due: i64,
    how: &Start,
    origin: &Origin,
) -> Result<(), StripeError> {
    finalize(ledger, invoice, origin)?;
    if due == 0 || how.behavior == PaymentBehavior::DefaultIncomplete {
        return Ok(());
    }
    let attempted = Attempt {
        payment_method: None,
        off_session: how.off_session,
        automatic: false,
    };
    match attempt(ledger, invoice, attempted, origin) {
        Err(_) if how.behavior != PaymentBehavior::ErrorIfIncomplete => Ok(()),
        result => result,
    }
}

fn first_invoice(
    ledger: &mut Ledger,
    subscription: &Document,
    how: &Start,
    origin: &Origin,
) -> Result<Document, StripeError> {
    let customer = owned(subscription, "customer");
    let currency = owned(subscription, "currency");
    let of = Draft {
        customer: &customer,
        subscription: Some(subscription),
        currency: &currency,
        reason: "subscription_create",
        period: (origin.now, origin.now),
        auto_advance: true,
    };
    let mut invoice = draft(ledger, &of, origin);
    let (items, span) = (items_of(subscription), period(subscription));
    let trial = text(subscription, "status") == Some("trialing");
    let lines = if trial {
        subscription_items::trial_lines(ledger, subscription, &items, span)
    } else if how.free_until_anchor {
        Vec::new()
    } else {
        subscription_items::lines(ledger, subscription, &items, span, how.share)?
    };
    add_lines(&mut invoice, lines);
    add_lines(&mut invoice, how.extra.iter().cloned());
    let waiting = items::pending(ledger, &customer, &currency, text(subscription, "id"));
    let waiting = waiting
        .iter()
        .filter_map(|id| ledger.documents.get(ITEM, id));
    let waiting = waiting.map(|item| number(item, "amount"));
    check_due(ledger, &invoice, waiting.fold(0, i64::saturating_add))?;
    let id = owned(&invoice, "id");
    let pending = take_pending(ledger, &customer, &currency, text(subscription, "id"), &id);
    add_lines(&mut invoice, pending);
    Ok(invoice)
}

/// Takes back what was not paid. The failed payment stays, as at Stripe.
fn forget(ledger: &mut Ledger, subscription: &str, invoice: &str) {
    ledger.billing.untold = None;
    ledger.documents.remove(SUBSCRIPTION, subscription);
    ledger.documents.remove(INVOICE, invoice);
}

fn needs_action() -> StripeError {
    StripeError::other(
        402,
        "card_error",
        "Payment for this subscription requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with its latest invoice.",
    )
    .code("subscription_payment_intent_requires_action")
}

/// Enters what will happen to a subscription in its present period.
pub(crate) fn enter_tasks(ledger: &mut Ledger, id: &str, origin: &Origin) {
    let Some(subscription) = ledger.documents.get(SUBSCRIPTION, id).cloned() else {
        return;
    };
    let clock = owned(&subscription, "test_clock");
    let name = || id.to_owned();
    let (start, period_end) = period(&subscription);
    let agenda = &mut ledger.billing.agenda;
    let trial_end = number(&subscription, "trial_end");
    if text(&subscription, "status") == Some("trialing") {
        let time = (trial_end - TRIAL_NOTICE).max(origin.now);
        agenda.enter(
            &clock,
            time,
            Task::TrialWillEnd {
                subscription: name(),
                trial_end,
            },
        );
    }
    let time = (period_end - UPCOMING_NOTICE).max(start);
    agenda.enter(
        &clock,
        time,
        Task::Upcoming {
            subscription: name(),
            period_end,
        },
    );
    agenda.enter(
        &clock,
        period_end,
        Task::PeriodEnd {
            subscription: name(),
            period_end,
        },
    );
    let cancel_at = number(&subscription, "cancel_at");
    if cancel_at > 0 {
        agenda.enter(
            &clock,
            cancel_at,
            Task::CancelAt {
                subscription: name(),
                time: cancel_at,
            },
        );
    }
    if text(&subscription, "status") == Some("incomplete") {
        let time = number(&subscription, "created") + INCOMPLETE_SECONDS;
        agenda.enter(
            &clock,
            time,
            Task::Expire {
                subscription: name(),
            },
        );
    }
}
