//! The ways in which a session's goods can be sent. The first one is chosen unless the customer
//! takes another. Source: Stripe docs, "Charge for shipping".

use serde_json::{Value, json};

use crate::api::check;
use crate::ids;
use crate::params::Params;
use crate::state::Document;
use crate::v1::{Call, StripeError};

const RATE: &str = "shipping_rate";
/// Stripe docs, "Charge for shipping": "up to 5 shipping options".
const MAX_OPTIONS: usize = 5;

/// The options of a session that is to be made or changed.
pub(super) struct Shipping(Vec<Offer>);

struct Offer {
    rate: Document,
    is_new: bool,
    amount: i64,
}

pub(super) fn plan(call: &Call<'_>, currency: &str) -> Result<Shipping, StripeError> {
    let given = call
        .params
        .list("shipping_options")
        .map_or(&[][..], Vec::as_slice);
    if given.len() > MAX_OPTIONS {
        let message = format!("You may only specify up to {MAX_OPTIONS} shipping options.");
        return Err(StripeError::invalid(message).param("shipping_options"));
    }
    let options = given.iter().enumerate().map(|(index, option)| {
        let option = Params::from(option.as_object().cloned().unwrap_or_default());
        option_of(
            call,
            &option,
            &format!("shipping_options[{index}]"),
            currency,
        )
    });
    options.collect::<Result<_, _>>().map(Shipping)
}

impl Shipping {
    /// What the chosen way costs.
    pub(super) fn amount(&self) -> i64 {
        self.0.first().map_or(0, |option| option.amount)
    }

    /// Stores new rates and puts the options into the session.
    pub(super) fn apply(self, call: &mut Call<'_>, session: &mut Document) {
        let Some(first) = self.0.first() else {
            session.insert("shipping_options".to_owned(), json!([]));
            session.shift_remove("shipping_cost");
            return;
        };
        let cost = json!({
            "amount_subtotal": first.amount, "amount_tax": 0, "amount_total": first.amount,
            "shipping_rate": first.rate["id"],
        });
        session.insert("shipping_cost".to_owned(), cost);
        let mut options = Vec::with_capacity(self.0.len());
        for option in self.0 {
            let shown =
                json!({ "shipping_amount": option.amount, "shipping_rate": option.rate["id"] });
            options.push(shown);
            if option.is_new {
                call.ledger.documents.insert(option.rate);
            }
        }
        session.insert("shipping_options".to_owned(), Value::Array(options));
    }
}

fn option_of(
    call: &Call<'_>,
    option: &Params,
    prefix: &str,
    currency: &str,
) -> Result<Offer, StripeError> {
    let param = |name: &str| check::within(prefix, name);
    let (rate, is_new) = match (option.text(RATE), option.object("shipping_rate_data")) {
        (Some(_), Some(_)) => {
            return Err(StripeError::invalid(
                "You may only specify one of these parameters: shipping_rate, shipping_rate_data.",
            )
            .param(&param(RATE)));
        }
        (None, None) => return Err(check::missing(&param(RATE))),
        (Some(id), None) => {
            let found = call.ledger.documents.get(RATE, id);
            let rate =
                found.ok_or_else(|| StripeError::no_such("shipping rate", id, &param(RATE)))?;
            (rate.clone(), false)
        }
        (None, Some(_)) => (
            new_rate(
                call,
                &option.part("shipping_rate_data"),
                &param("shipping_rate_data"),
            )?,
            true,
        ),
    };
    let fixed = &rate["fixed_amount"];
    let own = fixed["currency"].as_str().unwrap_or_default();
    let amount = if own == currency {
        fixed["amount"].as_i64()
    } else {
        fixed["currency_options"][currency]["amount"].as_i64()
    };
    let amount = amount.ok_or_else(|| {
        StripeError::invalid(format!(
            "The shipping rate specified only supports `{own}`. This doesn't match the expected currency: `{currency}`."
        ))
        .param(prefix)
    })?;
    Ok(Offer {
        rate,
        is_new,
        amount,
    })
}

fn new_rate(call: &Call<'_>, data: &Params, prefix: &str) -> Result<Document, StripeError> {
    let fixed = data.part("fixed_amount");
    let param = check::within(prefix, "fixed_amount");
    if data.object("fixed_amount").is_none() {
        return Err(check::missing(&param));
    }
    let currency = fixed.text("currency").unwrap_or_default();
    let currency = check::currency(&check::within(&param, "currency"), currency)?;
    let amount = fixed.integer("amount").unwrap_or_default();
    check::at_least(&check::within(&param, "amount"), amount, 0)?;
    check::amount_limit(&check::within(&param, "amount"), amount, currency)?;
    let mut rate = call.blank(RATE, ids::object("shr"));
    let mut put = |name: &str, value: Value| rate.insert(name.to_owned(), value);
    put("active", json!(true));
    put(
        "delivery_estimate",
        data.get("delivery_estimate").cloned().unwrap_or_default(),
    );
    put("display_name", json!(data.text("display_name")));
    let mut amount = json!({ "amount": amount, "currency": currency });
    if let Some(options) = fixed.get("currency_options") {
        amount["currency_options"] = options.clone();
    }
    put("fixed_amount", amount);
    put(
        "metadata",
        data.get("metadata").cloned().unwrap_or_else(|| json!({})),
    );
    put(
        "tax_behavior",
        json!(data.text("tax_behavior").unwrap_or("unspecified")),
    );
    put(
        "tax_code",
        data.get("tax_code").cloned().unwrap_or_default(),
    );
    put("type", json!("fixed_amount"));
    Ok(rate)
}
