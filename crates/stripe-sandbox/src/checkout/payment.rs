//! Sessions in `payment` mode: their PaymentIntent is made when the customer confirms.
//! Source: Stripe API changelog 2022-08-01, "PaymentIntents are created when the session is confirmed".

use serde_json::{Map, Value, json};

use super::{Hidden, Paid, Payer, customer, later};
use crate::objects::{CaptureMethod, PaymentIntent, Status, merge_metadata};
use crate::params::Params;
use crate::payments::{self, Confirmation};
use crate::state::{Document, Ledger};
use crate::v1::{Origin, StripeError};

/// Parameters of `payment_intent_data` that the PaymentIntent has under the same name.
const TAKEN_OVER: &[&str] = &[
    "description",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
];

pub(super) fn pay(
    ledger: &mut Ledger,
    session: &Document,
    mut hidden: Hidden,
    payer: &Payer,
    origin: &Origin,
) -> Result<Paid, StripeError> {
    let method = payer.payment_method.clone().ok_or_else(|| {
        super::payer::refusal("payment_method", "Your card number is incomplete.")
    })?;
    let data = hidden.data("payment_intent_data");
    let saves = data.text("setup_future_usage").is_some();
    let customer = customer::of(ledger, session, &mut hidden, payer, saves, origin);
    let id = match hidden.text("intent").map(str::to_owned) {
        Some(known) if is_open(ledger, &known) => known,
        _ => open(ledger, session, &data, customer, origin),
    };
    if let Some(intent) = ledger.payment_intents.get_mut(&id) {
        intent.amount = total(session);
        ship(intent, payer);
    }
    let session_id = session
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    hidden.set("intent", json!(id));
    hidden.store(ledger);
    Hidden::link(ledger, &id, &session_id);
    super::complete::put(ledger, &session_id, "payment_intent", json!(id));
    if payer.pays_later {
        return later::start(ledger, &session_id, &id, method, origin);
    }
    let how = Confirmation {
        payment_method: Some(method),
        use_stripe_sdk: true,
        ..Confirmation::default()
    };
    payments::confirm(ledger, &id, how, origin)?;
    Ok(stands(ledger, &id))
}

/// Whether the payment waits for its challenge.
pub(super) fn stands(ledger: &Ledger, id: &str) -> Paid {
    match ledger.payment_intents.get(id) {
        Some(intent) if intent.status == Status::RequiresAction => Paid::Challenge {
            client_secret: intent.client_secret.clone(),
        },
        _ => Paid::Done,
    }
}

fn is_open(ledger: &Ledger, id: &str) -> bool {
    ledger.payment_intents.get(id).is_some_and(|intent| {
        matches!(
            intent.status,
            Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction
        )
    })
}

fn total(session: &Document) -> i64 {
    session
        .get("amount_total")
        .and_then(Value::as_i64)
        .unwrap_or_default()
}

fn open(
    ledger: &mut Ledger,
    session: &Document,
    data: &Params,
    customer: Option<String>,
    origin: &Origin,
) -> String {
    let currency = session
        .get("currency")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut intent = PaymentIntent::new(total(session), currency, ledger.livemode, origin.now);
    intent.customer = customer;
    intent.capture_method = CaptureMethod::from_param(data.text("capture_method"));
    let mut metadata = Map::new();
    merge_metadata(&mut metadata, data.get("metadata"));
    intent.metadata = metadata;
    for (name, value) in data
        .given()
        .filter(|(name, _)| TAKEN_OVER.contains(&name.as_str()))
    {
        intent.echoed.insert(name.clone(), value.clone());
    }
    let options = session
        .get("payment_method_options")
        .and_then(|options| options["card"].as_object());
    if let Some(options) = options {
        intent.card_options.clone_from(options);
    }
    payments::open(ledger, intent, origin)
}

fn ship(intent: &mut PaymentIntent, payer: &Payer) {
    if let Some(shipping) = &payer.shipping {
        let address = json!(shipping.address);
        let shipping = json!({
            "address": address, "carrier": null, "name": shipping.name, "phone": payer.phone,
            "tracking_number": null,
        });
        intent.echoed.insert("shipping".to_owned(), shipping);
    }
}
