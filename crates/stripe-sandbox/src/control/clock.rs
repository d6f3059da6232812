//! `/_sandbox/clock`: an account's time, moved ahead without waiting.

use actix_web::HttpResponse;
use actix_web::web::{Json, Query};
use serde::Deserialize;
use serde_json::json;

use super::{State, refusal};

/// One step is at most two years, as Stripe's test clocks have it.
const MAX_ADVANCE: i64 = 2 * 366 * 24 * 60 * 60;
/// All steps together stay within what timestamps can say.
const MAX_OFFSET: i64 = 100 * MAX_ADVANCE;

/// An account in one of its modes.
#[derive(Deserialize)]
pub(super) struct Whose {
    account: String,
    #[serde(default)]
    livemode: bool,
}

/// How far an account's time moves.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    account: String,
    #[serde(default)]
    livemode: bool,
    #[serde(rename = "advance_seconds")]
    seconds: i64,
}

/// Moves the account's time: renewals, retries and expiries happen as if it had passed.
pub(super) async fn advance(state: State, advance: Json<Advance>) -> HttpResponse {
    if !(1..=MAX_ADVANCE).contains(&advance.seconds) {
        let message = format!("advance_seconds must be between 1 and {MAX_ADVANCE}");
        return refusal(422, &message);
    }
    let whose = Whose {
        account: advance.account.clone(),
        livemode: advance.livemode,
    };
    at(&state, &whose, advance.seconds)
}

/// What time it is for the account.
pub(super) async fn show(state: State, whose: Query<Whose>) -> HttpResponse {
    at(&state, &whose, 0)
}

fn at(state: &State, whose: &Whose, seconds: i64) -> HttpResponse {
    let origin = state.origin(None, None);
    let (now, offset, due) = {
        let mut world = state.world();
        let found = world.holder(|ledger| {
            ledger.spec.account_id == whose.account && ledger.livemode == whose.livemode
        });
        let Some(ledger) = found else {
            return refusal(404, "there is no such account in this mode");
        };
        let offset = &mut ledger.billing.offset_seconds;
        *offset = offset.saturating_add(seconds).min(MAX_OFFSET);
        let offset = *offset;
        let now = ledger.catch_up(origin).now;
        (now, offset, ledger.take_due())
    };
    state.dispatch(due);
    HttpResponse::Ok().json(json!({
        "account": whose.account, "now": now, "offset_seconds": offset,
    }))
}
