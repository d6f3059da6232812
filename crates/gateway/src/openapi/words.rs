//! Schemas of the words that answers are made of, and that the domain parses by hand: ids, currencies, states.

use std::borrow::Cow;

use db::inbox::EventState;
use domain::order::{OrderStatus, PaymentStatus};
use domain::returned::RefundStatus;
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// What a derived schema names as a field's `value_type`; nobody ever holds one.
macro_rules! words {
    ($($(#[doc = $doc:literal])+ $name:ident = $schema:expr),+ $(,)?) => {$(
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let description = concat!($($doc),+).trim();
                $schema.description(Some(description)).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+};
}

words! {
    /// The id of one of our own objects: a UUID.
    Id = text().format(Some(SchemaFormat::Custom("uuid".into()))),
    /// A lower-case ISO 4217 code.
    Currency = text().pattern(Some("^[a-z]{3}$")),
    /// In the currency's smallest unit, such as cents; whole yen.
    Amount = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::Custom("int64".into())))
        .minimum(Some(0))
        .maximum(Some(999_999_999_999_i64)),
    /// Pieces of a product on the shelf.
    Pieces = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(0))
        .maximum(Some(1_000_000_000_i64)),
    /// An ISO 3166-1 code of two letters.
    Country = text().pattern(Some("^[A-Z]{2}$")),
    /// Whether real cards are charged.
    Mode = one_of(["test", "live"]),
    /// The order's status at which a payment that is held is taken.
    CapturePoint = one_of(["confirmed", "shipped", "completed"]),
    /// How far the order is.
    OrderStatusWord = one_of(OrderStatus::ALL.iter().map(|state| state.as_str())),
    /// Where the order's money is.
    PaymentStatusWord = one_of(PaymentStatus::ALL.iter().map(|state| state.as_str())),
    /// How far the refund is, in Stripe's words.
    RefundStatusWord = one_of(
        (RefundStatus::ALL.iter())
            .filter(|state| **state != RefundStatus::Creating)
            .map(|state| state.as_str())
    ),
    /// What became of the event. `waiting`: the store must reconnect. `parked`: given up, a person has to look.
    EventStateWord = one_of(EventState::ALL.iter().map(|state| state.as_str())),
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> ObjectBuilder {
    text().enum_values(Some(words))
}
