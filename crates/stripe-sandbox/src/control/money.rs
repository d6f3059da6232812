//! `/_sandbox/{charges,disputes,refunds,payment_intents}/{id}/…`: what a person would do in Stripe's
//! dashboard, and what banks do by themselves.

use actix_web::HttpResponse;
use actix_web::web::{Json, Path};
use serde::Deserialize;

use super::{State, or_default, refusal};
use crate::money::disputes::{self, DISPUTE, Verdict};
use crate::money::refunds::{self, Wanted};
use crate::objects::RefundStatus;
use crate::payments;
use crate::state::Ledger;
use crate::v1::{Origin, StripeError};

/// A dispute to open.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Dispute {
    /// One of Stripe's reasons.
    reason: String,
    /// Without it, all that is left of the charge.
    amount: Option<i64>,
    /// The bank only asks.
    inquiry: bool,
}

impl Default for Dispute {
    fn default() -> Self {
        Self {
            reason: "fraudulent".to_owned(),
            amount: None,
            inquiry: false,
        }
    }
}

/// How much, and for a refund why.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Amount {
    amount: Option<i64>,
    reason: Option<String>,
}

/// The cardholder goes to the bank.
pub(super) async fn dispute(
    state: State,
    id: Path<String>,
    body: Option<Json<Dispute>>,
) -> HttpResponse {
    let body = or_default(body);
    if !REASONS.contains(&body.reason.as_str()) {
        return refusal(422, "reason is none of Stripe's");
    }
    act(&state, "charge", &id, |ledger, origin| {
        let left = disputes::left(ledger, &id, None);
        let amount = body.amount.unwrap_or(left);
        if !(1..=left).contains(&amount) {
            return Err(StripeError::invalid(
                "nothing so large is left of the charge",
            ));
        }
        let kind = if body.inquiry {
            disputes::Kind::Inquiry
        } else {
            disputes::Kind::Chargeback
        };
        let opened = disputes::open(ledger, &id, amount, &body.reason, kind, origin);
        Ok((DISPUTE, opened.unwrap_or_default()))
    })
}

/// The bank decides: `win` or `lose`.
pub(super) async fn decide(state: State, path: Path<(String, String)>) -> HttpResponse {
    let (id, verdict) = path.into_inner();
    let verdict = match verdict.as_str() {
        "win" => Verdict::Won,
        "lose" => Verdict::Lost,
        _ => return refusal(404, "a dispute can win or lose"),
    };
    act(&state, DISPUTE, &id, |ledger, origin| {
        let dispute = ledger.documents.find(DISPUTE, &id)?;
        if !disputes::is_open(dispute) {
            return Err(StripeError::invalid("the dispute is closed"));
        }
        disputes::decide(ledger, &id, verdict, origin);
        Ok((DISPUTE, id.clone()))
    })
}

/// The bank takes the refund, or sends it back: `succeed` or `fail`.
pub(super) async fn end_refund(state: State, path: Path<(String, String)>) -> HttpResponse {
    let (id, end) = path.into_inner();
    act(&state, "refund", &id, |ledger, origin| {
        let status = ledger.refunds.get(&id).map(|refund| refund.status);
        match (end.as_str(), status) {
            ("succeed", Some(RefundStatus::Pending)) => refunds::succeed(ledger, &id, origin),
            ("fail", Some(RefundStatus::Pending | RefundStatus::Succeeded)) => {
                refunds::fail(ledger, &id, origin);
            }
            _ => return Err(StripeError::invalid("the refund cannot end so")),
        }
        Ok(("refund", id.clone()))
    })
}

/// A person in the dashboard: `refund`, `capture` or `cancel`.
pub(super) async fn dashboard(
    state: State,
    path: Path<(String, String)>,
    body: Option<Json<Amount>>,
) -> HttpResponse {
    let (id, action) = path.into_inner();
    let body = or_default(body);
    act(&state, "payment_intent", &id, |ledger, origin| {
        match action.as_str() {
            "refund" => {
                let charge = refunds::charge_of(ledger, &id)?;
                let wanted = Wanted {
                    amount: body.amount,
                    reason: body.reason,
                    ..Wanted::default()
                };
                let refund = refunds::create(ledger, &charge, wanted, origin)?;
                return Ok(("refund", refund));
            }
            "capture" => payments::capture(ledger, &id, body.amount, origin)?,
            "cancel" => payments::cancel_directly(ledger, &id, body.reason, origin)?,
            _ => return Err(StripeError::invalid("refund, capture or cancel")),
        }
        Ok(("payment_intent", id.clone()))
    })
}

/// Source: Stripe API reference, "The Dispute object", `reason`.
const REASONS: &[&str] = &[
    "bank_cannot_process",
    "check_returned",
    "credit_not_processed",
    "customer_initiated",
    "debit_not_authorized",
    "duplicate",
    "fraudulent",
    "general",
    "incorrect_account_details",
    "insufficient_funds",
    "noncompliant",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
];

/// Acts on the object in whichever account has it, and answers with what came of it.
fn act(
    state: &State,
    kind: &str,
    id: &str,
    work: impl FnOnce(&mut Ledger, &Origin) -> Result<(&'static str, String), StripeError>,
) -> HttpResponse {
    let origin = state.origin(None, None);
    let (result, due) = {
        let mut world = state.world();
        let Some(ledger) = world.holder(|ledger| ledger.object(kind, id).is_some()) else {
            return refusal(404, "no account has this object");
        };
        let origin = ledger.catch_up(origin);
        let result = work(ledger, &origin);
        let due = ledger.take_due();
        let answer = result.map(|(kind, id)| ledger.object(kind, &id).unwrap_or_default());
        (answer, due)
    };
    state.dispatch(due);
    match result {
        Err(error) => refusal(409, error.field("message").unwrap_or_default()),
        Ok(mut object) => {
            crate::spec::complete(&mut object);
            HttpResponse::Ok().json(object)
        }
    }
}
