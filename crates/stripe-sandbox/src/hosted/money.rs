//! Amounts and intervals as customers read them.

use serde_json::Value;

use crate::currencies;

/// `€25.00`, `¥2,500`, `CHF 12.50`.
pub(super) fn amount(minor: i64, currency: &str) -> String {
    let decimals = currencies::decimals(currency);
    let sign = match currency {
        "usd" => "$",
        "eur" => "€",
        "gbp" => "£",
        "jpy" => "¥",
        "inr" => "₹",
        "krw" => "₩",
        _ => "",
    };
    let sign = if sign.is_empty() {
        format!("{} ", currency.to_uppercase())
    } else {
        sign.to_owned()
    };
    let unit = 10_i64.pow(decimals);
    let whole = grouped(minor.abs() / unit);
    let minus = if minor < 0 { "-" } else { "" };
    if decimals == 0 {
        return format!("{minus}{sign}{whole}");
    }
    let width = usize::try_from(decimals).unwrap_or_default();
    format!("{minus}{sign}{whole}.{:0width$}", minor.abs() % unit)
}

fn grouped(whole: i64) -> String {
    let digits = whole.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `per month`, `every 3 months`; nothing for what is paid once.
pub(super) fn interval(recurring: &Value) -> Option<String> {
    let interval = recurring["interval"].as_str()?;
    Some(match recurring["interval_count"].as_i64() {
        Some(count) if count > 1 => format!("every {count} {interval}s"),
        _ => format!("per {interval}"),
    })
}

/// `21 November 2026`.
pub(super) fn day(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    time.to_zoned(jiff::tz::TimeZone::UTC)
        .strftime("%-d %B %Y")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_follow_their_currency() {
        for (minor, currency, text) in [
            (2500, "eur", "€25.00"),
            (123_456_789, "usd", "$1,234,567.89"),
            (2500, "jpy", "¥2,500"),
            (5120, "kwd", "KWD 5.120"),
            (-5, "chf", "-CHF 0.05"),
            (0, "gbp", "£0.00"),
        ] {
            assert_eq!(amount(minor, currency), text);
        }
    }

    #[test]
    fn intervals_and_days_are_words() {
        let three = json!({ "interval": "month", "interval_count": 3 });
        assert_eq!(interval(&three).as_deref(), Some("every 3 months"));
        let yearly = json!({ "interval": "year", "interval_count": 1 });
        assert_eq!(interval(&yearly).as_deref(), Some("per year"));
        assert_eq!(interval(&Value::Null), None);
        assert_eq!(day(1_790_000_000), "21 September 2026");
    }
}
