//! What settling a payment now would change: the same reading and the same decision as [`settle`](super::settle), without
//! the writing.

use db::orders::Order;
use db::payments::{Payment, PaymentState};
use domain::incident::Incident;
use domain::settle::Decision;
use domain::{Mode, StoreId};
use serde_json::{Value, json};

use super::effects;
use super::returned::{News, Records};
use super::settle::{Known, Verdict, judge, load, read_from_stripe};
use crate::app::App;
use crate::error::ApiError;

/// What settling would do.
#[derive(Debug)]
pub struct Preview {
    /// The payment's order, as it stands.
    pub order: Option<Order>,
    /// What would change.
    pub changes: Vec<Change>,
    /// What a person would be told.
    pub incident: Option<Incident>,
}

/// A field that would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// As in the order's JSON; `payment.…` for our own record of the payment.
    pub field: &'static str,
    /// What it is.
    pub from: Value,
    /// What it would be.
    pub to: Value,
}

/// Reads a `PaymentIntent` from Stripe and tells what our record would become. `None` if it is no payment of this store
/// and mode. `event_type` is what the events about it are, as far as they ask for more than the payment. Writes nothing, but for the pause of a store whose key Stripe refuses.
pub async fn preview(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    payment_intent_id: &str,
    event_type: &str,
) -> Result<Option<Preview>, ApiError> {
    let Some(known) = load(app, store_id, mode, payment_intent_id).await? else {
        return Ok(None);
    };
    let payment = &known.payment;
    let reading = read_from_stripe(app, store_id, payment, payment_intent_id, event_type).await?;
    let verdict = judge(store_id, &known, reading)?;
    let Known { payment, order } = known;
    let mut changes = Vec::new();
    let mut incident = None;
    if let Decision::Report(reported) = verdict.decision {
        incident = Some(reported);
    } else if let Some(order) = &order {
        order_changes(app, order, &payment, &verdict, &mut changes).await?;
    }
    payment_changes(&payment, &verdict, &mut changes);
    if let Some(news) = &verdict.news {
        returned_changes(&payment, news, &mut changes);
    }
    Ok(Some(Preview {
        order,
        changes,
        incident,
    }))
}

async fn order_changes(
    app: &App,
    order: &Order,
    payment: &Payment,
    verdict: &Verdict,
    changes: &mut Vec<Change>,
) -> Result<(), ApiError> {
    let moved = effects::order_after(order, verdict.decision);
    let (status, mut payment_status) = moved.unwrap_or((order.status, order.payment_status));
    let becomes_paid = verdict.decision == Decision::MarkPaid;
    if let Some(then) = verdict.then {
        payment_status = then;
    }
    let mut compare = |field, from: Value, to: Value| {
        if from != to {
            changes.push(Change { field, from, to });
        }
    };
    let (from, to) = (order.status.as_str(), status.as_str());
    compare("status", json!(from), json!(to));
    let (from, to) = (order.payment_status.as_str(), payment_status.as_str());
    compare("payment_status", json!(from), json!(to));
    let mut conn = app.db.read().await?;
    let open = db::incidents::list_open(&mut conn, order.store_id, order.id).await?;
    let codes: Vec<String> = open.into_iter().map(|incident| incident.code).collect();
    // Payment closes all, and any answer from Stripe what tells of an event without one.
    let mut left: Vec<&str> = codes
        .iter()
        .map(String::as_str)
        .filter(|code| !becomes_paid && *code != Incident::EventParked.code())
        .collect();
    if let Some(news) = &verdict.news {
        for (incident, is_there) in news.incidents(payment, verdict.captured_minor) {
            left.retain(|code| is_there || *code != incident.code());
            if is_there && !left.contains(&incident.code()) {
                left.push(incident.code());
            }
        }
    }
    compare("attention", json!(codes), json!(left));
    Ok(())
}

fn returned_changes(payment: &Payment, news: &News, changes: &mut Vec<Change>) {
    let refunds = |records: &Records| {
        let list = records.refunds.iter();
        list.map(|refund| json!({ "id": refund.stripe_refund_id, "amount": refund.amount_minor, "status": refund.status }))
            .collect::<Value>()
    };
    let disputes = |records: &Records| {
        let list = records.disputes.iter();
        list.map(|dispute| json!({ "id": dispute.stripe_dispute_id, "amount": dispute.amount_minor, "status": dispute.status }))
            .collect::<Value>()
    };
    let amount = |records: &Records| json!(records.returned(payment).refunded_minor);
    let (known, after) = (news.known(), news.after());
    for (field, from, to) in [
        ("amount_refunded", amount(known), amount(after)),
        ("refunds", refunds(known), refunds(after)),
        ("disputes", disputes(known), disputes(after)),
    ] {
        if from != to {
            changes.push(Change { field, from, to });
        }
    }
}

fn payment_changes(payment: &Payment, verdict: &Verdict, changes: &mut Vec<Change>) {
    let known = (&payment.last_error_code, &payment.last_decline_code);
    if let Some((code, decline_code)) = &verdict.last_error
        && payment.status != PaymentState::Succeeded
        && known != (code, decline_code)
    {
        let failure = |(code, decline_code): (&Option<String>, &Option<String>)| json!({ "code": code, "decline_code": decline_code });
        let is_first = known == (&None, &None);
        changes.push(Change {
            field: "last_payment_error",
            from: if is_first {
                Value::Null
            } else {
                failure(known)
            },
            to: failure((code, decline_code)),
        });
    }
    if verdict.payment_state != payment.status {
        changes.push(Change {
            field: "payment.status",
            from: json!(payment.status.as_str()),
            to: json!(verdict.payment_state.as_str()),
        });
    }
    if verdict.captured_minor != payment.captured_minor {
        changes.push(Change {
            field: "payment.captured",
            from: json!(payment.captured_minor),
            to: json!(verdict.captured_minor),
        });
    }
}
