//! When to send a request again, and after how long. Pure.

use std::time::Duration;

/// Repetitions after the first attempt. More would feed an outage (Stripe, 2015-12-17 and 2019-07-10).
pub(crate) const MAX_RETRIES: u32 = 2;

/// Longest wait that we take from an answer; a longer one is no reason to wait, but to give up.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

/// Whether an answer asks for the same request again. `hint` is `Stripe-Should-Retry`, which knows
/// better than the status (Stripe, "Low-level error handling").
pub(crate) fn is_worth_repeating(status: u16, code: Option<&str>, hint: Option<bool>) -> bool {
    hint.unwrap_or(matches!(status, 409 | 429 | 500..) || code == Some("lock_timeout"))
}

/// Wait before retry number `retry` (from 0): `base` doubled each time, of which 50 to 100 % by
/// `jitter` (0 to 1), and never less than Stripe asks for.
pub(crate) fn wait(
    base: Duration,
    retry: u32,
    jitter: f64,
    retry_after: Option<Duration>,
) -> Duration {
    let backoff = base.saturating_mul(2_u32.saturating_pow(retry));
    let share = 0.5 + jitter.clamp(0.0, 1.0) / 2.0;
    backoff.mul_f64(share).max(retry_after.unwrap_or_default())
}

/// `Retry-After` (RFC 9110, section 10.2.3) in seconds or as a date, which is measured against the
/// answer's own `Date`, so that our clock plays no part.
pub(crate) fn retry_after(retry_after: Option<&str>, date: Option<&str>) -> Option<Duration> {
    let text = retry_after?.trim();
    let wait = if let Ok(seconds) = text.parse::<u32>() {
        Duration::from_secs(u64::from(seconds))
    } else {
        let until = httpdate::parse_http_date(text).ok()?;
        let now = httpdate::parse_http_date(date?).ok()?;
        until.duration_since(now).unwrap_or_default()
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_limits_and_failures_are_repeated() {
        for status in [409, 429, 500, 502, 503, 504] {
            assert!(is_worth_repeating(status, None, None), "{status}");
        }
        for status in [400, 401, 402, 403, 404] {
            assert!(!is_worth_repeating(status, None, None), "{status}");
        }
        assert!(is_worth_repeating(400, Some("lock_timeout"), None));
    }

    #[test]
    fn stripe_knows_better() {
        assert!(!is_worth_repeating(500, None, Some(false)));
        assert!(!is_worth_repeating(409, Some("lock_timeout"), Some(false)));
        assert!(is_worth_repeating(402, None, Some(true)));
    }

    #[test]
    fn the_wait_doubles_with_jitter_from_half_to_whole() {
        let base = Duration::from_millis(500);
        let at = |retry, jitter| wait(base, retry, jitter, None).as_millis();
        assert_eq!((at(0, 0.0), at(0, 1.0)), (250, 500));
        assert_eq!((at(1, 0.0), at(1, 1.0)), (500, 1000));
    }

    #[test]
    fn stripes_wait_is_a_lower_bound() {
        let base = Duration::from_millis(500);
        assert_eq!(
            wait(base, 0, 1.0, Some(Duration::from_secs(3))),
            Duration::from_secs(3)
        );
        assert_eq!(wait(base, 0, 1.0, Some(Duration::ZERO)), base);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let date = Some("Thu, 09 Oct 2025 08:53:20 GMT");
        assert_eq!(retry_after(Some("7"), None), Some(Duration::from_secs(7)));
        assert_eq!(
            retry_after(Some("Thu, 09 Oct 2025 08:53:25 GMT"), date),
            Some(Duration::from_secs(5))
        );
        assert_eq!(
            retry_after(Some("Thu, 09 Oct 2025 08:53:00 GMT"), date),
            Some(Duration::ZERO)
        );
        assert_eq!(retry_after(Some("4294967295"), None), Some(MAX_RETRY_AFTER));
        for nonsense in ["", "-1", "1.5", "soon", "99999999999999999999"] {
            assert_eq!(retry_after(Some(nonsense), date), None, "{nonsense:?}");
        }
        assert_eq!(
            retry_after(Some("Thu, 09 Oct 2025 08:53:25 GMT"), None),
            None
        );
        assert_eq!(retry_after(None, date), None);
    }
}
