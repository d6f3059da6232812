//! An authorisation that nobody has captured in time.
//! Source: Stripe docs, "Place a hold on a payment method".

use crate::objects::Status;
use crate::payments::cancel::release;
use crate::state::Ledger;
use crate::v1::Origin;

/// The hold ends: the charge expires, the payment is canceled by Stripe.
pub(crate) fn expire(ledger: &mut Ledger, id: &str, origin: &Origin) {
    let holds = (ledger.payment_intents.get(id))
        .is_some_and(|intent| intent.status == Status::RequiresCapture);
    if holds {
        release(
            ledger,
            id,
            Some("automatic".to_owned()),
            "charge.expired",
            origin,
        );
    }
}
