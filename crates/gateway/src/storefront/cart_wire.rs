//! Carts on the wire: what callers send, priced from the catalogue, and what they get.

use db::Conn;
use db::carts::{Cart, Line};
use db::products::Product;
use domain::cart::{self, Quantity};
use domain::{CartId, Currency, Money, ProductId, StoreId, text};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::prices::{self, PriceState};
use crate::error::ApiError;
use crate::openapi::words;

const MAX_NAME_CHARS: usize = 200;

/// One line of a request: a product, or (with an API key) a name and a price.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CartLine)]
pub struct LineRequest {
    #[schema(value_type = Option<words::Id>)]
    product_id: Option<String>,
    #[schema(minimum = 1, maximum = 10000)]
    quantity: i64,
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    #[schema(value_type = Option<words::Amount>)]
    unit_amount: Option<i64>,
}

/// Whether the caller may name prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdHocLines {
    /// A merchant's back end.
    Allowed,
    /// Anyone else.
    Refused,
}

/// Checked lines in one currency.
pub struct PricedLines {
    /// The currency of all of them.
    pub currency: Currency,
    /// The lines.
    pub lines: Vec<Line>,
}

/// Prices the lines: from the catalogue, never from the caller, unless the caller is the merchant.
pub async fn price_lines(
    conn: &mut Conn,
    store_id: StoreId,
    requests: Vec<LineRequest>,
    currency: Option<Currency>,
    default_currency: Currency,
    ad_hoc: AdHocLines,
) -> Result<PricedLines, ApiError> {
    if requests.len() > cart::MAX_LINES {
        return Err(cart::CartError::TooManyLines.into());
    }
    let product_ids = requests
        .iter()
        .filter_map(|line| line.product_id.as_deref()?.parse().ok())
        .collect::<Vec<_>>();
    let products = db::products::find_many_active(conn, store_id, &product_ids).await?;
    let currency = currency
        .or_else(|| products.first().map(|product| product.currency))
        .unwrap_or(default_currency);
    let mut lines = Vec::with_capacity(requests.len());
    for (position, request) in requests.into_iter().enumerate() {
        lines.push(price_line(request, position, &products, currency, ad_hoc)?);
    }
    subtotal(currency, &lines)?;
    Ok(PricedLines { currency, lines })
}

fn price_line(
    request: LineRequest,
    position: usize,
    products: &[Product],
    currency: Currency,
    ad_hoc: AdHocLines,
) -> Result<Line, ApiError> {
    let param = |field: &str| format!("items[{position}].{field}");
    let quantity = Quantity::parse(request.quantity)
        .map_err(|error| ApiError::from(error).param(param("quantity")))?;
    let quantity = i64::from(quantity.get());
    let Some(product_id) = request.product_id else {
        return ad_hoc_line(
            request.name,
            request.unit_amount,
            quantity,
            currency,
            ad_hoc,
            &param,
        );
    };
    if request.name.is_some() || request.unit_amount.is_some() {
        let message = "A line with a product takes its name and price from the catalogue. Leave out name and unit_amount.";
        return Err(ApiError::malformed("invalid_line", message).param(param("unit_amount")));
    }
    let id = product_id.parse::<ProductId>().ok();
    let product = products.iter().find(|product| Some(product.id) == id);
    let product =
        product.ok_or_else(|| ApiError::not_found("product").param(param("product_id")))?;
    if product.currency != currency {
        return Err(ApiError::from(cart::CartError::CurrencyMismatch).param(param("product_id")));
    }
    Ok(Line {
        product_id: Some(product.id),
        name: product.name.clone(),
        unit_amount_minor: product.unit_amount_minor,
        quantity,
    })
}

fn ad_hoc_line(
    name: Option<String>,
    unit_amount: Option<i64>,
    quantity: i64,
    currency: Currency,
    ad_hoc: AdHocLines,
    param: &dyn Fn(&str) -> String,
) -> Result<Line, ApiError> {
    let (Some(name), Some(unit_amount)) = (name, unit_amount) else {
        return Err(
            ApiError::malformed("parameter_missing", "Each item needs a product_id.")
                .param(param("product_id")),
        );
    };
    if ad_hoc == AdHocLines::Refused {
        let message = "Only the merchant's back end may name prices. Send product_id, or use a store API key.";
        return Err(ApiError::unauthorized("api_key_required", message).param(param("unit_amount")));
    }
    let name = text::line(&name, MAX_NAME_CHARS).map_err(|error| {
        ApiError::malformed("invalid_value", format!("name {error}.")).param(param("name"))
    })?;
    let unit_amount = Money::new(unit_amount, currency).map_err(|error| {
        ApiError::malformed("invalid_amount", format!("{error}.")).param(param("unit_amount"))
    })?;
    Ok(Line {
        product_id: None,
        name,
        unit_amount_minor: unit_amount.amount_minor(),
        quantity,
    })
}

/// The sum of stored or priced lines.
pub fn subtotal(currency: Currency, lines: &[Line]) -> Result<Money, ApiError> {
    let parsed = lines
        .iter()
        .map(|line| amounts(line, currency))
        .collect::<Result<Vec<_>, ApiError>>()?;
    Ok(cart::subtotal(currency, parsed)?)
}

/// What is to be paid for lines and their shipping: 422 if that is nothing, or more than can be charged at once.
pub fn total_to_pay(
    currency: Currency,
    lines: &[Line],
    shipping_minor: i64,
) -> Result<Money, ApiError> {
    let shipping = Money::new(shipping_minor, currency).map_err(ApiError::internal)?;
    let total = subtotal(currency, lines)?.checked_add(shipping);
    let total = total.map_err(|_| cart::CartError::TotalTooLarge)?;
    total.chargeable().map_err(|_| {
        ApiError::unprocessable(
            "amount_not_positive",
            "The total is zero: there is nothing to pay. Add an item that has a price.",
        )
    })
}

fn amounts(line: &Line, currency: Currency) -> Result<(Money, Quantity), ApiError> {
    Ok((
        Money::new(line.unit_amount_minor, currency)?,
        Quantity::parse(line.quantity)?,
    ))
}

/// A line as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Line)]
pub struct LineReply {
    #[schema(value_type = Option<words::Id>)]
    product_id: Option<ProductId>,
    name: String,
    #[schema(value_type = words::Amount)]
    unit_amount: i64,
    quantity: i64,
    #[schema(value_type = words::Amount)]
    amount: i64,
    /// Of a cart: `true` where the catalogue's price is another one than when the line was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    price_changed: Option<bool>,
    /// Of a cart: `false` where the product is no longer sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    available: Option<bool>,
}

/// Lines with their amounts.
pub fn line_replies(currency: Currency, lines: Vec<Line>) -> Result<Vec<LineReply>, ApiError> {
    let reply = |line: Line| {
        let (unit_amount, quantity) = amounts(&line, currency)?;
        Ok(LineReply {
            product_id: line.product_id,
            amount: cart::line_amount(unit_amount, quantity)?.amount_minor(),
            name: line.name,
            unit_amount: line.unit_amount_minor,
            quantity: line.quantity,
            price_changed: None,
            available: None,
        })
    };
    lines.into_iter().map(reply).collect()
}

/// A cart as its holder sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cart)]
pub struct CartReply {
    #[schema(value_type = words::Id)]
    id: CartId,
    #[schema(value_type = words::Id)]
    store_id: StoreId,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    items: Vec<LineReply>,
    #[schema(value_type = words::Amount)]
    subtotal: i64,
    expires_at: Timestamp,
}

impl CartReply {
    /// From a stored cart and its lines.
    pub fn new(store_id: StoreId, cart: &Cart, lines: Vec<Line>) -> Result<Self, ApiError> {
        Ok(Self {
            id: cart.id,
            store_id,
            currency: cart.currency,
            subtotal: subtotal(cart.currency, &lines)?.amount_minor(),
            items: line_replies(cart.currency, lines)?,
            expires_at: cart.expires_at,
        })
    }

    /// From a stored cart, at the prices that the catalogue has now.
    pub fn at_present(
        store_id: StoreId,
        cart: &Cart,
        lines: &[Line],
        products: &[Product],
    ) -> Result<Self, ApiError> {
        let priced = prices::at_present(lines, cart.currency, products);
        let (lines, states): (Vec<Line>, Vec<PriceState>) = priced.into_iter().unzip();
        let mut reply = Self::new(store_id, cart, lines)?;
        for (item, state) in reply.items.iter_mut().zip(states) {
            item.price_changed = (state == PriceState::Changed).then_some(true);
            item.available = (state == PriceState::Gone).then_some(false);
        }
        Ok(reply)
    }
}
