//! The shield against card testing: budgets on the routes that let a shopper begin a payment, and a slower pace at a store
//! while somebody tries stolen cards there ([`crate::work::card_testing`] finds out).
//!
//! Budgets are in the memory of this process, which never grows: several gateways have as many times the budgets. Whether a
//! store is tested stands in the database, so all gateways slow down together. Calls with an API key are the merchant's own
//! and are never refused here.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use domain::address::{of_caller, of_household};
use domain::budget::{Allowance, Table};
use domain::connection_problem::ConnectionProblem;
use domain::{Mode, StoreId};

use crate::app::App;
use crate::error::ApiError;

/// Buckets that are remembered, of 16 bytes each.
const BUCKETS: usize = 65_536;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Budget {
    /// One address at one store. An office, a school or a mobile network shares one: a thousand payments an hour, each with
    /// some clicks, are honest.
    Address,
    /// One cart, order or link. A shopper changes the cart, comes back, tries another card, and reloads the page.
    Purchase,
    /// One address at a store that is being tested.
    AddressWhileTested,
    /// All shoppers together of a store that is being tested.
    StoreWhileTested,
}

impl Budget {
    const fn allowance(self) -> Allowance {
        let (burst, every_ms) = match self {
            Self::Address => (60, 1000),
            Self::Purchase => (30, 60_000),
            Self::AddressWhileTested => (3, 60_000),
            Self::StoreWhileTested => (20, 3000),
        };
        Allowance { burst, every_ms }
    }
}

/// The budgets of all callers.
#[derive(Debug)]
pub struct Shield {
    /// `None` where the operator switched limits off.
    table: Option<Mutex<Table>>,
    /// Keyed with secrets of this process: nobody can choose a key that pushes out another.
    hasher: RandomState,
    scale: f64,
}

impl Shield {
    /// Budgets times `scale` (`RATE_LIMIT_SCALE`); none at 0.
    pub fn new(scale: f64) -> Self {
        Self {
            table: (scale > 0.0).then(|| Mutex::new(Table::new(BUCKETS))),
            hasher: RandomState::new(),
            scale,
        }
    }

    /// 429 where the budget is used up.
    fn take(
        &self,
        budget: Budget,
        store_id: StoreId,
        whose: impl Hash,
        now_ms: i64,
    ) -> Result<(), ApiError> {
        let Some(table) = &self.table else {
            return Ok(());
        };
        let key = self.hasher.hash_one((budget, store_id, whose));
        let allowance = scaled(budget.allowance(), self.scale);
        let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = table.take(key, allowance, now_ms);
        taken.map_err(too_many_attempts)
    }
}

fn scaled(allowance: Allowance, scale: f64) -> Allowance {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small number times a RATE_LIMIT_SCALE of at most 1000, or divided by one of at least 0.01; a cast saturates"
    )]
    let times = |number: u32, scale: f64| ((f64::from(number) * scale).ceil() as u32).max(1);
    Allowance {
        burst: times(allowance.burst, scale),
        every_ms: times(allowance.every_ms, 1.0 / scale),
    }
}

/// A shopper's call that is to begin a payment. Ask before anything is read or written for it.
pub fn admit_caller(app: &App, request: &HttpRequest, store_id: StoreId) -> Result<(), ApiError> {
    let now_ms = app.now().as_millisecond();
    let caller = caller(app, request);
    app.shield.take(Budget::Address, store_id, caller, now_ms)
}

/// The same call, once it is known what is to be paid: a cart, an order or a payment link that exists. Ask before Stripe is
/// asked.
pub async fn admit_payment(
    app: &App,
    request: &HttpRequest,
    store_id: StoreId,
    mode: Mode,
    purchase: impl Hash,
) -> Result<(), ApiError> {
    let (shield, now_ms) = (&app.shield, app.now().as_millisecond());
    shield.take(Budget::Purchase, store_id, purchase, now_ms)?;
    let mut conn = app.db.read().await?;
    let problem = ConnectionProblem::CardTesting;
    let is_tested = db::connection_problems::is_open(&mut conn, store_id, mode, problem).await?;
    drop(conn);
    if is_tested {
        // The address first: one that asks too often takes nothing from the others.
        let caller = caller(app, request);
        shield.take(Budget::AddressWhileTested, store_id, caller, now_ms)?;
        shield.take(Budget::StoreWhileTested, store_id, mode, now_ms)?;
    }
    Ok(())
}

/// Whom the request comes from. Without an address, which only a test's request has not, all are one.
fn caller(app: &App, request: &HttpRequest) -> Option<IpAddr> {
    const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
    let peer = request.peer_addr()?.ip();
    let trusted = &app.settings.trusted_proxies;
    if trusted.is_empty() {
        return Some(of_household(peer));
    }
    let lines = request.headers().get_all(X_FORWARDED_FOR);
    let lines: Vec<&str> = lines
        .map(|line| line.to_str().unwrap_or_default())
        .collect();
    let entries = lines.iter().flat_map(|line| line.split(','));
    Some(of_household(of_caller(peer, entries, trusted)))
}

/// 429: in words that a storefront may show to an honest shopper.
fn too_many_attempts(wait_ms: i64) -> ApiError {
    let seconds = wait_ms.saturating_add(999) / 1000;
    ApiError::too_many_attempts(u64::try_from(seconds).unwrap_or(1).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_795_000_000_000;
    const HOUR_MS: i64 = 3_600_000;

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    #[test]
    fn a_thousand_honest_payments_an_hour_behind_one_address_pass() {
        let (shield, store_id) = (Shield::new(1.0), StoreId::generate());
        for payment in 0..1000_i64 {
            let begun = NOW_MS + payment * HOUR_MS / 1000;
            // The order's page asks, a decline, and another card.
            for click in 0..3 {
                let now_ms = begun + click;
                let one = shield.take(Budget::Address, store_id, address(1), now_ms);
                let two = shield.take(Budget::Purchase, store_id, payment, now_ms);
                assert!(one.is_ok() && two.is_ok(), "{payment}");
            }
        }
        // All of them at the same second of a newsletter, from addresses of their own.
        for payment in 0..1000 {
            let taken = shield.take(Budget::Address, store_id, address(2 + payment), NOW_MS);
            assert!(taken.is_ok(), "{payment}");
        }
    }

    #[test]
    fn a15_whoever_tries_a_thousand_times_a_minute_is_told_to_wait() {
        let (shield, store_id) = (Shield::new(1.0), StoreId::generate());
        let tries = (0..1000).map(|number| NOW_MS + number * 60);
        let refused: Vec<ApiError> = tries
            .filter_map(|now_ms| {
                shield
                    .take(Budget::Address, store_id, address(1), now_ms)
                    .err()
            })
            .collect();
        assert!(refused.len() > 800, "{}", refused.len());
        assert_eq!(
            (refused[0].status().as_u16(), refused[0].code()),
            (429, "too_many_attempts")
        );
        let other = shield.take(Budget::Address, StoreId::generate(), address(1), NOW_MS);
        assert!(other.is_ok(), "another store's budget is its own");
    }

    #[test]
    fn the_scale_multiplies_and_zero_is_off() {
        let one = Budget::Purchase.allowance();
        let Allowance { burst, every_ms } = scaled(one, 2.0);
        assert_eq!((burst, every_ms), (60, 30_000));
        let Allowance { burst, every_ms } = scaled(one, 0.01);
        assert_eq!((burst, every_ms), (1, 6_000_000));
        let off = Shield::new(0.0);
        let store_id = StoreId::generate();
        assert!((0..1000).all(|_| off.take(Budget::Purchase, store_id, 1, NOW_MS).is_ok()));
    }
}
