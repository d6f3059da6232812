//! `/_sandbox/checkout/sessions/{id}`: the customer of a hosted page without a browser, and the bank
//! of one who pays later.

use actix_web::HttpResponse;
use actix_web::web::{Json, Path};
use serde::Deserialize;

use super::{State, or_default, refusal};
use crate::cards::TestCard;
use crate::checkout::{self, Outcome, Payer, SESSION};
use crate::objects::PaymentMethod;
use crate::state::Ledger;
use crate::v1::{Origin, StripeError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settle {
    outcome: Outcome,
}

/// Pays as the customer would; `payment_method` is the name of a test card (`pm_card_visa`). The answer
/// is the session, also after a decline.
pub(super) async fn pay(state: State, id: Path<String>, body: Option<Json<Payer>>) -> HttpResponse {
    let mut payer = or_default(body);
    let name = payer.payment_method.take();
    let name = name.unwrap_or_else(|| "pm_card_visa".to_owned());
    let Some(card) = TestCard::by_payment_method(&name) else {
        return refusal(422, "payment_method is not the name of a test card");
    };
    act(&state, &id, |ledger, origin| {
        let method = PaymentMethod::ready_made(card, origin.now, ledger.livemode);
        payer.payment_method = Some(method.id.clone());
        ledger.payment_methods.insert(method.id.clone(), method);
        checkout::pay(ledger, &id, &payer, origin).map(|_| ())
    })
}

/// The money of a payment that was made later comes, or does not.
pub(super) async fn settle(state: State, id: Path<String>, body: Json<Settle>) -> HttpResponse {
    act(&state, &id, |ledger, origin| {
        checkout::settle(ledger, &id, body.outcome, origin)
    })
}

fn act(
    state: &State,
    id: &str,
    work: impl FnOnce(&mut Ledger, &Origin) -> Result<(), StripeError>,
) -> HttpResponse {
    let origin = state.origin(None, None);
    let (result, object, due) = {
        let mut world = state.world();
        let Some(ledger) = world.holder(|ledger| ledger.documents.get(SESSION, id).is_some())
        else {
            return refusal(404, "no account has this checkout session");
        };
        ledger.pass_time(origin.now);
        let result = work(ledger, &origin);
        (result, ledger.object(SESSION, id), ledger.take_due())
    };
    state.dispatch(due);
    match result {
        Err(error) if error.status != 402 => {
            refusal(409, error.field("message").unwrap_or_default())
        }
        _ => HttpResponse::Ok().json(object),
    }
}
