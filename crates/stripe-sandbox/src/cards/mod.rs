//! What each test card does, and how card details are checked before they become a `PaymentMethod`.

pub(crate) mod by_number;
mod check;
mod special;
mod table;

pub(crate) use check::{CardDetails, check};
pub(crate) use special::{Aftermath, OptionalChallenge, RefundCourse, Risk};
pub(crate) use table::TEST_CARDS;

use serde::{Deserialize, Serialize};

/// One of Stripe's test cards.
#[derive(Debug)]
pub(crate) struct TestCard {
    pub(crate) number: &'static str,
    pub(crate) brand: &'static str,
    pub(crate) funding: &'static str,
    /// The ready-made `PaymentMethod` of this card, `pm_card_…`.
    pub(crate) payment_method: Option<&'static str>,
    pub(crate) outcome: Outcome,
}

/// What happens when the card is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeds,
    Declines(Decline),
    /// Stopped by Radar before it reaches the network.
    Blocked,
    /// Succeeds after a passed 3-D Secure challenge.
    Authenticates(When),
    /// The challenge can be passed, and the charge is declined all the same.
    AuthenticatesThenDeclines(Decline),
}

/// In which payments a challenge is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    /// Not for payments that the merchant makes while the shopper is away.
    OnSession,
}

/// Stripe's codes for a refused charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decline {
    #[serde(deserialize_with = "crate::state::word")]
    pub(crate) code: crate::state::Word,
    #[serde(deserialize_with = "crate::state::word")]
    pub(crate) decline_code: crate::state::Word,
}

/// Off-session payments with a card that needs its holder.
pub(crate) const AUTHENTICATION_REQUIRED: Decline = Decline {
    code: "authentication_required",
    decline_code: "authentication_required",
};

/// What Radar's block looks like to the caller.
pub(crate) const FRAUDULENT: Decline = Decline {
    code: "card_declined",
    decline_code: "fraudulent",
};

impl TestCard {
    pub(crate) fn by_number(number: &str) -> Option<&'static Self> {
        TEST_CARDS.iter().find(|card| card.number == number)
    }

    /// Finds `pm_card_…`; the declines' names are accepted with and without the brand.
    pub(crate) fn by_payment_method(name: &str) -> Option<&'static Self> {
        TEST_CARDS.iter().find(|card| {
            card.payment_method.is_some_and(|known| {
                known == name || known.replacen("pm_card_visa_charge", "pm_card_charge", 1) == name
            })
        })
    }

    /// Finds `tok_…`; the tokens have the names of the ready-made `PaymentMethod`s.
    pub(crate) fn by_token(name: &str) -> Option<&'static Self> {
        Self::by_payment_method(&format!("pm_card_{}", name.strip_prefix("tok_")?))
    }

    pub(crate) fn last4(&self) -> &'static str {
        &self.number[self.number.len() - 4..]
    }
}

impl Decline {
    /// The sentence that Stripe shows to shoppers.
    pub(crate) fn message(self) -> &'static str {
        match self.decline_code {
            "insufficient_funds" => "Your card has insufficient funds.",
            "card_velocity_exceeded" => {
                "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."
            }
            "expired_card" => "Your card has expired.",
            "incorrect_cvc" => "Your card's security code is incorrect.",
            "processing_error" => {
                "An error occurred while processing your card. Try again in a little bit."
            }
            "authentication_required" => {
                "Your card was declined. This transaction requires authentication."
            }
            "test_mode_live_card" => {
                "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test cards, visit: https://stripe.com/docs/testing."
            }
            _ => "Your card was declined.",
        }
    }

    /// Stripe's advice on trying again, where it gives one.
    pub(crate) fn advice(self) -> Option<&'static str> {
        match self.decline_code {
            "generic_decline" | "insufficient_funds" => Some("try_again_later"),
            "lost_card" | "stolen_card" | "fraudulent" => Some("do_not_try_again"),
            _ => None,
        }
    }

    /// The parameter that the error is about, where there is one.
    pub(crate) fn param(self) -> Option<&'static str> {
        match self.code {
            "expired_card" => Some("exp_month"),
            "incorrect_cvc" => Some("cvc"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Facts collected outside of this crate; see `tests/vectors/README.md`.
    fn facts() -> Vec<serde_json::Value> {
        let file: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/vectors/test_cards.json")).unwrap();
        file["cards"].as_array().unwrap().clone()
    }

    #[test]
    fn the_table_agrees_with_the_collected_facts() {
        for fact in facts() {
            let number = fact["number"].as_str().unwrap();
            if fact["luhn_valid"] == false {
                assert!(
                    TestCard::by_number(number).is_none(),
                    "{number} is not a card"
                );
                continue;
            }
            let card = TestCard::by_number(number).expect(number);
            assert_eq!(
                card.payment_method,
                fact["payment_method"].as_str(),
                "{number}"
            );
            let (fits, decline) = match (fact["outcome"].as_str().unwrap(), card.outcome) {
                ("declined" | "attaches_then_declines", Outcome::Declines(decline))
                | ("declined_after_3ds", Outcome::AuthenticatesThenDeclines(decline)) => {
                    (true, Some(decline))
                }
                ("blocked", Outcome::Blocked) => (true, Some(FRAUDULENT)),
                ("succeeds_after_3ds", Outcome::Authenticates(_)) => (true, None),
                (succeeds, Outcome::Succeeds) => (
                    succeeds.starts_with("succeeds") || succeeds == "captcha",
                    None,
                ),
                _ => (false, None),
            };
            assert!(
                fits,
                "{number}: {:?} is not {}",
                card.outcome, fact["outcome"]
            );
            assert_eq!(
                decline.map(|d| d.code),
                fact["error_code"].as_str(),
                "{number}"
            );
            if let Some(code) = fact["decline_code"].as_str() {
                assert_eq!(decline.map(|d| d.decline_code), Some(code), "{number}");
            }
        }
        assert_eq!(
            facts()
                .iter()
                .filter(|fact| fact["luhn_valid"] == true)
                .count(),
            TEST_CARDS.len()
        );
    }

    #[test]
    fn payment_method_names_are_known_with_and_without_the_brand() {
        for name in ["pm_card_visa_chargeDeclined", "pm_card_chargeDeclined"] {
            assert_eq!(
                TestCard::by_payment_method(name).unwrap().number,
                "4000000000000002"
            );
        }
        assert!(TestCard::by_payment_method("pm_card_unheard_of").is_none());
    }
}
