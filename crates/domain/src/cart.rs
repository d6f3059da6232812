//! What may be in a cart and what it costs. Prices come from the catalogue, never from the caller.

use crate::{Currency, Money, money::MoneyError};

/// One cart holds at most this many lines; a shop counter, not a warehouse.
pub const MAX_LINES: usize = 100;
/// One line holds at most this many pieces; above it a merchant wants to talk first.
pub const MAX_QUANTITY: u32 = 10_000;

/// Why these lines are not a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    /// No lines.
    #[error("the cart is empty: send at least one item")]
    Empty,
    /// Too many lines.
    #[error("a cart holds at most {MAX_LINES} lines")]
    TooManyLines,
    /// Zero, negative or absurd.
    #[error("quantity must be a whole number from 1 to {MAX_QUANTITY}")]
    InvalidQuantity,
    /// The lines' currencies differ from the cart's.
    #[error("all items of a cart must have its currency")]
    CurrencyMismatch,
    /// The total is above Stripe's maximum, or an amount is impossible.
    #[error("the total is larger than can be charged at once")]
    TotalTooLarge,
}

/// A whole number from 1 to [`MAX_QUANTITY`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity(u32);

impl Quantity {
    /// From any integer that a caller may send.
    pub fn parse(value: i64) -> Result<Self, CartError> {
        u32::try_from(value)
            .ok()
            .filter(|quantity| (1..=MAX_QUANTITY).contains(quantity))
            .map(Self)
            .ok_or(CartError::InvalidQuantity)
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// The amount of one line.
pub fn line_amount(unit_amount: Money, quantity: Quantity) -> Result<Money, CartError> {
    unit_amount
        .checked_mul(quantity.get())
        .map_err(|_| CartError::TotalTooLarge)
}

/// The sum of all lines, each in `currency`.
pub fn subtotal(
    currency: Currency,
    lines: impl IntoIterator<Item = (Money, Quantity)>,
) -> Result<Money, CartError> {
    let mut count = 0;
    let mut sum = Money::zero(currency);
    for (unit_amount, quantity) in lines {
        count += 1;
        if count > MAX_LINES {
            return Err(CartError::TooManyLines);
        }
        sum = sum
            .checked_add(line_amount(unit_amount, quantity)?)
            .map_err(|error| match error {
                MoneyError::CurrencyMismatch => CartError::CurrencyMismatch,
                _ => CartError::TotalTooLarge,
            })?;
    }
    if count == 0 {
        Err(CartError::Empty)
    } else {
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR).unwrap()
    }

    fn quantity(value: i64) -> Quantity {
        Quantity::parse(value).unwrap()
    }

    #[test]
    fn p1_quantities_outside_the_bounds_are_refused() {
        for bad in [
            0,
            -1,
            10_001,
            i64::from(u32::MAX) + 1,
            1 << 31,
            1 << 53,
            i64::MIN,
            i64::MAX,
        ] {
            assert_eq!(
                Quantity::parse(bad),
                Err(CartError::InvalidQuantity),
                "{bad}"
            );
        }
        assert_eq!(quantity(10_000).get(), 10_000);
    }

    #[test]
    fn adds_up_and_stops_at_stripes_maximum() {
        assert_eq!(
            subtotal(
                Currency::EUR,
                [(eur(1250), quantity(2)), (eur(399), quantity(1))]
            ),
            Ok(eur(2899))
        );
        assert_eq!(
            subtotal(Currency::EUR, [(eur(99_999_999), quantity(2))]),
            Err(CartError::TotalTooLarge)
        );
        assert_eq!(subtotal(Currency::EUR, []), Err(CartError::Empty));
        let usd = Money::new(100, "usd".parse().unwrap()).unwrap();
        assert_eq!(
            subtotal(Currency::EUR, [(usd, quantity(1))]),
            Err(CartError::CurrencyMismatch)
        );
        assert_eq!(
            subtotal(Currency::EUR, vec![(eur(1), quantity(1)); 101]),
            Err(CartError::TooManyLines)
        );
    }
}
