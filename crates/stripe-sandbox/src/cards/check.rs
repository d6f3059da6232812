//! Card details as a shopper typed them: Stripe's checks, in Stripe's order, with Stripe's codes.
//! Source: Stripe docs, "Error codes" and "Testing › Invalid data".

use super::{Decline, TestCard};

/// What the card form sends. The number is looked up and forgotten; it is never stored or logged.
pub(crate) struct CardDetails<'a> {
    pub(crate) number: &'a str,
    pub(crate) exp_month: i64,
    /// Two or four digits, as typed.
    pub(crate) exp_year: i64,
    pub(crate) cvc: Option<&'a str>,
}

/// Why the details do not make a `PaymentMethod`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) decline: Decline,
    pub(crate) message: &'static str,
    pub(crate) param: &'static str,
}

/// Stripe accepts cards that expire within this many years.
const MAX_YEARS_AHEAD: i64 = 50;

/// Finds the test card for the details, with the four-digit expiry year.
/// `today` is the current (year, month).
pub(crate) fn check(
    details: &CardDetails<'_>,
    today: (i64, i64),
) -> Result<(&'static TestCard, i64), Refusal> {
    let number: String = details
        .number
        .chars()
        .filter(|c| !matches!(c, ' ' | '-'))
        .collect();
    if !(12..=19).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(refuse(
            "invalid_number",
            "The card number is not a valid credit card number.",
            "number",
        ));
    }
    if !luhn(&number) {
        return Err(refuse(
            "incorrect_number",
            "Your card number is incorrect.",
            "number",
        ));
    }
    if !(1..=12).contains(&details.exp_month) {
        return Err(refuse(
            "invalid_expiry_month",
            "Your card's expiration month is invalid.",
            "exp_month",
        ));
    }
    let year = if (0..100).contains(&details.exp_year) {
        2000 + details.exp_year
    } else {
        details.exp_year
    };
    let past = (year, details.exp_month) < today;
    if past || year > today.0 + MAX_YEARS_AHEAD {
        return Err(refuse(
            "invalid_expiry_year",
            "Your card's expiration year is invalid.",
            "exp_year",
        ));
    }
    let Some(card) = TestCard::by_number(&number) else {
        let decline = Decline {
            code: "card_declined",
            decline_code: "test_mode_live_card",
        };
        return Err(Refusal {
            decline,
            message: decline.message(),
            param: "number",
        });
    };
    let cvc_digits = if card.brand == "amex" { 4 } else { 3 };
    if let Some(cvc) = details.cvc
        && (cvc.len() != cvc_digits || !cvc.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(refuse(
            "invalid_cvc",
            "Your card's security code is invalid.",
            "cvc",
        ));
    }
    Ok((card, year))
}

fn refuse(code: &'static str, message: &'static str, param: &'static str) -> Refusal {
    Refusal {
        decline: Decline {
            code,
            decline_code: "",
        },
        message,
        param,
    }
}

/// ISO/IEC 7812-1, annex B.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            match (place % 2, digit * 2) {
                (0, _) => digit,
                (_, doubled) if doubled > 9 => doubled - 9,
                (_, doubled) => doubled,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cards::TEST_CARDS;

    const TODAY: (i64, i64) = (2026, 11);

    fn code(
        number: &str,
        exp_month: i64,
        exp_year: i64,
        cvc: &str,
    ) -> Result<&'static str, &'static str> {
        let details = CardDetails {
            number,
            exp_month,
            exp_year,
            cvc: Some(cvc),
        };
        check(&details, TODAY)
            .map(|(card, _)| card.brand)
            .map_err(|refusal| refusal.decline.code)
    }

    #[test]
    fn invalid_details_have_stripes_codes() {
        assert_eq!(code("4242 4242 4242 4242", 12, 34, "123"), Ok("visa"));
        assert_eq!(
            code("4242424242424241", 12, 34, "123"),
            Err("incorrect_number")
        );
        assert_eq!(code("4242", 12, 34, "123"), Err("invalid_number"));
        assert_eq!(
            code("4242424242424242", 13, 34, "123"),
            Err("invalid_expiry_month")
        );
        assert_eq!(
            code("4242424242424242", 12, 95, "123"),
            Err("invalid_expiry_year")
        );
        assert_eq!(
            code("4242424242424242", 10, 2026, "123"),
            Err("invalid_expiry_year")
        );
        assert_eq!(code("4242424242424242", 11, 2026, "123"), Ok("visa"));
        assert_eq!(code("4242424242424242", 12, 34, "99"), Err("invalid_cvc"));
        assert_eq!(code("378282246310005", 12, 34, "123"), Err("invalid_cvc"));
        assert_eq!(code("378282246310005", 12, 34, "1234"), Ok("amex"));
    }

    #[test]
    fn a_number_that_is_no_test_card_is_refused_even_if_it_is_well_formed() {
        let details = CardDetails {
            number: "4000000000000192",
            exp_month: 1,
            exp_year: 30,
            cvc: None,
        };
        let number: String = (0..10)
            .map(|d| format!("400000000000019{d}"))
            .find(|n| luhn(n))
            .unwrap();
        let refusal = check(
            &CardDetails {
                number: &number,
                ..details
            },
            TODAY,
        )
        .unwrap_err();
        assert_eq!(refusal.decline.decline_code, "test_mode_live_card");
    }

    #[test]
    fn every_test_card_passes_luhn() {
        assert!(TEST_CARDS.iter().all(|card| luhn(card.number)));
    }
}
