//! Amounts with fractions of a minor unit. Source: Stripe API reference, "The Price object",
//! `unit_amount_decimal`: at most twelve decimal places.

use crate::v1::StripeError;

const PLACES: usize = 12;
const ONE: i128 = 1_000_000_000_000;
/// Longer than any amount that Stripe takes.
const WHOLE_DIGITS: usize = 15;

/// A number of minor units, kept in units of 10⁻¹².
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Decimal(i128);

impl Decimal {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let fits = whole.len() <= WHOLE_DIGITS && fraction.len() <= PLACES;
        if !fits || whole.is_empty() || !digits(whole) || !digits(fraction) {
            return None;
        }
        let whole: i128 = whole.parse().ok()?;
        let fraction: i128 = format!("{fraction:0<PLACES$}").parse().ok()?;
        Some(Self(whole * ONE + fraction))
    }

    /// A parameter, or what Stripe says about it.
    pub(super) fn read(text: &str, param: &str) -> Result<Self, StripeError> {
        Self::parse(text).ok_or_else(|| {
            let message = format!(
                "Invalid decimal: {text}; must contain at maximum {PLACES} decimal places."
            );
            StripeError::invalid(message).param(param)
        })
    }

    pub(super) fn from_minor(amount: i64) -> Self {
        Self(i128::from(amount) * ONE)
    }

    pub(super) fn times(self, quantity: i64) -> Self {
        Self(self.0.saturating_mul(i128::from(quantity)))
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The amount in minor units if it has no fraction.
    pub(super) fn whole(self) -> Option<i64> {
        let whole = i64::try_from(self.0 / ONE).ok();
        whole.filter(|_| self.0 % ONE == 0)
    }

    /// The amount in minor units, halves rounded up.
    pub(super) fn rounded(self) -> i64 {
        i64::try_from((self.0 + ONE / 2) / ONE).unwrap_or(i64::MAX)
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fraction = format!("{:0PLACES$}", self.0 % ONE);
        let fraction = fraction.trim_end_matches('0');
        match fraction {
            "" => write!(f, "{}", self.0 / ONE),
            fraction => write!(f, "{}.{fraction}", self.0 / ONE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_kept_and_halves_rounded_up() {
        let half = Decimal::parse("0.50").unwrap();
        assert_eq!(half.to_string(), "0.5");
        assert_eq!(half.whole(), None);
        assert_eq!(half.times(3).rounded(), 2);
        assert_eq!(half.times(4).whole(), Some(2));
        assert_eq!(Decimal::from_minor(1050).to_string(), "1050");
        for wrong in ["", ".5", "1e3", "-1", "0.1234567890123", "1234567890123456"] {
            assert_eq!(Decimal::parse(wrong), None, "{wrong}");
        }
    }
}
