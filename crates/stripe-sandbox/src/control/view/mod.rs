//! `/_sandbox/view`: what the page at `/` reads. Looking neither meets faults nor stands in the request log, and an
//! answer never holds anything of another account or of the other mode.

mod changes;
mod events;
mod objects;

use std::sync::MutexGuard;

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;

use super::{State, refusal};
use crate::state::{Ledger, LedgerKey, World};

/// Rows of a list if nothing is said, and at most.
const PAGE_ROWS: usize = 25;
const MAX_ROWS: usize = 100;
/// A search looks at so many of the newest objects; the lock is not held for longer.
const MAX_LOOKED_AT: usize = 2_000;
/// Nobody searches for more.
const MAX_SEARCH_BYTES: usize = 400;

#[rustfmt::skip]
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/view/changes",      web::get().to(changes::wait))
        .route("/view/objects",      web::get().to(objects::list))
        .route("/view/object",       web::get().to(objects::retrieve))
        .route("/view/events",       web::get().to(events::list))
        .route("/view/event",        web::get().to(events::retrieve));
}

/// Whose things are looked at, and which of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Looking {
    account: String,
    livemode: bool,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    id: String,
    /// Only what has this in it, in any case.
    #[serde(default)]
    search: String,
    /// Only what is older than the object with this id.
    before: Option<String>,
    limit: Option<usize>,
}

impl Looking {
    fn rows(&self) -> usize {
        self.limit.unwrap_or(PAGE_ROWS).clamp(1, MAX_ROWS)
    }

    /// Answers from the ledger that is looked at.
    fn answer(
        &self,
        world: &MutexGuard<'_, World>,
        look: impl FnOnce(&Ledger) -> HttpResponse,
    ) -> HttpResponse {
        if self.search.len() > MAX_SEARCH_BYTES {
            return refusal(422, "the search is too long");
        }
        let key = LedgerKey {
            account_id: self.account.clone(),
            livemode: self.livemode,
        };
        match world.ledgers.get(&key) {
            Some(ledger) => look(ledger),
            None => refusal(404, "there is no such account in this mode"),
        }
    }
}
