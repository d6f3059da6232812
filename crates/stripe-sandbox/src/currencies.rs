//! Which currencies exist and what amounts they allow.
//! Source: Stripe docs, "Supported currencies" (presentment currencies, minimum and maximum amounts,
//! special cases).

use crate::v1::StripeError;

/// Every presentment currency, lower case.
const SUPPORTED: &[&str] = &[
    "usd", "aed", "afn", "all", "amd", "ang", "aoa", "ars", "aud", "awg", "azn", "bam", "bbd",
    "bdt", "bgn", "bhd", "bif", "bmd", "bnd", "bob", "brl", "bsd", "bwp", "byn", "bzd", "cad",
    "cdf", "chf", "clp", "cny", "cop", "crc", "cve", "czk", "djf", "dkk", "dop", "dzd", "egp",
    "etb", "eur", "fjd", "fkp", "gbp", "gel", "gip", "gmd", "gnf", "gtq", "gyd", "hkd", "hnl",
    "hrk", "htg", "huf", "idr", "ils", "inr", "isk", "jmd", "jod", "jpy", "kes", "kgs", "khr",
    "kmf", "krw", "kwd", "kyd", "kzt", "lak", "lbp", "lkr", "lrd", "lsl", "mad", "mdl", "mga",
    "mkd", "mmk", "mnt", "mop", "mur", "mvr", "mwk", "mxn", "myr", "mzn", "nad", "ngn", "nio",
    "nok", "npr", "nzd", "omr", "pab", "pen", "pgk", "php", "pkr", "pln", "pyg", "qar", "ron",
    "rsd", "rub", "rwf", "sar", "sbd", "scr", "sek", "sgd", "shp", "sle", "sos", "srd", "std",
    "szl", "thb", "tjs", "tnd", "top", "try", "ttd", "twd", "tzs", "uah", "ugx", "uyu", "uzs",
    "vnd", "vuv", "wst", "xaf", "xcd", "xof", "xpf", "yer", "zar", "zmw",
];

const ZERO_DECIMAL: &[&str] = &[
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
];

const THREE_DECIMAL: &[&str] = &["bhd", "jod", "kwd", "omr", "tnd"];

/// Sent with two decimals, but only whole units are allowed.
const WHOLE_UNITS: &[&str] = &["isk", "ugx"];

/// The smallest charge in minor units; others are left to conversion, which the sandbox does not do.
const MINIMUM_MINOR: &[(&str, i64)] = &[
    ("usd", 50),
    ("aed", 200),
    ("aud", 50),
    ("bgn", 100),
    ("brl", 50),
    ("cad", 50),
    ("chf", 50),
    ("czk", 1500),
    ("dkk", 250),
    ("eur", 50),
    ("gbp", 30),
    ("hkd", 400),
    ("huf", 17500),
    ("inr", 50),
    ("jpy", 50),
    ("mxn", 1000),
    ("myr", 200),
    ("nok", 300),
    ("nzd", 50),
    ("pln", 200),
    ("ron", 200),
    ("sek", 300),
    ("sgd", 50),
    ("thb", 1000),
];

/// Eight digits for everything but the rupiah, which has twelve.
const MAXIMUM_MINOR: i64 = 99_999_999;
pub(crate) const MAXIMUM_MINOR_IDR: i64 = 999_999_999_999;

/// The currency in lower case, if Stripe has it.
pub(crate) fn supported(code: &str) -> Option<&'static str> {
    SUPPORTED
        .iter()
        .copied()
        .find(|known| known.eq_ignore_ascii_case(code))
}

/// The list that Stripe prints when it refuses a currency.
pub(crate) fn supported_list() -> String {
    SUPPORTED.join(", ")
}

/// Why Stripe refuses an amount.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AmountProblem {
    /// Below the currency's minimum.
    TooSmall(String),
    /// Above the currency's maximum.
    TooLarge(String),
    /// Not a multiple of what the currency allows (10 for three decimals, 100 for whole units).
    NotAMultiple(i64),
}

/// Checks a charge's amount in minor units against its (supported, lower-case) currency.
pub(crate) fn check_amount(amount_minor: i64, currency: &str) -> Result<(), AmountProblem> {
    let maximum = if currency == "idr" {
        MAXIMUM_MINOR_IDR
    } else {
        MAXIMUM_MINOR
    };
    let minimum = MINIMUM_MINOR
        .iter()
        .find(|(code, _)| *code == currency)
        .map_or(1, |(_, min)| *min);
    if amount_minor < minimum {
        return Err(AmountProblem::TooSmall(display(minimum, currency)));
    }
    if amount_minor > maximum {
        return Err(AmountProblem::TooLarge(display(maximum, currency)));
    }
    let step = step(currency);
    if amount_minor % step == 0 {
        Ok(())
    } else {
        Err(AmountProblem::NotAMultiple(step))
    }
}

fn step(currency: &str) -> i64 {
    match currency {
        three if THREE_DECIMAL.contains(&three) => 10,
        whole if WHOLE_UNITS.contains(&whole) => 100,
        _ => 1,
    }
}

/// Refuses a part of a charge that the currency cannot express; parts have no minimum.
pub(crate) fn check_step(
    amount_minor: i64,
    currency: &str,
    param: &str,
) -> Result<(), StripeError> {
    let step = step(currency);
    if amount_minor % step == 0 {
        return Ok(());
    }
    Err(StripeError::invalid(format!(
        "Invalid amount: amounts in {currency} must be divisible by {step}."
    ))
    .code("parameter_invalid_integer")
    .param(param))
}

/// How many decimals an amount in the currency has.
pub(crate) fn decimals(currency: &str) -> u32 {
    match currency {
        zero if ZERO_DECIMAL.contains(&zero) => 0,
        three if THREE_DECIMAL.contains(&three) => 3,
        _ => 2,
    }
}

/// An amount as Stripe's messages on minimums show it: `$0.50 usd`, `¥50 jpy`.
fn display(amount_minor: i64, currency: &str) -> String {
    format!("{} {currency}", symbol_amount(amount_minor, currency))
}

/// An amount as Stripe's invoices show it: `$0.50`, `12.00 CHF`.
pub(crate) fn display_price(amount_minor: i64, currency: &str) -> String {
    let amount = symbol_amount(amount_minor, currency);
    if amount.starts_with(|first: char| first.is_ascii_digit()) {
        format!("{amount} {}", currency.to_uppercase())
    } else {
        amount
    }
}

/// An amount as Stripe's messages on refunds show it: `€7.00`.
pub(crate) fn symbol_amount(amount_minor: i64, currency: &str) -> String {
    let sign = match currency {
        "usd" => "$",
        "eur" => "€",
        "gbp" => "£",
        "jpy" => "¥",
        _ => "",
    };
    let (unit, decimals) = match currency {
        zero if ZERO_DECIMAL.contains(&zero) => (1, 0),
        three if THREE_DECIMAL.contains(&three) => (1000, 3),
        _ => (100, 2),
    };
    if decimals == 0 {
        return format!("{sign}{amount_minor}");
    }
    format!(
        "{sign}{}.{:0decimals$}",
        amount_minor / unit,
        amount_minor % unit
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Facts collected outside of this crate; see `tests/vectors/README.md`.
    fn facts() -> serde_json::Value {
        serde_json::from_str(include_str!("../tests/vectors/currencies.json")).unwrap()
    }

    fn lower(value: &serde_json::Value) -> Vec<String> {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(|code| code.as_str().unwrap().to_lowercase())
            .collect()
    }

    #[test]
    fn the_tables_agree_with_the_collected_facts() {
        let facts = facts();
        // UGX is on Stripe's zero-decimal list and a special case too; the special case decides.
        let mut zero: Vec<_> = lower(&facts["zero_decimal"]);
        zero.retain(|code| code != "ugx");
        assert_eq!(zero, ZERO_DECIMAL);
        assert_eq!(lower(&facts["three_decimal"]), THREE_DECIMAL);
        let minimums = facts["minimum_charge_minor_units"].as_object().unwrap();
        assert_eq!(minimums.len(), MINIMUM_MINOR.len());
        for (code, minimum) in minimums {
            let ours = MINIMUM_MINOR
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(code));
            assert_eq!(ours.map(|(_, min)| *min), minimum.as_i64(), "{code}");
        }
    }

    #[test]
    fn the_conversion_vectors_hold_for_the_amounts_that_reach_stripe() {
        let facts = facts();
        for vector in facts["conversion_vectors"].as_array().unwrap() {
            let code = vector["currency"].as_str().unwrap();
            if vector["error"] == "unsupported_currency" {
                assert_eq!(supported(code), None, "{vector}");
            }
            if let Some(minor) = vector["minor"].as_i64() {
                let known = supported(code).unwrap();
                let answer = check_amount(minor, known);
                let fits = matches!(answer, Ok(()) | Err(AmountProblem::TooSmall(_)));
                assert!(fits, "{vector}: {answer:?}");
            }
        }
    }

    #[test]
    fn limits_are_inclusive() {
        assert_eq!(check_amount(50, "usd"), Ok(()));
        assert_eq!(
            check_amount(49, "usd"),
            Err(AmountProblem::TooSmall("$0.50 usd".to_owned()))
        );
        assert_eq!(check_amount(99_999_999, "eur"), Ok(()));
        assert_eq!(
            check_amount(100_000_000, "eur"),
            Err(AmountProblem::TooLarge("€999999.99 eur".to_owned()))
        );
        assert_eq!(check_amount(999_999_999_999, "idr"), Ok(()));
        assert_eq!(
            check_amount(5124, "kwd"),
            Err(AmountProblem::NotAMultiple(10))
        );
        assert_eq!(
            check_amount(501, "isk"),
            Err(AmountProblem::NotAMultiple(100))
        );
        assert_eq!(
            check_amount(49, "jpy"),
            Err(AmountProblem::TooSmall("¥50 jpy".to_owned()))
        );
    }
}
