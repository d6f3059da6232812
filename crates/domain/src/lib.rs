//! What a store, cart, order and payment *are*: ids, money, states and the decisions over them.
//!
//! No I/O, no clock, no SQL: everything here is a pure function of its arguments, so that every rule about
//! money can be tested by table and by property. The other crates depend on this one; it depends on none of them.

pub mod address;
pub mod budget;
pub mod card_testing;
pub mod cart;
pub mod connection_problem;
pub mod dashboard;
pub mod ids;
pub mod incident;
pub mod mode;
pub mod money;
pub mod order;
pub mod return_url;
pub mod returned;
pub mod settle;
pub mod shipping;
pub mod stripe_keys;
pub mod text;
pub mod waiting;

pub use ids::{
    ApiKeyId, CartId, CheckoutId, CustomerId, DisputeId, OrderEventId, OrderId, PaymentActionId,
    PaymentId, PaymentLinkId, PaymentMethodId, ProductId, RefundId, SavedPaymentMethodId,
    ShippingMethodId, StoreId,
};
pub use mode::Mode;
pub use money::{Currency, Money};
