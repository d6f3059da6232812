//! When an account's events are listed next. Pure.

use domain::StoreId;
use jiff::{SignedDuration, Timestamp};

/// How often an account is listed where nothing makes it urgent.
pub(super) const USUAL: SignedDuration = SignedDuration::from_mins(5);

/// Longest pause after failures: somebody may be waiting for Stripe to come back.
const MAX_BACKOFF: SignedDuration = SignedDuration::from_mins(15);

/// How often the events of an account are listed; `None` for never.
///
/// An account that was replaced still gets the events of what it took: checkouts of the last day, then slow bank transfers
/// and authorisations. Stripe has none that is older than 30 days.
pub(super) fn interval(
    usual: SignedDuration,
    replaced_at: Option<Timestamp>,
    now: Timestamp,
) -> Option<SignedDuration> {
    let Some(replaced_at) = replaced_at else {
        return Some(usual);
    };
    match now.duration_since(replaced_at) {
        age if age < SignedDuration::from_hours(48) => Some(usual),
        age if age < SignedDuration::from_hours(30 * 24) => {
            Some(usual.max(SignedDuration::from_hours(1)))
        }
        _ => None,
    }
}

/// The next run after one that went well: at most `interval` away. Each store has its own place in the interval, so that all
/// of them are spread over it, whenever they began.
pub(super) fn next(store_id: StoreId, interval: SignedDuration, now: Timestamp) -> Timestamp {
    let period_us = micros(interval).max(1);
    // The low bits of an id are random.
    let low = store_id.as_uuid().as_u128() & u128::from(u32::MAX);
    let place_us = i64::try_from(low).unwrap_or_default() % period_us;
    let gone_us = (now.as_microsecond() - place_us).rem_euclid(period_us);
    later(now, period_us - gone_us)
}

/// The next run after a failure: doubles with each in a row, with a jitter of half of it, and is never earlier than Stripe
/// asks for.
pub(super) fn after_failure(
    interval: SignedDuration,
    earlier_failures: i64,
    retry_after: Option<SignedDuration>,
    jitter: f64,
    now: Timestamp,
) -> Timestamp {
    let doublings = u32::try_from(earlier_failures).unwrap_or(0).min(16);
    let longest_us = micros(MAX_BACKOFF.max(interval));
    let full_us = micros(interval)
        .saturating_mul(1 << doublings)
        .min(longest_us);
    let half = SignedDuration::from_micros(full_us / 2);
    let pause = half + half.mul_f64(jitter.clamp(0.0, 1.0));
    later(now, micros(pause.max(retry_after.unwrap_or_default())))
}

fn micros(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn later(now: Timestamp, by_us: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_micros(by_us))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn minutes(from: Timestamp, to: Timestamp) -> i64 {
        to.duration_since(from).as_mins()
    }

    #[test]
    fn stores_are_spread_over_the_interval_and_keep_their_place() {
        let mut in_fifth = [0; 5];
        for _ in 0..1000 {
            let store_id = StoreId::generate();
            let first = next(store_id, USUAL, now());
            let pause = first.duration_since(now());
            assert!(pause > SignedDuration::ZERO && pause <= USUAL);
            in_fifth[usize::try_from((pause.as_millis() - 1) / 60_000).unwrap()] += 1;
            assert_eq!(next(store_id, USUAL, first), first + USUAL);
            let little_later = first + SignedDuration::from_secs(7);
            assert_eq!(next(store_id, USUAL, little_later), first + USUAL);
        }
        assert!(in_fifth.iter().all(|count| *count > 120), "{in_fifth:?}");
    }

    #[test]
    fn failures_double_the_pause_up_to_a_quarter_of_an_hour() {
        let pause =
            |failures, jitter| minutes(now(), after_failure(USUAL, failures, None, jitter, now()));
        assert_eq!([pause(0, 0.0), pause(0, 1.0)], [2, 5]);
        assert_eq!([pause(1, 0.0), pause(1, 1.0)], [5, 10]);
        assert_eq!([pause(2, 1.0), pause(1000, 1.0)], [15, 15]);
        let asked = Some(SignedDuration::from_hours(2));
        assert_eq!(
            minutes(now(), after_failure(USUAL, 0, asked, 0.0, now())),
            120
        );
        let day = SignedDuration::from_hours(24);
        assert_eq!(
            minutes(now(), after_failure(day, 3, None, 1.0, now())),
            24 * 60
        );
    }

    #[test]
    fn a_replaced_account_is_asked_less_and_less() {
        let since = |hours| {
            interval(
                USUAL,
                Some(now() - SignedDuration::from_hours(hours)),
                now(),
            )
        };
        assert_eq!(interval(USUAL, None, now()), Some(USUAL));
        assert_eq!(since(1), Some(USUAL));
        assert_eq!(since(48), Some(SignedDuration::from_hours(1)));
        assert_eq!(since(30 * 24), None);
    }
}
