//! What the hosted checkout asks about delivery: where to, and how.

use std::collections::BTreeSet;

use db::Conn;
use db::checkouts::Checkout;
use db::shipping_methods::{self, ShippingMethod};
use domain::money::Locale;
use domain::shipping::{Country, MAX_COUNTRIES};
use domain::{Money, ShippingMethodId, StoreId};
use serde::Serialize;

use crate::error::ApiError;
use crate::personal::Contact;
use crate::shipping::choice::may_serve;
use crate::shipping::wire::MAX_METHODS;

/// What the page has to ask.
pub enum Asked {
    /// Nothing: the shop has told everything, or ships nothing.
    Nothing,
    /// What the shop has not told.
    Questions(Delivery),
    /// No way of shipping leads there, or has a price in the cart's currency.
    NotServed,
}

/// The questions.
pub struct Delivery {
    /// What can be chosen; the first one is, to begin with.
    pub options: Vec<DeliveryOption>,
    /// Where it can go; empty where the shop has told the address.
    pub countries: Vec<String>,
}

/// A way of shipping.
#[derive(Serialize)]
pub struct DeliveryOption {
    /// The method.
    pub id: ShippingMethodId,
    /// What it is called.
    pub name: String,
    /// What it costs, in the smallest unit.
    #[serde(rename = "amount")]
    pub amount_minor: i64,
    /// The same, for people.
    #[serde(skip)]
    pub price: String,
    /// Where it goes to; everywhere, if empty.
    pub countries: Vec<Country>,
}

impl Delivery {
    /// What has to be asked for a checkout.
    pub async fn ask(
        conn: &mut Conn,
        store_id: StoreId,
        checkout: &Checkout,
        contact: &Contact,
        locale: &Locale,
    ) -> Result<Asked, ApiError> {
        let address = contact.shipping_address.as_ref();
        let country = contact.shipping_country();
        let methods = match checkout.shipping_method_id {
            Some(_) if address.is_some() => return Ok(Asked::Nothing),
            Some(method_id) => {
                let kept = shipping_methods::find(conn, store_id, method_id).await?;
                kept.into_iter()
                    .map(|method| ShippingMethod {
                        amount_minor: checkout.shipping_minor,
                        currency: checkout.currency,
                        ..method
                    })
                    .collect()
            }
            None => shipping_methods::list_active(conn, store_id, MAX_METHODS).await?,
        };
        if methods.is_empty() {
            return Ok(Asked::Nothing);
        }
        let options = methods
            .into_iter()
            .filter(|method| may_serve(method, checkout.currency, country))
            .map(|method| DeliveryOption::of(method, locale))
            .collect::<Result<Vec<_>, _>>()?;
        if options.is_empty() {
            return Ok(Asked::NotServed);
        }
        let countries = match country {
            Some(_) => Vec::new(),
            None => countries(&options),
        };
        Ok(Asked::Questions(Self { options, countries }))
    }

    /// Whether there are countries that it does not go to.
    pub fn is_limited(&self) -> bool {
        self.countries.len() < MAX_COUNTRIES
    }

    /// What is chosen to begin with.
    pub fn chosen(&self) -> Option<&DeliveryOption> {
        self.options.first()
    }
}

impl DeliveryOption {
    fn of(method: ShippingMethod, locale: &Locale) -> Result<Self, ApiError> {
        Ok(Self {
            id: method.id,
            price: Money::new(method.amount_minor, method.currency)?.shown(locale),
            name: method.name,
            amount_minor: method.amount_minor,
            countries: method.countries,
        })
    }
}

/// Everywhere that at least one of them goes to.
fn countries(options: &[DeliveryOption]) -> Vec<String> {
    let reached: BTreeSet<Country> = if options.iter().any(|option| option.countries.is_empty()) {
        Country::all().collect()
    } else {
        options
            .iter()
            .flat_map(|option| option.countries.iter().copied())
            .collect()
    };
    reached.iter().map(Country::to_string).collect()
}
