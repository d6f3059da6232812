//! `/_sandbox/payment_intents/{id}`: the shopper without a browser, and objects that lie.

use actix_web::HttpResponse;
use actix_web::web::{Json, Path};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{State, or_default, refusal};
use crate::cards::TestCard;
use crate::objects::PaymentMethod;
use crate::payments::{self, Challenge, Confirmation};
use crate::state::Ledger;
use crate::v1::StripeError;

/// How the shopper pays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Pay {
    /// A test `PaymentMethod`'s name, `pm_card_…`.
    payment_method: String,
    /// Where a challenge leads back to; without it Stripe.js would show the challenge.
    return_url: Option<String>,
}

impl Default for Pay {
    fn default() -> Self {
        Self {
            payment_method: "pm_card_visa".to_owned(),
            return_url: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Authenticate {
    outcome: Challenge,
}

/// Confirms as the shopper would. The answer is the PaymentIntent, also after a decline.
pub(super) async fn pay(state: State, id: Path<String>, body: Option<Json<Pay>>) -> HttpResponse {
    let pay = or_default(body);
    let Some(card) = TestCard::by_payment_method(&pay.payment_method) else {
        return refusal(422, "payment_method is not the name of a test card");
    };
    let origin = state.origin(None, None);
    act(&state, &id, |ledger| {
        let method = PaymentMethod::ready_made(card, origin.now, ledger.livemode);
        let how = Confirmation {
            payment_method: Some(method.id.clone()),
            use_stripe_sdk: pay.return_url.is_none(),
            return_url: pay.return_url,
            ..Confirmation::default()
        };
        ledger.payment_methods.insert(method.id.clone(), method);
        payments::confirm(ledger, &id, how, &origin)
    })
}

/// Passes or fails the challenge. The answer is the PaymentIntent, also after a failure.
pub(super) async fn authenticate(
    state: State,
    id: Path<String>,
    body: Json<Authenticate>,
) -> HttpResponse {
    let origin = state.origin(None, None);
    act(&state, &id, |ledger| {
        payments::authenticate(ledger, &id, body.outcome, &origin)
    })
}

/// Puts fields over the rendered object: the API then says what is not so. Payments go on with the
/// true values.
pub(super) async fn tamper(
    state: State,
    id: Path<String>,
    fields: Json<Map<String, Value>>,
) -> HttpResponse {
    act(&state, &id, |ledger| {
        payments::find(ledger, &id)?
            .tampered
            .extend(fields.into_inner());
        Ok(())
    })
}

fn act(
    state: &State,
    id: &str,
    work: impl FnOnce(&mut Ledger) -> Result<(), StripeError>,
) -> HttpResponse {
    let (result, object, due) = {
        let mut world = state.world();
        let Some(ledger) = world.holder(|ledger| ledger.payment_intents.contains_key(id)) else {
            return refusal(404, "no account has this PaymentIntent");
        };
        ledger.catch_up(state.origin(None, None));
        let result = work(ledger);
        (
            result,
            ledger.object("payment_intent", id),
            ledger.take_due(),
        )
    };
    state.dispatch(due);
    match result {
        Err(error) if error.status != 402 => {
            refusal(409, error.field("message").unwrap_or_default())
        }
        _ => HttpResponse::Ok().json(object),
    }
}
