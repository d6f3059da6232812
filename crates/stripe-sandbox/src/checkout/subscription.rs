//! Sessions in `subscription` mode: the customer, their subscription and its first invoice.
//! Source: Stripe docs, "Build a subscriptions integration with Checkout".

use serde_json::{Map, Value, json};

use super::complete::complete;
use super::payment::stands;
use super::{Hidden, Paid, Payer, customer};
use crate::api::subscriptions;
use crate::billing::{self, SUBSCRIPTION};
use crate::catalogue::{self, PRICE, PRODUCT};
use crate::params::Params;
use crate::payments::{self, Confirmation, wallet};
use crate::state::{Document, Ledger};
use crate::v1::{Call, Caller, Origin, StripeError};

/// Parameters of `subscription_data` that a subscription is made with under the same name.
const TAKEN_OVER: &[&str] = &[
    "billing_cycle_anchor",
    "billing_cycle_anchor_config",
    "billing_mode",
    "default_tax_rates",
    "description",
    "invoice_settings",
    "metadata",
    "pending_invoice_item_interval",
    "proration_behavior",
    "trial_end",
    "trial_period_days",
    "trial_settings",
];

pub(super) fn subscribe(
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
    let customer = customer::of(ledger, session, &mut hidden, payer, true, origin);
    let customer = customer.unwrap_or_default();
    let known = hidden.text(SUBSCRIPTION).map(str::to_owned);
    let subscription = if let Some(id) = known.filter(|id| is_incomplete(ledger, id)) {
        id
    } else {
        let id = create(ledger, session, &hidden, &customer, origin)?;
        hidden.set(SUBSCRIPTION, json!(id));
        id
    };
    let invoice = latest_invoice(ledger, &subscription);
    hidden.set("invoice", json!(invoice));
    let intent = invoice
        .as_deref()
        .and_then(|invoice| intent_of(ledger, invoice));
    if let Some(intent) = &intent {
        hidden.set("intent", json!(intent));
        Hidden::link(ledger, intent, &session_id);
    }
    hidden.store(ledger);
    let Some(intent) = intent else {
        // Nothing is due yet: the card is kept for when it is.
        wallet::attach(ledger, &method, &customer, origin)?;
        if let Some(subscription) = ledger.documents.get_mut(SUBSCRIPTION, &subscription) {
            subscription.insert("default_payment_method".to_owned(), json!(method));
        }
        complete(ledger, &session_id, "no_payment_required", origin);
        return Ok(Paid::Done);
    };
    let how = Confirmation {
        payment_method: Some(method),
        use_stripe_sdk: true,
        ..Confirmation::default()
    };
    payments::confirm(ledger, &intent, how, origin)?;
    Ok(stands(ledger, &intent))
}

fn is_incomplete(ledger: &Ledger, id: &str) -> bool {
    let found = ledger.documents.get(SUBSCRIPTION, id);
    found.is_some_and(|subscription| subscription.get("status") == Some(&json!("incomplete")))
}

fn latest_invoice(ledger: &Ledger, subscription: &str) -> Option<String> {
    let subscription = ledger.documents.get(SUBSCRIPTION, subscription)?;
    subscription
        .get("latest_invoice")?
        .as_str()
        .map(str::to_owned)
}

/// The payment that the invoice waits for.
fn intent_of(ledger: &Ledger, invoice: &str) -> Option<String> {
    let payments = billing::payments_of(ledger, invoice);
    let open = payments
        .into_iter()
        .rev()
        .find(|payment| payment.get("status") == Some(&json!("open")));
    open.and_then(|payment| {
        payment.get("payment")?["payment_intent"]
            .as_str()
            .map(str::to_owned)
    })
}

/// The subscription, as the API makes it.
fn create(
    ledger: &mut Ledger,
    session: &Document,
    hidden: &Hidden,
    customer: &str,
    origin: &Origin,
) -> Result<String, StripeError> {
    let data = hidden.data("subscription_data");
    let mut given = Map::new();
    for (name, value) in data
        .given()
        .filter(|(name, _)| TAKEN_OVER.contains(&name.as_str()))
    {
        given.insert(name.clone(), value.clone());
    }
    let line =
        |item: &&Value| json!({ "price": item["price"]["id"], "quantity": item["quantity"] });
    let (repeated, once): (Vec<_>, Vec<_>) = hidden
        .items()
        .iter()
        .partition(|item| item["price"]["recurring"].is_object());
    given.insert("items".to_owned(), repeated.iter().map(line).collect());
    if !once.is_empty() {
        given.insert(
            "add_invoice_items".to_owned(),
            once.iter().map(line).collect(),
        );
    }
    given.insert("customer".to_owned(), json!(customer));
    if let Some(currency) = session.get("currency") {
        given.insert("currency".to_owned(), currency.clone());
    }
    given.insert("payment_behavior".to_owned(), json!("default_incomplete"));
    let settings = json!({ "save_default_payment_method": "on_subscription" });
    given.insert("payment_settings".to_owned(), settings);
    let raised = put_on_sale(ledger, hidden.items());
    let mut call = Call {
        ledger,
        caller: Caller::Secret,
        params: Params::default(),
        ids: Vec::new(),
        origin: origin.clone(),
        path: String::new(),
    };
    let made = subscriptions::create_with(&mut call, &Params::from(given));
    for (kind, id) in raised {
        set_active(ledger, kind, &id, false);
    }
    Ok(made?["id"].as_str().unwrap_or_default().to_owned())
}

/// The session's own prices are for sale to nobody else: they are for this moment only. The answer is
/// what has to be taken back.
fn put_on_sale(ledger: &mut Ledger, items: &[Value]) -> Vec<(&'static str, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let named = items.iter().flat_map(|item| {
        let price = &item["price"];
        [
            (PRICE, text(&price["id"])),
            (PRODUCT, text(&price["product"])),
        ]
    });
    let inactive = named.filter(|(kind, id)| {
        let found = ledger.documents.get(kind, id);
        found.is_some_and(|found| !catalogue::is_active(found))
    });
    let raised: Vec<_> = inactive.collect();
    for (kind, id) in &raised {
        set_active(ledger, kind, id, true);
    }
    raised
}

fn set_active(ledger: &mut Ledger, kind: &str, id: &str, active: bool) {
    if let Some(document) = ledger.documents.get_mut(kind, id) {
        document.insert("active".to_owned(), json!(active));
    }
}
