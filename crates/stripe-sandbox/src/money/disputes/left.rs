//! How much of a charge a cardholder can still want back.

use serde_json::Value;

use super::{DISPUTE, text};
use crate::objects::ChargeResult;
use crate::state::{Document, Ledger};

/// What was captured and neither given back nor disputed. The dispute `except` does not count, nor do
/// those that the merchant has won.
pub(crate) fn left(ledger: &Ledger, charge: &str, except: Option<&str>) -> i64 {
    let Some(found) = ledger.charges.get(charge) else {
        return 0;
    };
    if !found.captured || found.result != ChargeResult::Approved {
        return 0;
    }
    let counts = |dispute: &&Document| {
        text(dispute, "charge") == charge
            && Some(text(dispute, "id")) != except
            && !matches!(text(dispute, "status"), "won" | "warning_closed")
    };
    let others = ledger.documents.all(DISPUTE).filter(counts);
    let disputed: i64 = others
        .filter_map(|dispute| dispute.get("amount").and_then(Value::as_i64))
        .sum();
    (found.refundable() - disputed).max(0)
}
