//! How a dispute goes on: evidence, escalation, and its end.
//! Source: Stripe docs, "Testing › Disputes › Evidence".

use serde_json::Value;

use super::{DISPUTE, is_inquiry, is_open, left, move_funds, text};
use crate::state::{Document, Ledger};
use crate::v1::Origin;

/// What the bank decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Won,
    Lost,
}

/// Sends the evidence to the bank. Stripe's magic words in `uncategorized_text` decide at once.
pub(crate) fn submit(ledger: &mut Ledger, id: &str, origin: &Origin) {
    let mut words = String::new();
    change(ledger, id, origin, |dispute| {
        let evidence = dispute.get("evidence");
        let given = evidence.and_then(|evidence| evidence["uncategorized_text"].as_str());
        given.unwrap_or_default().clone_into(&mut words);
        let status = if is_inquiry(dispute) {
            "warning_under_review"
        } else {
            "under_review"
        };
        dispute.insert("status".to_owned(), Value::from(status));
        let details = dispute.entry("evidence_details").or_insert(Value::Null);
        let count = details["submission_count"].as_i64().unwrap_or_default();
        details["submission_count"] = Value::from(count + 1);
        details["submission_method"] = Value::from("manual");
        details["has_evidence"] = Value::Bool(true);
    });
    match words.trim() {
        "winning_evidence" => decide(ledger, id, Verdict::Won, origin),
        "losing_evidence" => decide(ledger, id, Verdict::Lost, origin),
        "escalate_inquiry_evidence" => escalate(ledger, id, origin),
        _ => {}
    }
}

/// Ends a dispute. An inquiry that is lost has become a chargeback before.
pub(crate) fn decide(ledger: &mut Ledger, id: &str, verdict: Verdict, origin: &Origin) {
    let Some(dispute) = ledger.documents.get(DISPUTE, id).filter(|one| is_open(one)) else {
        return;
    };
    let inquiry = is_inquiry(dispute);
    if inquiry && verdict == Verdict::Lost {
        escalate(ledger, id, origin);
    }
    if !ledger.documents.get(DISPUTE, id).is_some_and(is_open) {
        return;
    }
    let status = match verdict {
        Verdict::Won if inquiry => "warning_closed",
        Verdict::Won => "won",
        Verdict::Lost => "lost",
    };
    close(ledger, id, status, origin);
    if verdict == Verdict::Won && !inquiry {
        move_funds(ledger, id, false, origin);
    }
}

/// The inquiry becomes a chargeback: the money is taken.
fn escalate(ledger: &mut Ledger, id: &str, origin: &Origin) {
    let found = ledger.documents.get(DISPUTE, id);
    let Some(inquiry) = found.filter(|dispute| is_inquiry(dispute)) else {
        return;
    };
    // What was refunded since the bank has asked is not taken again.
    let asked = inquiry.get("amount").and_then(Value::as_i64);
    let amount = left(ledger, text(inquiry, "charge"), Some(id)).min(asked.unwrap_or_default());
    if amount < 1 {
        return close(ledger, id, "warning_closed", origin);
    }
    change(ledger, id, origin, |dispute| {
        dispute.insert("amount".to_owned(), Value::from(amount));
        dispute.insert("status".to_owned(), Value::from("needs_response"));
        dispute.insert("is_charge_refundable".to_owned(), Value::Bool(false));
        if let Some(details) = dispute.get_mut("payment_method_details") {
            details["card"]["case_type"] = Value::from("chargeback");
        }
    });
    move_funds(ledger, id, true, origin);
}

/// A refund in full answers the bank's questions. Source: Stripe docs, "Disputes", inquiries.
pub(crate) fn refunded(ledger: &mut Ledger, charge: &str, origin: &Origin) {
    if (ledger.charges.get(charge)).is_none_or(|charge| charge.refundable() > 0) {
        return;
    }
    let of_charge = |dispute: &&Document| {
        text(dispute, "charge") == charge && is_inquiry(dispute) && is_open(dispute)
    };
    let inquiries = ledger.documents.all(DISPUTE).filter(of_charge);
    let ids: Vec<String> = inquiries.map(|one| text(one, "id").to_owned()).collect();
    for id in ids {
        close(ledger, &id, "warning_closed", origin);
    }
}

/// The time to answer is over.
pub(crate) fn overdue(ledger: &mut Ledger, id: &str, origin: &Origin) {
    let Some(dispute) = ledger.documents.get_mut(DISPUTE, id) else {
        return;
    };
    let status = match text(dispute, "status") {
        "needs_response" => "lost",
        "warning_needs_response" => "warning_closed",
        _ => return,
    };
    if let Some(details) = dispute.get_mut("evidence_details") {
        details["past_due"] = Value::Bool(true);
    }
    close(ledger, id, status, origin);
}

fn close(ledger: &mut Ledger, id: &str, status: &str, origin: &Origin) {
    let Some(dispute) = ledger.documents.get_mut(DISPUTE, id) else {
        return;
    };
    dispute.insert("status".to_owned(), Value::from(status));
    let object = Value::Object(dispute.clone());
    ledger.emit("charge.dispute.closed", object, origin);
}

/// Changes a dispute and tells of it.
fn change(ledger: &mut Ledger, id: &str, origin: &Origin, change: impl FnOnce(&mut Document)) {
    let Some(dispute) = ledger.documents.get_mut(DISPUTE, id) else {
        return;
    };
    let before = Value::Object(dispute.clone());
    change(dispute);
    let object = Value::Object(dispute.clone());
    ledger.emit_difference("charge.dispute.updated", before, &object, origin);
}
