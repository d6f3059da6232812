//! Billing periods: calendar steps from an anchor, in UTC.
//! Source: Stripe docs, "Set the subscription billing renewal date": a month that lacks the anchor's
//! day ends on its last one, and the next has the day again.

use jiff::{Span, Timestamp, tz::TimeZone};
use serde_json::Value;

use crate::state::Document;

pub(crate) const HOUR: i64 = 60 * 60;
pub(crate) const DAY: i64 = 24 * HOUR;

/// How often a price is charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interval {
    /// `day`, `week`, `month`, `year`
    pub(crate) unit: String,
    pub(crate) count: i64,
}

impl Interval {
    /// A recurring price's.
    pub(crate) fn of(price: &Document) -> Option<Self> {
        let recurring = price.get("recurring")?.as_object()?;
        Some(Self {
            unit: recurring.get("interval")?.as_str()?.to_owned(),
            count: recurring
                .get("interval_count")
                .and_then(Value::as_i64)
                .unwrap_or(1),
        })
    }

    /// The time `steps` intervals after `from`.
    pub(crate) fn after(&self, from: i64, steps: i64) -> i64 {
        let n = self.count.saturating_mul(steps);
        let span = match self.unit.as_str() {
            "day" => Span::new().try_days(n),
            "week" => Span::new().try_weeks(n),
            "year" => Span::new().try_years(n),
            _ => Span::new().try_months(n),
        };
        let start = Timestamp::from_second(from).unwrap_or_default();
        let moved = span.and_then(|span| start.to_zoned(TimeZone::UTC).checked_add(span));
        moved.map_or(i64::MAX, |moved| moved.timestamp().as_second())
    }

    /// The first boundary after `time`, counted from the anchor.
    pub(crate) fn boundary_after(&self, anchor: i64, time: i64) -> i64 {
        if time < anchor {
            return anchor;
        }
        let mut steps = (time - anchor) / self.longest().max(1);
        loop {
            let boundary = self.after(anchor, steps);
            if boundary > time {
                return boundary;
            }
            steps += 1;
        }
    }

    /// No interval of this kind takes longer, in seconds.
    fn longest(&self) -> i64 {
        let days = match self.unit.as_str() {
            "day" => 1,
            "week" => 7,
            "year" => 366,
            _ => 31,
        };
        self.count.saturating_mul(days * DAY)
    }

    /// `month`, `3 months`: what stands behind "at €5.00 /" or "every".
    pub(crate) fn words(&self) -> String {
        if self.count == 1 {
            format!("/ {}", self.unit)
        } else {
            format!("every {} {}s", self.count, self.unit)
        }
    }
}

/// `21 Nov 2026`, as in the descriptions of prorations.
pub(crate) fn date_words(time: i64) -> String {
    let time = Timestamp::from_second(time).unwrap_or_default();
    time.strftime("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn the_anchors_day_comes_back_after_a_short_month() {
        let month = Interval {
            unit: "month".to_owned(),
            count: 1,
        };
        let anchor = seconds("2026-01-31T10:00:00Z");
        let february = month.boundary_after(anchor, anchor);
        assert_eq!(february, seconds("2026-02-28T10:00:00Z"));
        let march = month.boundary_after(anchor, february);
        assert_eq!(march, seconds("2026-03-31T10:00:00Z"));
        assert_eq!(month.boundary_after(anchor, anchor - 5), anchor);
    }

    #[test]
    fn longer_intervals_step_from_the_anchor() {
        let unit = |unit: &str, count| Interval {
            unit: unit.to_owned(),
            count,
        };
        let anchor = seconds("2024-02-29T00:00:00Z");
        let year = unit("year", 1).boundary_after(anchor, anchor);
        assert_eq!(year, seconds("2025-02-28T00:00:00Z"));
        let weeks = unit("week", 2).boundary_after(anchor, anchor + 20 * DAY);
        assert_eq!(weeks, anchor + 28 * DAY);
        assert_eq!(unit("month", 3).words(), "every 3 months");
        assert_eq!(date_words(anchor), "29 Feb 2024");
    }
}
