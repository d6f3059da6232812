//! The rate limiter: so many requests in a second for each account and mode. Source: Stripe docs, "Rate limits"
//! (there 100 in live mode and 25 in a sandbox). Off unless it is asked for.

use std::collections::HashMap;

use crate::state::LedgerKey;

/// Counts by the second of the sandbox's clock.
#[derive(Default)]
pub(crate) struct Limiter {
    pub(crate) per_second: Option<u32>,
    second: i64,
    counts: HashMap<LedgerKey, u32>,
}

impl Limiter {
    /// Counts a request; false if it is one too many.
    pub(crate) fn admit(&mut self, ledger: &LedgerKey, now: i64) -> bool {
        let Some(most) = self.per_second else {
            return true;
        };
        if self.second != now {
            self.second = now;
            self.counts.clear();
        }
        let count = self.counts.entry(ledger.clone()).or_default();
        *count = count.saturating_add(1);
        *count <= most
    }
}
