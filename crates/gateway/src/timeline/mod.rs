//! The story of an order: every change with what made it happen, and what the order waits for now.

pub mod docs;
pub mod show_timeline;
mod standing;

use db::Conn;
use db::order_events::{self, NewOrderEvent};
use domain::{OrderId, StoreId};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::app::App;
use crate::error::ApiError;

/// What made something happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause<'a> {
    /// An event from Stripe, by its id.
    Event(&'a str),
    /// An event that no webhook brought: we found it in Stripe's list.
    Found(&'a str),
    /// Somebody looked: the shopper came back, or the order was asked for.
    Asked,
    /// A payment that stayed open was looked at.
    Sweep,
    /// The shopper, by cart, checkout or link.
    Shopper,
    /// The merchant's back end, by its API key's id.
    ApiKey(&'a str),
    /// Our own regular work, by its name.
    Worker(&'static str),
    /// An operator at the command line.
    Operator,
}

impl<'a> Cause<'a> {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Event(_) => "event",
            Self::Found(_) => "reconcile",
            Self::Asked => "asked",
            Self::Sweep => "sweep",
            Self::Shopper => "shopper",
            Self::ApiKey(_) => "api_key",
            Self::Worker(_) => "worker",
            Self::Operator => "operator",
        }
    }

    /// Which one.
    pub const fn id(self) -> Option<&'a str> {
        match self {
            Self::Event(id) | Self::Found(id) | Self::ApiKey(id) => Some(id),
            Self::Worker(name) => Some(name),
            Self::Asked | Self::Sweep | Self::Shopper | Self::Operator => None,
        }
    }
}

/// Notes what happened to an order, in the transaction of the change itself. `detail` is a JSON object without secrets and
/// without personal data.
pub async fn note(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    kind: &str,
    cause: Cause<'_>,
    detail: &Value,
    now: Timestamp,
) -> Result<(), ApiError> {
    let new = NewOrderEvent {
        kind,
        cause: cause.word(),
        cause_id: cause.id(),
        detail: detail.to_string(),
    };
    Ok(order_events::record(conn, store_id, order_id, new, now).await?)
}

/// A call to Stripe that changes something.
#[derive(Debug, Clone, Copy)]
pub struct StripeCall<'a> {
    /// What was asked: `create`, `update`, `confirm`, `capture`, `cancel` or `refund`.
    pub call: &'a str,
    /// What came of it: `done`, or a code.
    pub result: &'a str,
    /// Stripe's id of the request, where it answered.
    pub request_id: Option<&'a str>,
    /// Which try it was, where there are several.
    pub attempt: Option<i64>,
}

impl<'a> StripeCall<'a> {
    /// A call that did what it should.
    pub const fn done(call: &'a str, request_id: Option<&'a str>) -> Self {
        Self {
            call,
            result: "done",
            request_id,
            attempt: None,
        }
    }

    /// A call that Stripe refused, or did not answer.
    pub fn failed(call: &'a str, error: &'a stripe_http::Error) -> Self {
        let code = error.api_error().and_then(|error| error.code.as_deref());
        Self {
            call,
            result: code.unwrap_or_else(|| outcome_word(error)),
            request_id: error.request_id(),
            attempt: None,
        }
    }
}

/// What came of a call that has no code of Stripe's.
fn outcome_word(error: &stripe_http::Error) -> &'static str {
    match error {
        stripe_http::Error::Timeout { .. } => "stripe_timeout",
        stripe_http::Error::Connection { .. } => "stripe_unreachable",
        _ => "stripe_error",
    }
}

/// Notes a call to Stripe that changes something, whatever came of it.
pub async fn note_call(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    call: StripeCall<'_>,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let StripeCall {
        call,
        result,
        request_id,
        attempt,
    } = call;
    let mut detail = json!({ "call": call, "result": result, "request_id": request_id });
    if let Some(attempt) = attempt {
        detail["attempt"] = attempt.into();
    }
    note(
        conn,
        store_id,
        order_id,
        "stripe.called",
        cause,
        &detail,
        now,
    )
    .await
}

/// As [`note_call`], in a transaction of its own: for a call whose effects are stored elsewhere. A story that cannot be
/// written down now stops nobody: Stripe has done it already.
pub async fn tell_call(
    app: &App,
    store_id: StoreId,
    order_id: OrderId,
    call: StripeCall<'_>,
    cause: Cause<'_>,
) {
    let written = async {
        let mut tx = app.db.begin().await?;
        note_call(&mut tx, store_id, order_id, call, cause, app.now()).await?;
        Ok::<_, ApiError>(tx.commit().await?)
    };
    if let Err(error) = written.await {
        tracing::warn!(%store_id, %order_id, ?error, "a call to Stripe is missing in its order's story");
    }
}
