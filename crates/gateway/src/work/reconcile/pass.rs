//! A pass over an account's events since the last complete one, from the newest backwards, page by page. Where it is cut
//! short, the next run goes on.

use db::reconcile_cursors::{self, Cursor, Pass};
use jiff::{SignedDuration, Timestamp};
use stripe_http::Error as StripeError;

use super::page::{self, Failure, Page};
use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;

/// Stripe does not show all events in the order of their `created`, and its grain is a second: what is this much older than
/// the newest that we have seen is listed again.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// Before a connection's first moment there is nothing of ours; our clock may be ahead of Stripe's by less than this.
const BEFORE_CONNECT: SignedDuration = SignedDuration::from_hours(1);

/// How far the clocks of gateways on one database may be apart, generously.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

/// Stripe lists events for this long (API reference, "List all events").
const LISTED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A run ends after this long and goes on in its next turn, so that a long pass does not keep others waiting, and its lease
/// does not run out.
const TURN: SignedDuration = SignedDuration::from_secs(60);

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Everything up to now is in the inbox.
    Complete,
    /// There is more, in the next turn.
    Paused,
    /// Another run has moved the cursor: this one lost its lease.
    Overtaken,
}

/// Goes on with the pass that is under way, or begins one.
pub(super) async fn run(app: &App, stripe: &StoreStripe) -> Result<Ended, Failure> {
    let began = app.now();
    let mut cursor = find_or_start(app, stripe).await?;
    loop {
        let since = back(cursor.seen_until, OVERLAP);
        let after = cursor.pass.as_ref().map(|pass| pass.after.as_str());
        let (moved, is_complete) = match page::take(app, stripe, since, after).await {
            Ok(page) => {
                tell(stripe, &page);
                (after_page(&cursor, &page, app.now()), page.next.is_none())
            }
            // Stripe has forgotten the event from which to go on: it is older than 30 days.
            Err(Failure::Stripe(error)) if after.is_some() && is_missing(&error) => {
                let seen_until = cursor.seen_until;
                let pass = None;
                (Cursor { seen_until, pass }, false)
            }
            Err(failure) => return Err(failure),
        };
        if moved != cursor && !advance(app, stripe, &cursor, &moved).await? {
            return Ok(Ended::Overtaken);
        }
        if is_complete {
            return Ok(Ended::Complete);
        }
        if app.now().duration_since(began) > TURN {
            return Ok(Ended::Paused);
        }
        cursor = moved;
    }
}

fn tell(stripe: &StoreStripe, page: &Page) {
    if page.new > 0 {
        let (store_id, account_id) = (stripe.store_id, &stripe.connection.account_id);
        let (listed, new) = (page.listed, page.new);
        tracing::info!(%store_id, %account_id, listed, new, "found events that no webhook told of");
    }
}

async fn find_or_start(app: &App, stripe: &StoreStripe) -> Result<Cursor, ApiError> {
    let (store_id, connection) = (stripe.store_id, &stripe.connection);
    let (mode, account_id) = (connection.mode, &connection.account_id);
    let now = app.now();
    let mut conn = app.db.read().await?;
    let found = reconcile_cursors::find(&mut conn, store_id, mode, account_id).await?;
    drop(conn);
    // Nobody has seen what is yet to come: our clock was ahead when that was noted, and what was seen is not known.
    let is_credible = |instant: Timestamp| back(instant, CLOCKS_APART) <= now;
    if let Some(cursor) = found {
        if is_credible(cursor.seen_until) {
            return Ok(cursor);
        }
        let restarted = Cursor {
            seen_until: back(now, LISTED),
            pass: None,
        };
        advance(app, stripe, &cursor, &restarted).await?;
        // Should somebody else have moved it, this run moves it no more.
        return Ok(restarted);
    }
    let start = if is_credible(connection.connected_at) {
        back(connection.connected_at, BEFORE_CONNECT)
    } else {
        back(now, LISTED)
    };
    let mut tx = app.db.begin().await?;
    reconcile_cursors::start(&mut tx, store_id, mode, account_id, start).await?;
    tx.commit().await?;
    // Should two have begun it at once, the other's differs by nothing that matters, and only one can move it.
    Ok(Cursor {
        seen_until: start,
        pass: None,
    })
}

/// Where the cursor stands once a page is stored.
fn after_page(cursor: &Cursor, page: &Page, now: Timestamp) -> Cursor {
    let until = match &cursor.pass {
        Some(pass) => pass.until,
        // The first page has the newest. By Stripe's clock, so that ours may be wrong; but nothing is seen that is yet to come.
        None => page
            .newest
            .map_or(cursor.seen_until, |newest| newest.min(now))
            .max(cursor.seen_until),
    };
    match &page.next {
        Some(after) => Cursor {
            seen_until: cursor.seen_until,
            pass: Some(Pass {
                until,
                after: after.clone(),
            }),
        },
        None => Cursor {
            seen_until: until,
            pass: None,
        },
    }
}

async fn advance(
    app: &App,
    stripe: &StoreStripe,
    from: &Cursor,
    to: &Cursor,
) -> Result<bool, ApiError> {
    let (mode, account_id) = (stripe.connection.mode, &stripe.connection.account_id);
    let mut tx = app.db.begin().await?;
    let moved =
        reconcile_cursors::advance(&mut tx, stripe.store_id, mode, account_id, from, to).await?;
    tx.commit().await?;
    Ok(moved)
}

fn is_missing(error: &StripeError) -> bool {
    let code = error.api_error().and_then(|error| error.code.as_deref());
    matches!(error, StripeError::NotFound(_)) || code == Some("resource_missing")
}

fn back(instant: Timestamp, by: SignedDuration) -> Timestamp {
    instant.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn page(newest: Option<i64>, next: Option<&str>) -> Page {
        Page {
            listed: 0,
            new: 0,
            newest: newest.map(at),
            next: next.map(str::to_owned),
        }
    }

    fn complete(second: i64) -> Cursor {
        Cursor {
            seen_until: at(second),
            pass: None,
        }
    }

    #[test]
    fn a_pass_ends_where_its_first_page_began() {
        let first = after_page(&complete(10), &page(Some(90), Some("evt_60")), at(100));
        let under_way = |after: &str| Cursor {
            seen_until: at(10),
            pass: Some(Pass {
                until: at(90),
                after: after.to_owned(),
            }),
        };
        assert_eq!(first, under_way("evt_60"));
        let second = after_page(&first, &page(Some(59), Some("evt_30")), at(300));
        assert_eq!(second, under_way("evt_30"));
        assert_eq!(
            after_page(&second, &page(Some(29), None), at(300)),
            complete(90)
        );
    }

    #[test]
    fn the_cursor_follows_stripes_clock_and_never_goes_back() {
        let moved = |newest| after_page(&complete(50), &page(newest, None), at(100));
        assert_eq!(
            moved(None),
            complete(50),
            "nothing was made: nothing is known"
        );
        assert_eq!(moved(Some(60)), complete(60));
        assert_eq!(moved(Some(45)), complete(50), "from the overlap");
        assert_eq!(moved(Some(5000)), complete(100), "of a test clock");
    }
}
