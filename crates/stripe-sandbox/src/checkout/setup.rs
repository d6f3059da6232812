//! Sessions in `setup` mode: a card is kept for later. Source: Stripe docs, "Save a customer's payment
//! method without making a payment", "Checkout".

use serde_json::{Map, Value, json};

use super::complete::{complete, put};
use super::{Hidden, Paid, Payer, customer};
use crate::objects::{SetupIntent, SetupStatus, merge_metadata};
use crate::setups::{self, SetupConfirmation};
use crate::state::{Document, Ledger};
use crate::v1::{Origin, StripeError};

pub(super) fn set_up(
    ledger: &mut Ledger,
    session: &Document,
    mut hidden: Hidden,
    payer: &Payer,
    origin: &Origin,
) -> Result<Paid, StripeError> {
    let method = payer.payment_method.clone().ok_or_else(|| {
        super::payer::refusal("payment_method", "Your card number is incomplete.")
    })?;
    let session_id = session["id"].as_str().unwrap_or_default().to_owned();
    let customer = customer::of(ledger, session, &mut hidden, payer, false, origin);
    let known = hidden.text("setup_intent").map(str::to_owned);
    let id = known.unwrap_or_else(|| open(ledger, &hidden, customer, origin));
    hidden.set("setup_intent", json!(id));
    hidden.store(ledger);
    Hidden::link(ledger, &id, &session_id);
    put(ledger, &session_id, "setup_intent", json!(id));
    let how = SetupConfirmation {
        payment_method: Some(method),
        use_stripe_sdk: true,
        ..SetupConfirmation::default()
    };
    setups::confirm(ledger, &id, how, origin)?;
    Ok(match ledger.setup_intents.get(&id) {
        Some(intent) if intent.status == SetupStatus::RequiresAction => Paid::Challenge {
            client_secret: intent.client_secret.clone(),
        },
        _ => Paid::Done,
    })
}

fn open(ledger: &mut Ledger, hidden: &Hidden, customer: Option<String>, origin: &Origin) -> String {
    let data = hidden.data("setup_intent_data");
    let mut intent = SetupIntent::new(ledger.livemode, origin.now);
    intent.customer = customer;
    let mut metadata = Map::new();
    merge_metadata(&mut metadata, data.get("metadata"));
    intent.metadata = metadata;
    if let Some(description) = data.text("description") {
        intent
            .echoed
            .insert("description".to_owned(), Value::from(description));
    }
    setups::open(ledger, intent, origin)
}

/// Completes the session of a set-up that has succeeded.
pub(crate) fn setup_succeeded(ledger: &mut Ledger, intent: &str, origin: &Origin) {
    if let Some(session) = Hidden::session_of(ledger, intent) {
        complete(ledger, &session, "no_payment_required", origin);
    }
}
