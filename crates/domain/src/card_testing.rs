//! Card testing: somebody tries stolen card numbers at a shop, to see which of them work. Most are declined, and that is how it
//! shows. The merchant pays for it with fees, disputes and a bad name at the card networks (Source: Stripe docs, "Card testing").

/// How the payments of a store ended lately, at all of its shoppers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Declined by a bank or by Stripe.
    pub declined: i64,
    /// Paid or authorised.
    pub good: i64,
}

/// What "lately" is.
pub const WINDOW_MINUTES: i64 = 10;
/// Fewer declines than this are a few people with a wrong card.
const MIN_DECLINED: i64 = 20;
/// So few are quiet.
const QUIET_DECLINED: i64 = 5;

impl Attempts {
    /// Whether this is card testing: many declines, and at least as many of them as good payments. Honest shops see a tenth.
    pub const fn is_card_testing(self) -> bool {
        self.declined >= MIN_DECLINED && self.declined >= self.good
    }

    /// Whether card testing is over: hardly any decline, or at most one with three good payments. There is room between this
    /// and [`Self::is_card_testing`], so that it does not come and go.
    pub const fn is_quiet(self) -> bool {
        self.declined < QUIET_DECLINED || self.declined.saturating_mul(3) <= self.good
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shoppers_with_a_wrong_card_are_not_card_testing() {
        for (declined, good) in [(3, 1), (9, 3), (19, 0), (0, 0), (0, 1000)] {
            let attempts = Attempts { declined, good };
            assert!(!attempts.is_card_testing(), "{attempts:?}");
        }
    }

    #[test]
    fn a_shop_of_a_thousand_payments_an_hour_is_not_card_testing() {
        // Ten minutes of it, also on a day on which every third card is declined.
        for declined in 0..=55 {
            let attempts = Attempts {
                declined,
                good: 167 - declined,
            };
            assert!(!attempts.is_card_testing(), "{attempts:?}");
        }
    }

    #[test]
    fn many_declines_are() {
        for (declined, good) in [(20, 0), (20, 20), (500, 12), (i64::MAX, i64::MAX)] {
            let attempts = Attempts { declined, good };
            assert!(attempts.is_card_testing(), "{attempts:?}");
        }
    }

    proptest! {
        #[test]
        fn it_is_never_both(declined in 0..i64::MAX, good in 0..i64::MAX) {
            let attempts = Attempts { declined, good };
            prop_assert!(!(attempts.is_card_testing() && attempts.is_quiet()));
        }

        #[test]
        fn a_good_payment_never_makes_it_worse(declined in 0..10_000_i64, good in 0..10_000_i64) {
            let (before, after) = (Attempts { declined, good }, Attempts { declined, good: good + 1 });
            prop_assert!(before.is_card_testing() || !after.is_card_testing());
            prop_assert!(!before.is_quiet() || after.is_quiet());
        }

        #[test]
        fn a_decline_never_makes_it_better(declined in 0..10_000_i64, good in 0..10_000_i64) {
            let (before, after) = (Attempts { declined, good }, Attempts { declined: declined + 1, good });
            prop_assert!(!before.is_card_testing() || after.is_card_testing() || good > declined);
            prop_assert!(before.is_quiet() || !after.is_quiet());
        }
    }
}
