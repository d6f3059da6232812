//! The way of shipping that a shopper chose: what the request says, else what the checkout kept.

use db::Conn;
use db::api_keys::ApiKey;
use db::checkouts::Checkout;
use db::orders::Shipping;
use db::shipping_methods::{self, ShippingMethod};
use domain::shipping::{CannotShip, Country, check_reach};
use domain::{Currency, ShippingMethodId, StoreId};

use super::wire::MAX_METHODS;
use crate::app::App;
use crate::error::ApiError;
use crate::orders::place::Basket;
use crate::personal::Contact;

/// A way of shipping at the price that the shopper was told.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What the order keeps.
    pub shipping: Shipping,
    /// Where it goes to; everywhere, if empty.
    pub countries: Vec<Country>,
}

/// Finds what was chosen for a cart in this currency. A checkout keeps the price that its page showed.
pub async fn choose(
    conn: &mut Conn,
    store_id: StoreId,
    currency: Currency,
    wanted: Option<&str>,
    checkout: Option<&Checkout>,
) -> Result<Option<Choice>, ApiError> {
    let kept = checkout.and_then(|checkout| {
        let method_id = checkout.shipping_method_id?;
        Some((method_id, checkout.shipping_minor))
    });
    let wanted = wanted
        .map(str::parse::<ShippingMethodId>)
        .transpose()
        .map_err(|_| unknown())?;
    let (method_id, kept_minor) = match (wanted, kept) {
        (None, None) => return Ok(None),
        (None, Some((method_id, minor))) => (method_id, Some(minor)),
        (Some(wanted), kept) => {
            let minor = kept.and_then(|(method_id, minor)| (method_id == wanted).then_some(minor));
            (wanted, minor)
        }
    };
    let method = shipping_methods::find(conn, store_id, method_id).await?;
    // What a checkout was opened with holds until it expires.
    let method = method
        .filter(|method| method.active || kept_minor.is_some())
        .ok_or_else(unknown)?;
    if kept_minor.is_none() && method.currency != currency {
        return Err(ApiError::unprocessable(
            "shipping_currency_mismatch",
            "This way of shipping has a price in another currency than the cart. Choose another one.",
        )
        .param("shipping_method_id"));
    }
    Ok(Some(chosen(method, kept_minor)))
}

fn chosen(method: ShippingMethod, kept_minor: Option<i64>) -> Choice {
    Choice {
        shipping: Shipping {
            method_id: method.id,
            name: method.name,
            amount_minor: kept_minor.unwrap_or(method.amount_minor),
        },
        countries: method.countries,
    }
}

/// Whether the address has to be there by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressIs {
    /// The order is placed.
    Needed,
    /// The shopper may still be asked.
    Optional,
}

/// Whether a way of shipping has to be chosen, in a store that has some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShippingIs {
    /// A shopper chooses one: what is left out would be shipped for nothing, and anywhere.
    Needed,
    /// The merchant's own back end knows what needs none.
    Optional,
}

impl ShippingIs {
    /// As it is for who calls.
    pub const fn for_caller(key: Option<&ApiKey>) -> Self {
        match key {
            Some(_) => Self::Optional,
            None => Self::Needed,
        }
    }
}

impl Basket {
    /// 422 where it cannot be shipped to the contact's address as was chosen, or nothing was chosen that has to be.
    pub async fn check_shipping(
        &self,
        app: &App,
        store_id: StoreId,
        contact: &Contact,
        (shipping, address): (ShippingIs, AddressIs),
    ) -> Result<(), ApiError> {
        match (&self.shipping, shipping) {
            (Some(choice), _) => choice.check_reach(contact, address),
            (None, ShippingIs::Optional) => Ok(()),
            (None, ShippingIs::Needed) => {
                let mut conn = app.db.read().await?;
                let methods =
                    shipping_methods::list_active(&mut conn, store_id, MAX_METHODS).await?;
                check_left_out(&methods, self.cart.currency, contact)
            }
        }
    }
}

/// 422 where a store ships, and a shopper has not said how.
fn check_left_out(
    methods: &[ShippingMethod],
    currency: Currency,
    contact: &Contact,
) -> Result<(), ApiError> {
    if methods.is_empty() {
        return Ok(());
    }
    if methods
        .iter()
        .any(|method| may_serve(method, currency, contact.shipping_country()))
    {
        return Err(ApiError::unprocessable(
            "shipping_method_required",
            "This shop ships what it sells: choose one of its shipping methods.",
        )
        .param("shipping_method_id"));
    }
    Err(ApiError::unprocessable(
        "shipping_not_available",
        "This shop does not ship there, or not at prices in the cart's currency.",
    )
    .param("shipping_address.country"))
}

/// Whether a way of shipping can be chosen for a cart in this currency that goes to this country, or to one that is not known
/// yet.
pub fn may_serve(method: &ShippingMethod, currency: Currency, country: Option<&str>) -> bool {
    method.currency == currency
        && check_reach(&method.countries, country) != Err(CannotShip::NotServed)
}

impl Choice {
    /// 422 where this way of shipping does not reach the contact's address.
    pub fn check_reach(&self, contact: &Contact, address: AddressIs) -> Result<(), ApiError> {
        let code = match check_reach(&self.countries, contact.shipping_country()) {
            Ok(()) => return Ok(()),
            Err(CannotShip::CountryMissing) if address == AddressIs::Optional => return Ok(()),
            Err(error @ CannotShip::CountryMissing) => {
                ApiError::unprocessable("shipping_address_required", format!("{error}."))
            }
            Err(error @ CannotShip::NotServed) => {
                ApiError::unprocessable("shipping_not_available", format!("{error}."))
            }
        };
        Err(code.param("shipping_address.country"))
    }
}

fn unknown() -> ApiError {
    ApiError::not_found("shipping method").param("shipping_method_id")
}
