//! Orders, documented.

use std::borrow::Cow;

use serde_json::json;
use utoipa::openapi::schema::{AllOfBuilder, ArrayBuilder, ObjectBuilder, Ref};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::cancel_order::CancelRequest;
use super::capture_order::CaptureRequest;
use super::create_order::OrderRequest;
use super::update_status::StatusRequest;
use super::wire::{AttentionReply, MoneyReply, OrderReply, ReturnedReply};
use crate::openapi::access::{API_KEY, Access, Credential};
use crate::openapi::operation::{Operation, get, post};
use crate::openapi::shapes::reference;

/// An order as its merchant sees it: what the shopper sees, where the money is, and what needs a person.
#[derive(Debug)]
pub enum MerchantOrder {}

impl PartialSchema for MerchantOrder {
    fn schema() -> RefOr<Schema> {
        let attention = ArrayBuilder::new()
            .items(Ref::from_schema_name(AttentionReply::name()))
            .description(Some("What needs a person."));
        AllOfBuilder::new()
            .item(Ref::from_schema_name(OrderReply::name()))
            .item(Ref::from_schema_name(MoneyReply::name()))
            .item(Ref::from_schema_name(ReturnedReply::name()))
            .item(
                ObjectBuilder::new()
                    .property("attention", attention)
                    .required("attention"),
            )
            .description(Some("An order as its merchant sees it."))
            .into()
    }
}

impl ToSchema for MerchantOrder {
    fn name() -> Cow<'static, str> {
        "MerchantOrder".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        for (name, schema) in [
            (OrderReply::name(), OrderReply::schema()),
            (MoneyReply::name(), MoneyReply::schema()),
            (ReturnedReply::name(), ReturnedReply::schema()),
            (AttentionReply::name(), AttentionReply::schema()),
        ] {
            schemas.push((name.into_owned(), schema));
        }
        OrderReply::schemas(schemas);
        MoneyReply::schemas(schemas);
        ReturnedReply::schemas(schemas);
    }
}

/// Every call about orders.
pub fn operations() -> Vec<Operation> {
    vec![
        create(),
        list(),
        show(),
        mark_paid(),
        restock(),
        status(),
        capture(),
        cancel(),
    ]
}

fn create() -> Operation {
    let access = Access::Anyone {
        because: "The cart's id is the right to order it. A checkout's token lets the order keep what that checkout was told.",
        or: &[Credential::CheckoutToken, Credential::ApiKey],
    };
    post("/orders", "createOrder", access)
        .says(
            "Place an order",
            "With `payment_reference` the order is made of a payment that was prepared for the cart and confirmed before; stock and \
             payment are taken in one step, and if the order cannot be made the payment is given free. Without it the order is \
             `pending`: prepare its payment with the `order_token` that this answers with. With `payment_method_id` of one of the \
             store's own methods it is paid by hand. The same cart gets the same order again.",
        )
        .takes::<OrderRequest>(json!({
            "cart_id": "018e1b2c-0000-7000-8000-000000000001", "email": "shopper@example.com",
        }))
        .refuses(400, &["invalid_value", "cart_empty"])
        .refuses(401, &["checkout_token_invalid"])
        .refuses(402, &["payment_incomplete", "card_declined"])
        .refuses(
            409,
            &[
                "payment_mismatch", "payment_already_used", "payment_released", "cart_locked", "cart_changed", "checkout_outdated", "price_changed",
                "product_unavailable", "conflict", "account_changed", "payment_action_pending", "store_connected_elsewhere",
            ],
        )
        .refuses(410, &["checkout_expired"])
        .refuses(
            422,
            &[
                "insufficient_stock", "amount_not_positive", "amount_too_small", "amount_too_large", "shipping_address_required",
                "shipping_method_required", "shipping_not_available", "shipping_currency_mismatch",
            ],
        )
        .asks_stripe()
        .refuses(503, &["payment_busy"])
        .answers::<OrderReply>(200, "The order that this cart has already.")
        .answers::<OrderReply>(201, "The order, with its `order_token`.")
}

fn list() -> Operation {
    let instant = || json!({ "type": "string", "maxLength": 64 });
    let list = get("/orders", "listOrders", API_KEY)
        .says(
            "List orders",
            "The orders of the key's mode, newest first. Filters narrow each other; each page is asked for with the same ones.",
        )
        .pages()
        .query("status", "Only those in this state.", reference("schemas", "OrderStatusWord"))
        .query(
            "payment_status",
            "Only those whose money is there.",
            reference("schemas", "PaymentStatusWord"),
        )
        .query(
            "email",
            "Only those of this e-mail address, however it is written.",
            json!({ "type": "string", "minLength": 1, "maxLength": 254 }),
        )
        .query(
            "number",
            "The one of this number.",
            json!({ "type": "integer", "minimum": 1 }),
        )
        .query(
            "needs_attention",
            "Only those with something in their `attention`.",
            json!({ "type": "string", "enum": ["true"] }),
        );
    let bounds = [
        (
            "created[gte]",
            "Placed at this instant or later: RFC 3339, or seconds since 1970.",
        ),
        ("created[gt]", "Placed later."),
        ("created[lte]", "Placed at this instant or before."),
        ("created[lt]", "Placed before."),
    ];
    (bounds.into_iter())
        .fold(list, |list, (name, words)| {
            list.query(name, words, instant())
        })
        .refuses(400, &["invalid_value", "unknown_parameter"])
        .answers_list::<MerchantOrder>("A page of orders.")
}

fn show() -> Operation {
    let access = Access::Needs(&[Credential::OrderToken, Credential::ApiKey]);
    let either =
        json!({ "anyOf": [reference("schemas", "MerchantOrder"), reference("schemas", "Order")] });
    get("/orders/{order_id}", "showOrder", access)
        .says(
            "Show an order",
            "An order that waits for its money is looked up at Stripe. The order token gives an `Order`, an API key a `MerchantOrder`.",
        )
        .refuses(401, &["order_token_required"])
        .answers_schema(200, "The order.", &either)
        .knows::<MerchantOrder>()
}

/// A change of an order that answers with the order.
fn change(path: &str, id: &'static str) -> Operation {
    post(path, id, API_KEY).answers::<MerchantOrder>(200, "The order as it is now.")
}

fn mark_paid() -> Operation {
    change("/orders/{order_id}/mark-paid", "markOrderPaid")
        .says(
            "Mark an order paid",
            "For orders that are paid by hand, once their money has come. The same call again changes nothing.",
        )
        .refuses(409, &["order_paid_through_stripe", "order_cancelled", "conflict"])
}

fn restock() -> Operation {
    change("/orders/{order_id}/restock", "restockOrder")
        .says(
            "Take an order's pieces again",
            "For a paid order whose pieces had gone to others (`unfulfillable`), once there is stock.",
        )
        .refuses(409, &["order_cancelled", "order_refunded", "order_unpaid", "conflict"])
        .refuses(422, &["insufficient_stock"])
}

fn status() -> Operation {
    change("/orders/{order_id}/status", "moveOrder")
        .says(
            "Move an order",
            "To `confirmed`, `shipped` or `completed`; steps may be left out. At the store's `capture_on` the money that is held is taken.",
        )
        .takes::<StatusRequest>(json!({ "status": "shipped" }))
        .refuses(400, &["invalid_value"])
        .refuses(409, &["order_status_conflict", "payment_action_pending", "conflict"])
}

fn capture() -> Operation {
    change("/orders/{order_id}/capture", "captureOrder")
        .says(
            "Take what is held",
            "All of it, or `amount`. The rest is given free by Stripe and cannot be taken later.",
        )
        .may_take::<CaptureRequest>(json!({ "amount": 900 }))
        .refuses(400, &["invalid_amount"])
        .refuses(402, &["card_declined"])
        .refuses(
            409,
            &[
                "payment_not_capturable",
                "payment_action_pending",
                "order_cancelled",
                "order_needs_attention",
                "account_changed",
                "store_connected_elsewhere",
                "conflict",
            ],
        )
        .refuses(
            422,
            &[
                "amount_not_positive",
                "amount_too_large",
                "amount_too_small",
            ],
        )
        .asks_stripe()
}

fn cancel() -> Operation {
    change("/orders/{order_id}/cancel", "cancelOrder")
        .says(
            "Cancel an order",
            "Its payment is cancelled at Stripe first, and what was held is given free. Money that was taken is kept, unless \
             `{\"refund\": true}` sends it back.",
        )
        .may_take::<CancelRequest>(json!({ "refund": true }))
        .refuses(402, &["card_declined"])
        .refuses(
            409,
            &[
                "order_status_conflict", "payment_action_pending", "order_paid_meanwhile", "order_needs_attention", "account_changed",
                "store_connected_elsewhere", "order_not_refundable", "conflict",
            ],
        )
        .asks_stripe()
}
