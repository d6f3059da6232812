//! Refunds: their rules, what they do to the charge and the balance, and how they end.
//! Source: Stripe docs, "Refund and cancel payments".

use serde_json::{Map, Value};

use crate::cards::RefundCourse;
use crate::currencies;
use crate::ids;
use crate::money::{balance, disputes};
use crate::objects::{Charge, Movement, Refund, RefundStatus, Status};
use crate::state::{Ledger, Task};
use crate::v1::{Origin, StripeError};

/// A refund that the test card lets succeed or fail later does so after this time.
const COURSE_SECONDS: i64 = 60;

/// What is to be given back.
#[derive(Default)]
pub(crate) struct Wanted {
    /// Without it, all that is left.
    pub(crate) amount: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) metadata: Map<String, Value>,
}

/// The successful charge of a PaymentIntent.
pub(crate) fn charge_of(ledger: &Ledger, intent: &str) -> Result<String, StripeError> {
    let Some(intent) = ledger.payment_intents.get(intent) else {
        return Err(StripeError::missing("payment_intent", intent).param("payment_intent"));
    };
    match (intent.status, &intent.latest_charge) {
        (Status::Succeeded, Some(charge)) => Ok(charge.clone()),
        (Status::RequiresCapture, _) => Err(uncaptured(&intent.id)),
        _ => Err(StripeError::invalid(format!(
            "This PaymentIntent ({}) does not have a successful charge to refund.",
            intent.id
        ))
        .param("payment_intent")),
    }
}

/// Gives money back.
pub(crate) fn create(
    ledger: &mut Ledger,
    charge_id: &str,
    wanted: Wanted,
    origin: &Origin,
) -> Result<String, StripeError> {
    let Some(charge) = ledger.charges.get(charge_id) else {
        return Err(StripeError::missing("charge", charge_id).param("charge"));
    };
    let amount = allowed(ledger, charge, wanted.amount)?;
    let method = charge.payment_method["id"].as_str().unwrap_or_default();
    let course = (ledger.payment_methods.get(method))
        .map_or(RefundCourse::Succeeds, |method| method.card.refund_course());
    let refund = Refund {
        id: ids::object("re"),
        charge: charge_id.to_owned(),
        payment_intent: charge.payment_intent.clone(),
        amount,
        currency: charge.currency.clone(),
        created: origin.now,
        status: match course {
            RefundCourse::PendingThenSucceeds => RefundStatus::Pending,
            _ => RefundStatus::Succeeded,
        },
        reason: wanted.reason,
        metadata: wanted.metadata,
        balance_transaction: None,
        failure_balance_transaction: None,
    };
    let id = refund.id.clone();
    ledger.refunds.insert(id.clone(), refund);
    // The refund cannot be settled before what it gives back.
    balance::book_charge(ledger, charge_id, origin);
    let transaction = balance::book_refund(ledger, &id, Movement::Refund, origin);
    if let Some(refund) = ledger.refunds.get_mut(&id) {
        refund.balance_transaction = transaction;
        let object = refund.render();
        ledger.emit("refund.created", object, origin);
    }
    move_refunded(ledger, charge_id, amount, "charge.refunded", origin);
    disputes::refunded(ledger, charge_id, origin);
    let due = origin.now + COURSE_SECONDS;
    match course {
        RefundCourse::Succeeds => {}
        RefundCourse::PendingThenSucceeds => {
            ledger.timers.at(due, Task::RefundSucceeds(id.clone()));
        }
        RefundCourse::SucceedsThenFails => {
            ledger.timers.at(due, Task::RefundFails(id.clone()));
        }
    }
    Ok(id)
}

/// The amount, if the charge allows it to be refunded.
fn allowed(ledger: &Ledger, charge: &Charge, wanted: Option<i64>) -> Result<i64, StripeError> {
    if charge.result.decline().is_some() {
        return Err(StripeError::invalid(format!(
            "This PaymentIntent ({}) does not have a successful charge to refund.",
            charge.payment_intent
        ))
        .param("charge"));
    }
    if !charge.captured {
        return Err(uncaptured(&charge.payment_intent));
    }
    if charge.disputed && !is_refundable(ledger, &charge.id) {
        return Err(StripeError::invalid(format!(
            "Charge {} has been charged back; cannot issue a refund.",
            charge.id
        ))
        .code("charge_disputed"));
    }
    let left = charge.refundable();
    if left == 0 {
        return Err(StripeError::invalid(format!(
            "Charge {} has already been refunded.",
            charge.id
        ))
        .code("charge_already_refunded"));
    }
    let amount = wanted.unwrap_or(left);
    if amount < 1 {
        return Err(
            StripeError::invalid("This value must be greater than or equal to 1.")
                .code("parameter_invalid_integer")
                .param("amount"),
        );
    }
    if amount > left {
        let shown = |amount| currencies::symbol_amount(amount, &charge.currency);
        return Err(StripeError::invalid(format!(
            "Refund amount ({}) is greater than unrefunded amount on charge ({})",
            shown(amount),
            shown(left)
        ))
        .param("amount"));
    }
    currencies::check_step(amount, &charge.currency, "amount")?;
    Ok(amount)
}

fn is_refundable(ledger: &Ledger, charge: &str) -> bool {
    let of_charge = |dispute: &&crate::state::Document| {
        dispute.get("charge").and_then(Value::as_str) == Some(charge)
    };
    let mut disputes = ledger.documents.all("dispute").filter(of_charge);
    disputes.all(|dispute| dispute.get("is_charge_refundable") == Some(&Value::Bool(true)))
}

fn uncaptured(intent: &str) -> StripeError {
    StripeError::invalid(format!(
        "This PaymentIntent ({intent}) cannot be refunded because it has a status of requires_capture. Please cancel the PaymentIntent instead."
    ))
    .param("payment_intent")
}

/// Changes how much of the charge is refunded, and tells of it.
fn move_refunded(ledger: &mut Ledger, charge: &str, by: i64, event: &'static str, origin: &Origin) {
    let Some(charge) = ledger.charges.get_mut(charge) else {
        return;
    };
    let before = charge.render();
    charge.amount_refunded += by;
    let object = charge.render();
    ledger.emit_difference(event, before, &object, origin);
}

/// Ends a pending refund well.
pub(crate) fn succeed(ledger: &mut Ledger, id: &str, origin: &Origin) {
    change(ledger, id, origin, "refund.updated", |refund| {
        if refund.status == RefundStatus::Pending {
            refund.status = RefundStatus::Succeeded;
        }
    });
}

/// Ends a refund badly: the money is back in the balance, and the charge can be refunded again.
pub(crate) fn fail(ledger: &mut Ledger, id: &str, origin: &Origin) {
    let Some(refund) = ledger.refunds.get(id) else {
        return;
    };
    if refund.status == RefundStatus::Failed {
        return;
    }
    let (charge, amount) = (refund.charge.clone(), refund.amount);
    let transaction = balance::book_refund(ledger, id, Movement::RefundFailure, origin);
    move_refunded(ledger, &charge, -amount, "charge.updated", origin);
    change(ledger, id, origin, "refund.failed", |refund| {
        refund.status = RefundStatus::Failed;
        refund.failure_balance_transaction = transaction;
    });
}

/// Changes a refund and tells of it; Stripe tells of refunds of charges by a second event, too.
pub(crate) fn change(
    ledger: &mut Ledger,
    id: &str,
    origin: &Origin,
    event: &'static str,
    change: impl FnOnce(&mut Refund),
) {
    let Some(refund) = ledger.refunds.get_mut(id) else {
        return;
    };
    let before = refund.render();
    change(refund);
    let object = refund.render();
    ledger.emit_difference("charge.refund.updated", before.clone(), &object, origin);
    ledger.emit_difference("refund.updated", before.clone(), &object, origin);
    if event != "refund.updated" {
        ledger.emit_difference(event, before, &object, origin);
    }
}
