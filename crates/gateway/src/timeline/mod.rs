//! The story of an order: every change with what made it happen.

use db::Conn;
use db::order_events::{self, NewOrderEvent};
use domain::{OrderId, StoreId};
use jiff::Timestamp;
use serde_json::Value;

use crate::error::ApiError;

/// What made something happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause<'a> {
    /// An event from Stripe, by its id.
    Event(&'a str),
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
            Self::Event(id) | Self::ApiKey(id) => Some(id),
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
