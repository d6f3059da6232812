//! How a dispute begins: by a test card, or by the control API.

use serde_json::{Value, json};

use super::{DISPUTE, left, move_funds};
use crate::cards::Aftermath;
use crate::ids;
use crate::objects::Charge;
use crate::spec;
use crate::state::{Document, Ledger, Task};
use crate::v1::Origin;

/// How long the merchant has to answer.
const ANSWER_SECONDS: i64 = 9 * 24 * 60 * 60;

/// What the test card's holder does after a successful charge.
pub(crate) fn aftermath(ledger: &mut Ledger, charge: &str, origin: &Origin) {
    let Some(found) = ledger.charges.get(charge) else {
        return;
    };
    let method = found.payment_method["id"].as_str().unwrap_or_default();
    let card = ledger.payment_methods.get(method).map(|method| method.card);
    let amount = left(ledger, charge, None);
    match card.and_then(crate::cards::TestCard::aftermath) {
        Some(Aftermath::Dispute(reason)) => {
            open(ledger, charge, amount, reason, Kind::Chargeback, origin);
        }
        Some(Aftermath::SeveralDisputes) => {
            for part in [amount - amount / 2, amount / 2] {
                open(ledger, charge, part, "fraudulent", Kind::Chargeback, origin);
            }
        }
        Some(Aftermath::Inquiry) => {
            open(ledger, charge, amount, "fraudulent", Kind::Inquiry, origin);
        }
        Some(Aftermath::FraudWarning) => warn(ledger, charge, origin),
        None => {}
    }
}

/// Whether the money is taken at once, or the bank only asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Chargeback,
    Inquiry,
}

/// Opens a dispute on a captured charge, if so much is left of it.
pub(crate) fn open(
    ledger: &mut Ledger,
    charge_id: &str,
    amount: i64,
    reason: &str,
    kind: Kind,
    origin: &Origin,
) -> Option<String> {
    if !(1..=left(ledger, charge_id, None)).contains(&amount) {
        return None;
    }
    let livemode = ledger.livemode;
    let charge = ledger.charges.get_mut(charge_id)?;
    charge.disputed = true;
    let id = ids::object("du");
    let dispute = document(&id, charge, amount, reason, kind, livemode, origin.now);
    let object = Value::Object(dispute.clone());
    ledger.documents.insert(dispute);
    let due = origin.now + ANSWER_SECONDS;
    ledger.timers.at(due, Task::DisputeOverdue(id.clone()));
    ledger.emit("charge.dispute.created", object, origin);
    if kind == Kind::Chargeback {
        move_funds(ledger, &id, true, origin);
    }
    Some(id)
}

fn document(
    id: &str,
    charge: &Charge,
    amount: i64,
    reason: &str,
    kind: Kind,
    livemode: bool,
    now: i64,
) -> Document {
    let inquiry = kind == Kind::Inquiry;
    let network_reason = match reason {
        "product_not_received" => "13.1",
        "duplicate" => "12.6.1",
        "credit_not_processed" => "13.7",
        "product_unacceptable" => "13.3",
        "subscription_canceled" => "13.2",
        "unrecognized" | "general" => "10.5",
        _ => "10.4",
    };
    let brand = &charge.payment_method["card"]["brand"];
    let mut dispute = json!({
        "id": id,
        "object": DISPUTE,
        "amount": amount,
        "balance_transactions": [],
        "charge": charge.id,
        "created": now,
        "currency": charge.currency,
        "enhanced_eligibility_types": [],
        "evidence": no_evidence(),
        "evidence_details": {
            "due_by": now + ANSWER_SECONDS,
            "enhanced_eligibility": {},
            "has_evidence": false,
            "past_due": false,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": inquiry,
        "livemode": livemode,
        "metadata": {},
        "network_reason_code": network_reason,
        "payment_intent": charge.payment_intent,
        "payment_method_details": {
            "card": {
                "brand": brand,
                "case_type": if inquiry { "inquiry" } else { "chargeback" },
                "network": brand,
                "network_reason_code": network_reason,
            },
            "type": "card",
        },
        "reason": reason,
        "status": if inquiry { "warning_needs_response" } else { "needs_response" },
    });
    // Shapes say which texts the evidence can have; all are null at first.
    spec::complete(&mut dispute);
    match dispute {
        Value::Object(dispute) => dispute,
        _ => Document::new(),
    }
}

fn no_evidence() -> Value {
    json!({ "enhanced_evidence": {} })
}

/// The network suspects fraud. Source: Stripe API reference, "The early fraud warning object".
fn warn(ledger: &mut Ledger, charge_id: &str, origin: &Origin) {
    let Some(charge) = ledger.charges.get(charge_id) else {
        return;
    };
    let warning = json!({
        "id": ids::object("issfr"),
        "object": "radar.early_fraud_warning",
        "actionable": true,
        "charge": charge_id,
        "created": origin.now,
        "fraud_type": "misc",
        "livemode": ledger.livemode,
        "payment_intent": charge.payment_intent,
    });
    if let Value::Object(document) = &warning {
        ledger.documents.insert(document.clone());
    }
    ledger.emit("radar.early_fraud_warning.created", warning, origin);
}
