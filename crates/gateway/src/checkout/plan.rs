//! What a `PaymentIntent` is to be created with, for each thing that can be paid.

use db::orders::Order;
use db::payments::{CaptureMethod, Purpose};
use db::stores::Store;
use domain::{Mode, Money};
use stripe_http::Metadata;
use stripe_http::payment_intents::UpdateParams;

use crate::app::App;
use crate::error::ApiError;
use crate::orders::place::Basket;
use crate::orders::wire::contact;
use crate::timeline::Cause;

/// Stripe's longest `description`.
const MAX_DESCRIPTION_CHARS: usize = 1000;

/// A `PaymentIntent` as it should be.
pub struct Plan {
    /// What it pays.
    pub purpose: Purpose,
    /// Test or live.
    pub mode: Mode,
    /// How much.
    pub amount: Money,
    /// When the money is taken.
    pub capture_method: CaptureMethod,
    /// What the merchant reads in Stripe's dashboard.
    pub description: Option<String>,
    /// Where Stripe sends the receipt.
    pub receipt_email: Option<String>,
    /// Our notes.
    pub metadata: Metadata,
    /// The API key by which the merchant's back end asks for it; none where the shopper does.
    pub api_key_id: Option<String>,
}

impl Plan {
    /// Who wants it, for the order's story.
    pub fn cause(&self) -> Cause<'_> {
        match &self.api_key_id {
            Some(id) => Cause::ApiKey(id),
            None => Cause::Shopper,
        }
    }

    /// For an order that exists: captured at once.
    pub fn for_order(app: &App, store: &Store, order: &Order) -> Result<Self, ApiError> {
        let number = order.number.to_string();
        let mut notes = vec![
            ("tillgate_mode", "post_order".to_owned()),
            ("tillgate_order_id", order.id.to_string()),
            ("tillgate_order_number", number.clone()),
        ];
        notes.extend(
            order
                .cart_id
                .map(|cart_id| ("tillgate_cart_id", cart_id.to_string())),
        );
        Ok(Self {
            purpose: Purpose::Order(order.id),
            mode: order.mode,
            amount: Money::new(order.amount_minor, order.currency)?,
            capture_method: CaptureMethod::Automatic,
            description: Some(description(&store.name, &number)),
            receipt_email: contact(app, order)?.email,
            metadata: metadata(store, notes)?,
            api_key_id: None,
        })
    }

    /// For a cart that becomes an order once it is authorised: captured later.
    pub fn for_cart(
        store: &Store,
        basket: &Basket,
        receipt_email: Option<String>,
    ) -> Result<Self, ApiError> {
        let notes = vec![
            ("tillgate_mode", "pre_order".to_owned()),
            ("tillgate_cart_id", basket.cart.id.to_string()),
        ];
        Ok(Self {
            purpose: Purpose::Cart(basket.cart.id),
            mode: basket.cart.mode,
            amount: basket.total,
            capture_method: CaptureMethod::Manual,
            description: Some(store.name.chars().take(MAX_DESCRIPTION_CHARS).collect()),
            receipt_email,
            metadata: metadata(store, notes)?,
            api_key_id: None,
        })
    }

    /// For an amount that the merchant's back end names.
    pub fn for_amount(store: &Store, mode: Mode, amount: Money) -> Result<Self, ApiError> {
        Ok(Self {
            purpose: Purpose::Amount,
            mode,
            amount,
            capture_method: CaptureMethod::Automatic,
            description: Some(store.name.chars().take(MAX_DESCRIPTION_CHARS).collect()),
            receipt_email: None,
            metadata: metadata(store, Vec::new())?,
            api_key_id: None,
        })
    }
}

/// What Stripe is told about the payment of an order that was made after it. Where the order names no address for the receipt,
/// the payment keeps its own.
pub fn label(app: &App, store: &Store, order: &Order) -> Result<UpdateParams, ApiError> {
    let number = order.number.to_string();
    let notes = vec![
        ("tillgate_order_id", order.id.to_string()),
        ("tillgate_order_number", number.clone()),
    ];
    Ok(UpdateParams {
        description: Some(description(&store.name, &number)),
        receipt_email: contact(app, order)?.email,
        metadata: metadata(store, notes)?,
        ..UpdateParams::default()
    })
}

fn description(store_name: &str, number: &str) -> String {
    format!("{store_name} order {number}")
        .chars()
        .take(MAX_DESCRIPTION_CHARS)
        .collect()
}

fn metadata(store: &Store, notes: Vec<(&str, String)>) -> Result<Metadata, ApiError> {
    let mut metadata = Metadata::default();
    metadata
        .insert("tillgate_store_id", store.id.to_string())
        .map_err(ApiError::internal)?;
    for (key, value) in notes {
        metadata.insert(key, value).map_err(ApiError::internal)?;
    }
    Ok(metadata)
}
