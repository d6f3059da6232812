//! What the hosted checkout asks about delivery: where to, and how.

use std::collections::BTreeSet;

use db::Conn;
use db::checkouts::Checkout;
use db::shipping_methods::{self, ShippingMethod};
use domain::money::Locale;
use domain::shipping::{Country, check_reach};
use domain::{Money, ShippingMethodId, StoreId};
use serde::Serialize;

use crate::error::ApiError;
use crate::personal::Contact;
use crate::shipping::wire::MAX_METHODS;

/// The questions; there are none where the shop has told everything, or ships nothing.
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
    ) -> Result<Option<Self>, ApiError> {
        let address = contact.shipping_address.as_ref();
        let country = address.and_then(|address| address.country.as_deref());
        let methods = match checkout.shipping_method_id {
            Some(_) if address.is_some() => return Ok(None),
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
        let mut options = Vec::new();
        for method in methods {
            let reaches = country.is_none_or(|_| check_reach(&method.countries, country).is_ok());
            if method.currency == checkout.currency && reaches {
                options.push(DeliveryOption::of(method, locale)?);
            }
        }
        if options.is_empty() {
            return Ok(None);
        }
        let countries = match country {
            Some(_) => Vec::new(),
            None => countries(&options),
        };
        Ok(Some(Self { options, countries }))
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
