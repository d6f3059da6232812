//! What a set-up does: the state machine of `SetupIntents`, their attempts and events. The API, the hosted
//! challenge page and the control API all move set-ups through here.
//! Source: Stripe docs, "How `SetupIntents` work".

mod attempt;
mod confirm;
mod finish;

pub(crate) use confirm::{SetupConfirmation, confirm};
pub(crate) use finish::{authenticate, cancel};

use crate::objects::SetupIntent;
use crate::state::Ledger;
use crate::v1::{Origin, StripeError};

/// Starts a set-up: stores it, tells of it, and answers with its id.
pub(crate) fn open(ledger: &mut Ledger, intent: SetupIntent, origin: &Origin) -> String {
    let (id, object) = (intent.id.clone(), intent.render());
    ledger.setup_intents.insert(id.clone(), intent);
    ledger.emit("setup_intent.created", object, origin);
    id
}

/// The SetupIntent, or Stripe's 404.
pub(crate) fn find<'a>(
    ledger: &'a mut Ledger,
    id: &str,
) -> Result<&'a mut SetupIntent, StripeError> {
    ledger
        .setup_intents
        .get_mut(id)
        .ok_or_else(|| StripeError::missing("setup_intent", id))
}

/// 400 for what the set-up's state does not allow.
pub(crate) fn unexpected_state(message: String) -> StripeError {
    StripeError::invalid(message).code("setup_intent_unexpected_state")
}

/// Tells what a set-up has become.
fn tell(ledger: &mut Ledger, id: &str, event: &'static str, origin: &Origin) {
    if let Some(object) = ledger.setup_intents.get(id).map(SetupIntent::render) {
        ledger.emit(event, object, origin);
    }
}
