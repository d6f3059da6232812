//! A span of time in a query: `created[gte]`, `[gt]`, `[lte]` and `[lt]`, in RFC 3339 or seconds since 1970, as at Stripe.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// Bounds as they were sent.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Then or later.
    pub gte: Option<String>,
    /// Later.
    pub gt: Option<String>,
    /// Then or before.
    pub lte: Option<String>,
    /// Before.
    pub lt: Option<String>,
}

impl Bounds {
    /// From when on (inclusive) and until when (exclusive). 400 names the bound that cannot be read.
    pub fn span(&self, name: &str) -> Result<(Timestamp, Timestamp), ApiError> {
        // Instants are stored in microseconds.
        let next = |at: Timestamp| {
            at.checked_add(SignedDuration::from_micros(1))
                .unwrap_or(Timestamp::MAX)
        };
        let read = |text: &Option<String>, bound: &str| {
            let Some(text) = text else {
                return Ok(None);
            };
            let param = format!("{name}[{bound}]");
            instant(text).map(Some).ok_or_else(|| {
                let words = "must be an instant like 2026-11-21T12:00:00Z, or seconds since 1970";
                ApiError::malformed("invalid_value", format!("{param} {words}.")).param(param)
            })
        };
        let from = [read(&self.gte, "gte")?, read(&self.gt, "gt")?.map(next)];
        let before = [read(&self.lt, "lt")?, read(&self.lte, "lte")?.map(next)];
        // `PostgreSQL` knows no instants as far away as `jiff` does.
        let from = from.into_iter().flatten().max();
        let before = before.into_iter().flatten().min();
        Ok((
            from.unwrap_or(Timestamp::UNIX_EPOCH),
            before.unwrap_or(Timestamp::MAX),
        ))
    }
}

/// From 1970 to the year 9999, to the microsecond.
fn instant(text: &str) -> Option<Timestamp> {
    let at = match text.parse::<i64>() {
        Ok(seconds) => Timestamp::from_second(seconds).ok()?,
        Err(_) => text.parse::<Timestamp>().ok()?,
    };
    (at >= Timestamp::UNIX_EPOCH)
        .then(|| Timestamp::from_microsecond(at.as_microsecond()).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_rfc_3339_or_seconds() {
        let at = instant("2026-11-21T12:00:00Z").unwrap();
        assert_eq!(instant("1795262400"), Some(at));
        assert_eq!(instant("2026-11-21T13:00:00+01:00"), Some(at));
        for bad in [
            "",
            "now",
            "-1",
            "1969-12-31T23:59:59Z",
            "2026-11-21",
            "9223372036854775807",
            "99999-01-01T00:00:00Z",
        ] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }

    #[test]
    fn bounds_narrow_and_name_the_wrong_one() {
        let bound = |text: &str| Some(text.to_owned());
        let bounds = Bounds {
            gte: bound("10"),
            gt: bound("10"),
            lte: bound("20"),
            lt: bound("30"),
        };
        let (from, before) = bounds.span("received").unwrap();
        assert_eq!(from.as_microsecond(), 10_000_001);
        assert_eq!(before.as_microsecond(), 20_000_001);
        let all = Bounds::default().span("received").unwrap();
        assert_eq!(all, (Timestamp::UNIX_EPOCH, Timestamp::MAX));
        let wrong = Bounds {
            lte: bound("soon"),
            ..Bounds::default()
        };
        let error = wrong.span("received").unwrap_err();
        assert!(error.message().contains("received[lte]"));
    }
}
