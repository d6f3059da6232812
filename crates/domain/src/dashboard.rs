//! Addresses in Stripe's dashboard. Whoever belongs to several accounts is shown the one that was used last, so each address
//! names its account (Stripe docs, "Add deep links": `https://dashboard.stripe.com/<ACCOUNT_ID>/<MODE>/<PAGE>`).

use crate::Mode;

/// A payment, by the `pi_…` that Stripe gave it.
pub fn payment_url(account_id: &str, mode: Mode, payment_intent_id: &str) -> String {
    let mode = match mode {
        Mode::Live => "",
        Mode::Test => "test/",
    };
    format!("https://dashboard.stripe.com/{account_id}/{mode}payments/{payment_intent_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_opens_in_its_own_account_and_mode() {
        assert_eq!(
            payment_url("acct_1", Mode::Test, "pi_2"),
            "https://dashboard.stripe.com/acct_1/test/payments/pi_2"
        );
        assert_eq!(
            payment_url("acct_1", Mode::Live, "pi_2"),
            "https://dashboard.stripe.com/acct_1/payments/pi_2"
        );
    }
}
