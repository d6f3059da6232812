//! `POST /v1/disputes/{id}` and `/close`. Source: Stripe API reference, "Update a dispute".

use serde_json::{Value, json};

use crate::money::disputes::{self, DISPUTE, Verdict, text};
use crate::spec::echo;
use crate::v1::{Call, StripeError};

/// Stripe docs: all evidence together may have at most 150,000 characters.
const EVIDENCE_CHARS: usize = 150_000;

/// Stages evidence and, unless `submit=false` is said, sends it to the bank.
pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    let mut dispute = call.ledger.documents.find(DISPUTE, &id)?.clone();
    let evidence = call.params.object("evidence");
    let submit = match call.params.get("submit").and_then(Value::as_bool) {
        Some(submit) => submit,
        None => evidence.is_some_and(|evidence| !evidence.is_empty()),
    };
    if (submit || evidence.is_some()) && !can_answer(text(&dispute, "status")) {
        return Err(StripeError::invalid(format!(
            "This dispute has a status of {}. Evidence can only be submitted while it has one of the following statuses: needs_response, warning_needs_response.",
            text(&dispute, "status")
        )));
    }
    if evidence.map_or(0, |evidence| json!(evidence).to_string().chars().count()) > EVIDENCE_CHARS {
        return Err(StripeError::invalid(format!(
            "The combined character count of all evidence fields must be at most {EVIDENCE_CHARS}."
        ))
        .param("evidence"));
    }
    let given = evidence.is_some_and(|evidence| !evidence.is_empty());
    echo(&mut dispute, DISPUTE, &call.params, &[]);
    if given && let Some(details) = dispute.get_mut("evidence_details") {
        details["has_evidence"] = Value::Bool(true);
    }
    call.change(dispute, "charge.dispute.updated");
    if submit {
        disputes::submit(call.ledger, &id, &call.origin);
    }
    answer(call, &id)
}

/// The merchant accepts the dispute as lost.
pub(crate) fn close(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    let dispute = call.ledger.documents.find(DISPUTE, &id)?;
    if !disputes::is_open(dispute) {
        return Err(StripeError::invalid("This dispute is already closed"));
    }
    disputes::decide(call.ledger, &id, Verdict::Lost, &call.origin);
    answer(call, &id)
}

fn can_answer(status: &str) -> bool {
    matches!(status, "needs_response" | "warning_needs_response")
}

fn answer(call: &Call<'_>, id: &str) -> Result<Value, StripeError> {
    let found = call.ledger.object(DISPUTE, id);
    found.ok_or_else(|| StripeError::missing(DISPUTE, id))
}
