//! Waiting for something to happen, so that the page is live without asking again and again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Query;
use serde::Deserialize;
use serde_json::json;

use super::State;

/// An answer comes by then, changed or not: shorter than what browsers and proxies wait for.
const MAX_WAIT: Duration = Duration::from_secs(20);
/// Each open page waits once; beyond this many the answer comes at once.
const MAX_WAITING: usize = 64;

static WAITING: AtomicUsize = AtomicUsize::new(0);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Since {
    /// The revision that is known; absent to learn the present one.
    since: Option<u64>,
}

/// Answers when the revision is another one than is known.
pub(super) async fn wait(state: State, known: Query<Since>) -> HttpResponse {
    let mut revisions = state.revisions();
    let seat = Seat::take();
    if seat.is_some()
        && let Some(since) = known.since
    {
        // Over time, or with the sandbox at its end, the present revision is the answer.
        let _ = tokio::time::timeout(MAX_WAIT, revisions.wait_for(|now| *now != since)).await;
    }
    let revision = *revisions.borrow();
    HttpResponse::Ok().json(json!({ "revision": revision }))
}

/// A place among those that wait; free again when it is dropped, also when the browser leaves.
struct Seat;

impl Seat {
    fn take() -> Option<Self> {
        if WAITING.fetch_add(1, Ordering::Relaxed) < MAX_WAITING {
            return Some(Self);
        }
        WAITING.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}
