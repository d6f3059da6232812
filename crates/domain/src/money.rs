//! Money: integers in a currency's smallest unit, as at Stripe, and the currency rules behind them.
//!
//! Facts from Stripe's "Supported currencies" page: which currencies exist, their decimals, the special cases
//! (ISK and UGX are charged in hundredths that must be whole; the last digit of a three-decimal amount is zero)
//! and the largest amount. Smallest amounts depend on the merchant's settlement currency: what is charged in another one
//! is left to Stripe's own `amount_too_small`.

mod shown;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use shown::Locale;

/// What is wrong with an amount or a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a currency that Stripe charges in.
    #[error("this currency is not supported: use a lower-case ISO 4217 code such as eur")]
    UnsupportedCurrency,
    /// Not a plain decimal number in ASCII digits.
    #[error("the amount must be a plain decimal number such as 19.99")]
    NotADecimal,
    /// More decimals than the currency has.
    #[error("the amount has more decimals than its currency")]
    TooManyDecimals,
    /// Three-decimal currencies are charged in tens of their smallest unit.
    #[error("the last digit of an amount in this currency must be 0")]
    LastDigitMustBeZero,
    /// ISK and UGX have no decimals although they are sent with two.
    #[error("amounts in this currency must be whole")]
    MustBeWhole,
    /// Below zero.
    #[error("the amount must not be negative")]
    Negative,
    /// Zero where something must be charged.
    #[error("the amount must be greater than zero")]
    Zero,
    /// Above Stripe's largest amount.
    #[error("the amount is larger than Stripe accepts for this currency")]
    OverMaximum,
    /// Two amounts of different currencies were combined.
    #[error("the amounts are in different currencies")]
    CurrencyMismatch,
}

/// The currencies that Stripe charges in ("Supported currencies", presentment currencies).
const SUPPORTED: &str = "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp \
    byn bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd \
    hnl hrk htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd \
    mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf \
    sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf \
    xcd xof xpf yer zar zmw";

const ZERO_DECIMAL: &str = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf";
const THREE_DECIMAL: &str = "bhd jod kwd omr tnd";
/// Sent with two decimals, both of which must be zero.
const WHOLE_ONLY: &str = "isk ugx";

/// Smallest charges in a currency that the merchant is paid out in ("Minimum and maximum charge amounts").
const MINIMA: &str = "usd=50 aed=200 aud=50 bgn=100 brl=50 cad=50 chf=50 czk=1500 dkk=250 eur=50 gbp=30 hkd=400 huf=17500 \
    inr=50 jpy=50 mxn=1000 myr=200 nok=300 nzd=50 pln=200 ron=200 sek=300 sgd=50 thb=1000";

/// Eight digits; Stripe's default for the largest charge.
const MAX_AMOUNT_MINOR: i64 = 99_999_999;
/// Twelve digits for Indonesian rupiah.
const MAX_AMOUNT_MINOR_IDR: i64 = 999_999_999_999;

/// A currency that Stripe charges in: three lower-case letters of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro, for defaults and tests.
    pub const EUR: Self = Self(*b"eur");

    /// The lower-case code, as Stripe wants it.
    pub fn as_str(&self) -> &str {
        // The three bytes come from SUPPORTED, which is ASCII.
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Digits after the point in the amounts that are sent to Stripe: 0, 2 or 3.
    pub fn decimals(self) -> u32 {
        if self.is_in(ZERO_DECIMAL) {
            0
        } else if self.is_in(THREE_DECIMAL) {
            3
        } else {
            2
        }
    }

    /// Stripe's largest amount, in the smallest unit.
    pub fn max_amount_minor(self) -> i64 {
        if self.0 == *b"idr" {
            MAX_AMOUNT_MINOR_IDR
        } else {
            MAX_AMOUNT_MINOR
        }
    }

    /// Stripe's smallest charge for merchants who are paid out in this currency, in the smallest unit; `None` where only
    /// Stripe knows.
    pub fn settled_minimum_minor(self) -> Option<i64> {
        let pairs = MINIMA
            .split_ascii_whitespace()
            .filter_map(|pair| pair.split_once('='));
        let mut own = pairs.filter(|(code, _)| code.as_bytes() == self.0);
        own.next().and_then(|(_, minor)| minor.parse().ok())
    }

    /// Whether an amount can exist in this currency (the whole-unit and last-digit rules).
    fn check_granularity(self, amount_minor: i64) -> Result<(), MoneyError> {
        if self.is_in(WHOLE_ONLY) && amount_minor % 100 != 0 {
            return Err(MoneyError::MustBeWhole);
        }
        if self.is_in(THREE_DECIMAL) && amount_minor % 10 != 0 {
            return Err(MoneyError::LastDigitMustBeZero);
        }
        Ok(())
    }

    fn is_in(self, list: &str) -> bool {
        list.split_ascii_whitespace()
            .any(|code| code.as_bytes() == self.0)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    /// Upper case is accepted and becomes lower case.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let bytes: [u8; 3] = text
            .as_bytes()
            .try_into()
            .map_err(|_| MoneyError::UnsupportedCurrency)?;
        let currency = Self(bytes.map(|b| b.to_ascii_lowercase()));
        if currency.is_in(SUPPORTED) {
            Ok(currency)
        } else {
            Err(MoneyError::UnsupportedCurrency)
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A non-negative amount with its currency. Arithmetic is checked; mixing currencies is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount_minor: i64,
    currency: Currency,
}

impl Money {
    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self {
            amount_minor: 0,
            currency,
        }
    }

    /// An amount from 0 to Stripe's maximum that exists in the currency.
    pub fn new(amount_minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if amount_minor < 0 {
            return Err(MoneyError::Negative);
        }
        if amount_minor > currency.max_amount_minor() {
            return Err(MoneyError::OverMaximum);
        }
        currency.check_granularity(amount_minor)?;
        Ok(Self {
            amount_minor,
            currency,
        })
    }

    /// A plain decimal number of major units, such as `19.99`: ASCII digits and at most one point.
    pub fn parse_major(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (negative, digits) = text
            .strip_prefix('-')
            .map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) {
            return Err(MoneyError::NotADecimal);
        }
        if negative {
            return Err(MoneyError::Negative);
        }
        let decimals = currency.decimals() as usize;
        let (kept, rest) = fraction.split_at(fraction.len().min(decimals));
        if rest.bytes().any(|b| b != b'0') {
            return Err(MoneyError::TooManyDecimals);
        }
        let minor_digits = format!("{whole}{kept:0<decimals$}");
        let amount_minor = minor_digits.parse().map_err(|_| MoneyError::OverMaximum)?;
        Self::new(amount_minor, currency)?.chargeable()
    }

    /// The same amount, if it is more than zero.
    pub fn chargeable(self) -> Result<Self, MoneyError> {
        if self.amount_minor == 0 {
            Err(MoneyError::Zero)
        } else {
            Ok(self)
        }
    }

    /// In the smallest unit of the currency.
    pub const fn amount_minor(self) -> i64 {
        self.amount_minor
    }

    /// Its currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The sum, within Stripe's maximum.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let sum = self
            .amount_minor
            .checked_add(other.amount_minor)
            .ok_or(MoneyError::OverMaximum)?;
        Self::new(sum, self.currency)
    }

    /// The amount times a quantity, within Stripe's maximum.
    pub fn checked_mul(self, quantity: u32) -> Result<Self, MoneyError> {
        let product = self
            .amount_minor
            .checked_mul(i64::from(quantity))
            .ok_or(MoneyError::OverMaximum)?;
        Self::new(product, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Deserialize)]
    struct Facts {
        conversion_vectors: Vec<Conversion>,
        minimum_charge_minor_units: std::collections::BTreeMap<String, i64>,
        zero_decimal: Vec<String>,
        three_decimal: Vec<String>,
    }

    #[derive(Deserialize)]
    struct Conversion {
        currency: String,
        major: String,
        minor: Option<i64>,
        error: Option<String>,
    }

    fn facts() -> Facts {
        serde_json::from_str(include_str!("../tests/vectors/currencies.json")).unwrap()
    }

    fn error_name(error: MoneyError) -> &'static str {
        match error {
            MoneyError::UnsupportedCurrency => "unsupported_currency",
            MoneyError::NotADecimal => "not_a_decimal",
            MoneyError::TooManyDecimals => "too_many_decimals",
            MoneyError::LastDigitMustBeZero => "last_digit_must_be_zero",
            MoneyError::MustBeWhole => "must_be_whole",
            MoneyError::Negative => "negative",
            MoneyError::Zero => "zero",
            MoneyError::OverMaximum => "over_maximum",
            MoneyError::CurrencyMismatch => "currency_mismatch",
        }
    }

    #[test]
    fn p16_every_conversion_vector_holds() {
        let vectors = facts().conversion_vectors;
        assert_eq!(vectors.len(), 37);
        for vector in vectors {
            let got = vector
                .currency
                .parse()
                .and_then(|currency| Money::parse_major(&vector.major, currency));
            let want = (vector.minor, vector.error.as_deref());
            let got = (got.ok().map(Money::amount_minor), got.err().map(error_name));
            assert_eq!(got, want, "{} {}", vector.major, vector.currency);
        }
    }

    #[test]
    fn smallest_charges_are_stripes() {
        let facts = facts().minimum_charge_minor_units;
        for code in SUPPORTED.split_ascii_whitespace() {
            let known = code.parse::<Currency>().unwrap().settled_minimum_minor();
            assert_eq!(known, facts.get(&code.to_uppercase()).copied(), "{code}");
        }
    }

    #[test]
    fn decimals_follow_stripes_lists() {
        let facts = facts();
        for code in facts.zero_decimal.iter().filter(|code| *code != "UGX") {
            assert_eq!(code.parse::<Currency>().unwrap().decimals(), 0, "{code}");
        }
        for code in &facts.three_decimal {
            assert_eq!(code.parse::<Currency>().unwrap().decimals(), 3, "{code}");
        }
    }

    proptest! {
        #[test]
        fn p17_arithmetic_never_wraps(a in 0_i64.., b in 0_i64.., quantity: u32) {
            let a = Money { amount_minor: a, currency: Currency::EUR };
            let b = Money { amount_minor: b, currency: Currency::EUR };
            for result in [a.checked_add(b), a.checked_mul(quantity)].into_iter().flatten() {
                prop_assert!((0..=MAX_AMOUNT_MINOR).contains(&result.amount_minor()));
            }
        }
    }
}
