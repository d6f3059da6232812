//! How fast each store may be asked: budgets per store, in the memory of this process.
//!
//! A store's flood stays its own. Budgets are keyed on the store only, never on the caller's address: behind a proxy
//! that is the proxy's, and `X-Forwarded-For` is whatever a caller writes while no trusted proxy can be named. So
//! whoever floods a store slows that store. Reads of our own records are cheap and Stripe's webhooks must not wait: neither is limited.
//! With several gateways each has these budgets.
//!
//! What we ask Stripe of our own accord has a budget too, per account, which is what Stripe counts by. It is small, so that
//! shoppers are never the ones who wait.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, web};
use domain::StoreId;
use governor::clock::Clock;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::app::App;
use crate::error::ApiError;
use crate::guards::sha256_hex;

/// What a store may do so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// `POST /payment-intents` and `POST /payment-links`.
    PaymentIntents,
    /// Reads that ask Stripe: an order or payment that is not paid yet, and the page after payment.
    StripeReads,
    /// Every other write of the store API.
    Writes,
    /// `POST /stripe/connect`, by whoever holds a connect token.
    ConnectKeys,
}

impl Budget {
    /// So often a second, and so many at once after a rest.
    const fn allowance(self) -> (f64, u32) {
        match self {
            // Each is up to three calls to Stripe, which allows an account 25 a second in test mode ("Rate limits" in
            // Stripe's documentation). The burst is a shop whose newsletter has just gone out.
            Self::PaymentIntents => (5.0, 100),
            // One call to Stripe each. Whoever asks more often gets our record as it is.
            Self::StripeReads => (5.0, 50),
            // A transaction each. One store may take a tenth of what SQLite writes durably; the burst is an import.
            Self::Writes => (20.0, 200),
            // A person pastes keys, and mistypes a few times. Whoever tries out stolen keys needs more.
            Self::ConnectKeys => (1.0 / 3.0, 20),
        }
    }
}

/// Every store's budgets.
#[derive(Debug)]
pub struct RateLimits {
    payment_intents: Option<Buckets<StoreId>>,
    stripe_reads: Option<Buckets<StoreId>>,
    writes: Option<Buckets<StoreId>>,
    connect_keys: Option<Buckets<StoreId>>,
    links: Option<Buckets<String>>,
    own_accord: Option<Buckets<String>>,
}

impl RateLimits {
    /// Budgets times `scale` (`RATE_LIMIT_SCALE`); none at 0.
    pub fn new(scale: f64) -> Self {
        let buckets = |budget: Budget| quota(budget.allowance(), scale).map(Buckets::new);
        Self {
            payment_intents: buckets(Budget::PaymentIntents),
            stripe_reads: buckets(Budget::StripeReads),
            writes: buckets(Budget::Writes),
            connect_keys: buckets(Budget::ConnectKeys),
            links: quota(PER_LINK, scale).map(Buckets::new),
            own_accord: quota(OWN_ACCORD, scale).map(Buckets::new),
        }
    }

    /// Takes one from a store's budget; 429 with the seconds until there is one again if it is used up.
    pub fn check(&self, budget: Budget, store_id: StoreId) -> Result<(), ApiError> {
        let buckets = match budget {
            Budget::PaymentIntents => &self.payment_intents,
            Budget::StripeReads => &self.stripe_reads,
            Budget::Writes => &self.writes,
            Budget::ConnectKeys => &self.connect_keys,
        };
        buckets
            .as_ref()
            .map_or(Ok(()), |buckets| buckets.check(&store_id))
            .map_err(|wait| ApiError::rate_limited(whole_seconds(wait)))
    }

    /// As [`RateLimits::check`], for whoever holds this payment link's token.
    pub fn check_link(&self, token: &str) -> Result<(), ApiError> {
        self.links
            .as_ref()
            .map_or(Ok(()), |buckets| buckets.check(&sha256_hex(token)))
            .map_err(|wait| ApiError::rate_limited(whole_seconds(wait)))
    }

    /// Whether we may ask Stripe about this account now, of our own accord; takes one from the budget if so.
    pub fn may_ask(&self, account_id: &str) -> bool {
        self.own_accord
            .as_ref()
            .is_none_or(|buckets| buckets.check(&account_id.to_owned()).is_ok())
    }

    /// Waits until we may ask Stripe about this account, of our own accord.
    pub async fn until_may_ask(&self, account_id: &str) {
        let Some(buckets) = &self.own_accord else {
            return;
        };
        let account_id = account_id.to_owned();
        while let Err(wait) = buckets.check(&account_id) {
            tokio::time::sleep(wait).await;
        }
    }
}

/// A fifth of the 25 calls a second that Stripe allows an account in test mode, and so many at once after a rest.
const OWN_ACCORD: (f64, u32) = (5.0, 10);

/// A payment link: each call is up to five calls to Stripe. The burst is a page that is opened in many tabs.
const PER_LINK: (f64, u32) = (2.0, 100);

/// Wraps the API of payment links: how many links there are, is limited with the store's payments.
pub async fn limit_links(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, Error> {
    let checked = match (
        request.app_data::<web::Data<App>>(),
        request.match_info().get("link_token"),
    ) {
        (Some(app), Some(token)) => app.rate_limits.check_link(token),
        _ => Ok(()),
    };
    match checked {
        Ok(()) => Ok(next.call(request).await?.map_into_left_body()),
        Err(error) => Ok(request.error_response(error).map_into_right_body()),
    }
}

/// Wraps the store API.
pub async fn limit_store_api(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, Error> {
    match check_write(&request) {
        Ok(()) => Ok(next.call(request).await?.map_into_left_body()),
        // Rendered here, inside the CORS headers and the request's id.
        Err(error) => Ok(request.error_response(error).map_into_right_body()),
    }
}

fn check_write(request: &ServiceRequest) -> Result<(), ApiError> {
    let store_id = request
        .match_info()
        .get("store_id")
        .and_then(|id| id.parse::<StoreId>().ok());
    let (Some(app), Some(store_id)) = (request.app_data::<web::Data<App>>(), store_id) else {
        return Ok(());
    };
    if request.method().is_safe() {
        return Ok(());
    }
    // The path below the store, decoded as the router sees it.
    let is_payment = request.method() == Method::POST
        && matches!(
            request.match_info().unprocessed(),
            "/payment-intents" | "/payment-links"
        );
    let budget = if is_payment {
        Budget::PaymentIntents
    } else {
        Budget::Writes
    };
    app.rate_limits.check(budget, store_id)
}

/// A bucket per store, or per account.
#[derive(Debug)]
struct Buckets<K: Clone + Eq + Hash> {
    limiter: DefaultKeyedRateLimiter<K>,
    checks: AtomicU64,
}

impl<K: Clone + Eq + Hash> Buckets<K> {
    /// Full buckets are forgotten every so many checks. Ids are made up at will, so this bounds the memory: a bucket
    /// that was used once is full again within seconds.
    const SWEEP_EVERY: u64 = 4096;

    fn new(quota: Quota) -> Self {
        Self {
            limiter: RateLimiter::keyed(quota),
            checks: AtomicU64::new(0),
        }
    }

    /// How long to wait, where the bucket is empty.
    fn check(&self, key: &K) -> Result<(), Duration> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % Self::SWEEP_EVERY == Self::SWEEP_EVERY - 1
        {
            self.limiter.retain_recent();
        }
        self.limiter
            .check_key(key)
            .map_err(|not_until| not_until.wait_time_from(self.limiter.clock().now()))
    }
}

fn quota((per_second, burst): (f64, u32), scale: f64) -> Option<Quota> {
    let period = Duration::try_from_secs_f64(1.0 / (per_second * scale)).ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 200 times the largest RATE_LIMIT_SCALE, which is 1000; a cast saturates"
    )]
    let burst = NonZeroU32::new((f64::from(burst) * scale).ceil() as u32)?;
    Some(Quota::with_period(period)?.allow_burst(burst))
}

/// `Retry-After` is in whole seconds; 0 would invite to try at once.
fn whole_seconds(wait: Duration) -> u64 {
    let started = u64::from(wait.subsec_nanos() > 0);
    (wait.as_secs() + started).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGETS: [Budget; 3] = [Budget::PaymentIntents, Budget::Writes, Budget::ConnectKeys];

    #[test]
    fn the_scale_multiplies_rate_and_burst_and_zero_is_off() {
        let scaled = |scale| {
            quota(Budget::Writes.allowance(), scale)
                .map(|quota| (quota.burst_size().get(), quota.replenish_interval()))
        };
        assert_eq!(scaled(1.0), Some((200, Duration::from_millis(50))));
        assert_eq!(scaled(2.0), Some((400, Duration::from_millis(25))));
        assert_eq!(scaled(0.001), Some((1, Duration::from_secs(50))));
        assert_eq!(scaled(0.0), None);
        for budget in BUDGETS {
            let allowance = budget.allowance();
            assert!(quota(allowance, 1000.0).is_some() && quota(allowance, 0.01).is_some());
        }
    }

    #[tokio::test]
    async fn what_we_ask_of_our_own_accord_waits_for_its_account_only() {
        let limits = RateLimits::new(1.0);
        let asked = (0..1000).take_while(|_| limits.may_ask("acct_A")).count();
        assert!((10..1000).contains(&asked), "{asked}");
        assert!(limits.may_ask("acct_B"));
        limits.until_may_ask("acct_A").await;
        assert!((0..1000).all(|_| RateLimits::new(0.0).may_ask("acct_A")));
    }

    #[test]
    fn a_used_up_budget_is_that_stores_and_that_budgets_own() {
        let limits = RateLimits::new(1.0);
        let (flooded, other) = (StoreId::generate(), StoreId::generate());
        // A third of a request per second: none comes back while this test runs.
        let refused = (0..100)
            .filter_map(|_| limits.check(Budget::ConnectKeys, flooded).err())
            .last()
            .unwrap();
        assert_eq!(
            (refused.status().as_u16(), refused.code()),
            (429, "rate_limit")
        );
        assert!(limits.check(Budget::ConnectKeys, other).is_ok());
        assert!(limits.check(Budget::Writes, flooded).is_ok());
    }

    #[test]
    fn without_a_scale_nothing_is_refused() {
        let limits = RateLimits::new(0.0);
        let store_id = StoreId::generate();
        for budget in BUDGETS {
            assert!((0..1000).all(|_| limits.check(budget, store_id).is_ok()));
        }
    }

    #[test]
    fn made_up_stores_do_not_pile_up() {
        // A bucket that was used once is full again after a microsecond.
        let quota = Quota::with_period(Duration::from_micros(1)).unwrap();
        let buckets = Buckets::new(quota.allow_burst(NonZeroU32::new(100).unwrap()));
        let asked = 10 * Buckets::<StoreId>::SWEEP_EVERY;
        for _ in 0..asked {
            assert!(buckets.check(&StoreId::generate()).is_ok());
        }
        assert!(
            buckets.limiter.len() as u64 <= Buckets::<StoreId>::SWEEP_EVERY + 1,
            "{}",
            buckets.limiter.len()
        );
    }

    #[test]
    fn retry_after_is_rounded_up_and_never_zero() {
        for (wait_ms, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (2999, 3)] {
            assert_eq!(whole_seconds(Duration::from_millis(wait_ms)), seconds);
        }
    }
}
