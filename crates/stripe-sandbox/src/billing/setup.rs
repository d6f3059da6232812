//! A card for later: the SetupIntent of a subscription that has nothing to be paid yet.
//! Source: Stripe API reference, "The Subscription object", `pending_setup_intent`.

use serde_json::Value;

use crate::billing::{SUBSCRIPTION, end, owned, set, text};
use crate::objects::SetupIntent;
use crate::setups;
use crate::state::{Document, Ledger};
use crate::v1::Origin;

/// Makes the SetupIntent, unless there is a card already.
pub(super) fn open(ledger: &mut Ledger, subscription: &mut Document, origin: &Origin) {
    if end::payment_method(ledger, subscription).is_some() {
        return;
    }
    let mut intent = SetupIntent::new(ledger.livemode, origin.now);
    intent.customer = text(subscription, "customer").map(str::to_owned);
    let intent = setups::open(ledger, intent, origin);
    set(subscription, "pending_setup_intent", intent.clone());
    let id = owned(subscription, "id");
    ledger.billing.subscription_of_setup.insert(intent, id);
}

/// The SetupIntent has succeeded: its subscription, if it has one, is charged to that card.
pub(crate) fn succeeded(ledger: &mut Ledger, intent: &str, origin: &Origin) {
    let Some(id) = ledger.billing.subscription_of_setup.remove(intent) else {
        return;
    };
    let method = ledger
        .setup_intents
        .get(intent)
        .and_then(|intent| intent.payment_method.clone());
    let found = ledger.documents.get(SUBSCRIPTION, &id).cloned();
    if let (Some(method), Some(mut subscription)) = (method, found) {
        set(&mut subscription, "default_payment_method", method);
        set(&mut subscription, "pending_setup_intent", Value::Null);
        ledger.change(subscription, "customer.subscription.updated", origin);
    }
}
