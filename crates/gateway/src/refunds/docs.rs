//! Refunds, documented.

use serde_json::json;

use super::create_refund::RefundRequest;
use super::wire::RefundReply;
use crate::openapi::access::API_KEY;
use crate::openapi::operation::{Operation, get, post};

/// Every call about refunds.
pub fn operations() -> Vec<Operation> {
    let path = "/orders/{order_id}/refunds";
    vec![
        get(path, "listRefunds", API_KEY)
            .says("List an order's refunds", "Newest first.")
            .pages()
            .answers_list::<RefundReply>("A page of refunds."),
        post(path, "createRefund", API_KEY)
            .says(
                "Refund an order",
                "`amount`, or all that is left; never more than was taken, however many ask at once. `action_key` is your own name of \
                 this refund within its order: the same name again is the same refund, for ever.",
            )
            .may_take::<RefundRequest>(json!({
                "amount": 500, "reason": "requested_by_customer", "action_key": "return-17",
            }))
            .refuses(400, &["invalid_value", "invalid_amount"])
            .refuses(402, &["card_declined"])
            .refuses(
                409,
                &[
                    "order_not_refundable", "refund_key_reused", "refund_refused", "account_changed", "store_connected_elsewhere",
                    "conflict",
                ],
            )
            .refuses(422, &["refund_too_large", "amount_not_positive", "amount_too_small", "amount_too_large"])
            .asks_stripe()
            .refuses(503, &["refund_busy"])
            .answers::<RefundReply>(200, "The refund that has this name already.")
            .answers::<RefundReply>(201, "The refund."),
    ]
}
