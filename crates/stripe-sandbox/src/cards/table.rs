//! Stripe's test cards: number, brand, funding, test `PaymentMethod` name, outcome.
//! Source: Stripe docs, "Test card numbers". These are the only numbers that the sandbox accepts.

use super::Outcome::{Authenticates, AuthenticatesThenDeclines, Blocked, Declines, Succeeds};
use super::{Decline, Outcome, TestCard, When};

/// Every test card, in the order of Stripe's page.
pub(crate) const TEST_CARDS: &[TestCard] = &[
    card(
        "4242424242424242",
        "visa",
        "credit",
        Some("pm_card_visa"),
        Succeeds,
    ),
    card(
        "4000056655665556",
        "visa",
        "debit",
        Some("pm_card_visa_debit"),
        Succeeds,
    ),
    card(
        "5555555555554444",
        "mastercard",
        "credit",
        Some("pm_card_mastercard"),
        Succeeds,
    ),
    card("2223003122003222", "mastercard", "credit", None, Succeeds),
    card(
        "5200828282828210",
        "mastercard",
        "debit",
        Some("pm_card_mastercard_debit"),
        Succeeds,
    ),
    card(
        "5105105105105100",
        "mastercard",
        "prepaid",
        Some("pm_card_mastercard_prepaid"),
        Succeeds,
    ),
    card(
        "378282246310005",
        "amex",
        "credit",
        Some("pm_card_amex"),
        Succeeds,
    ),
    card("371449635398431", "amex", "credit", None, Succeeds),
    card(
        "6011111111111117",
        "discover",
        "credit",
        Some("pm_card_discover"),
        Succeeds,
    ),
    card("6011000990139424", "discover", "credit", None, Succeeds),
    card("6011981111111113", "discover", "debit", None, Succeeds),
    card(
        "3056930009020004",
        "diners",
        "credit",
        Some("pm_card_diners"),
        Succeeds,
    ),
    card("36227206271667", "diners", "credit", None, Succeeds),
    card(
        "3566002020360505",
        "jcb",
        "credit",
        Some("pm_card_jcb"),
        Succeeds,
    ),
    card(
        "6200000000000005",
        "unionpay",
        "credit",
        Some("pm_card_unionpay"),
        Succeeds,
    ),
    card("6555900000604105", "unknown", "credit", None, Succeeds),
    card(
        "4000000000000002",
        "visa",
        "credit",
        Some("pm_card_visa_chargeDeclined"),
        Declines(declined("generic_decline")),
    ),
    card(
        "4000000000009995",
        "visa",
        "credit",
        Some("pm_card_visa_chargeDeclinedInsufficientFunds"),
        Declines(declined("insufficient_funds")),
    ),
    card(
        "4000000000009987",
        "visa",
        "credit",
        Some("pm_card_visa_chargeDeclinedLostCard"),
        Declines(declined("lost_card")),
    ),
    card(
        "4000000000009979",
        "visa",
        "credit",
        Some("pm_card_visa_chargeDeclinedStolenCard"),
        Declines(declined("stolen_card")),
    ),
    card(
        "4000000000000069",
        "visa",
        "credit",
        Some("pm_card_chargeDeclinedExpiredCard"),
        Declines(plain("expired_card")),
    ),
    card(
        "4000000000000127",
        "visa",
        "credit",
        Some("pm_card_chargeDeclinedIncorrectCvc"),
        Declines(plain("incorrect_cvc")),
    ),
    card(
        "4000000000000119",
        "visa",
        "credit",
        Some("pm_card_chargeDeclinedProcessingError"),
        Declines(plain("processing_error")),
    ),
    card(
        "4000000000006975",
        "visa",
        "credit",
        Some("pm_card_visa_chargeDeclinedVelocityLimitExceeded"),
        Declines(declined("card_velocity_exceeded")),
    ),
    card(
        "4000000000000341",
        "visa",
        "credit",
        Some("pm_card_chargeCustomerFail"),
        Declines(declined("generic_decline")),
    ),
    card(
        "4000000000003220",
        "visa",
        "credit",
        Some("pm_card_threeDSecure2Required"),
        Authenticates(When::Always),
    ),
    card(
        "4000002500003155",
        "visa",
        "credit",
        Some("pm_card_authenticationRequiredOnSetup"),
        Authenticates(When::Always),
    ),
    card(
        "4000002760003184",
        "visa",
        "credit",
        Some("pm_card_authenticationRequired"),
        Authenticates(When::Always),
    ),
    card(
        "4000003800000446",
        "visa",
        "credit",
        Some("pm_card_authenticationRequiredSetupForOffSession"),
        Authenticates(When::OnSession),
    ),
    card(
        "4000008260003178",
        "visa",
        "credit",
        Some("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"),
        AuthenticatesThenDeclines(declined("insufficient_funds")),
    ),
    card(
        "4000008400001629",
        "visa",
        "credit",
        Some("pm_card_threeDSecureRequiredChargeDeclined"),
        AuthenticatesThenDeclines(declined("generic_decline")),
    ),
    card(
        "4000008400001280",
        "visa",
        "credit",
        Some("pm_card_threeDSecureRequiredProcessingError"),
        Declines(declined("generic_decline")),
    ),
    card(
        "4000000000003055",
        "visa",
        "credit",
        Some("pm_card_threeDSecureOptional"),
        Succeeds,
    ),
    card(
        "4000000000003097",
        "visa",
        "credit",
        Some("pm_card_threeDSecureOptionalProcessingError"),
        Succeeds,
    ),
    card(
        "4100000000000019",
        "visa",
        "credit",
        Some("pm_card_radarBlock"),
        Blocked,
    ),
    card(
        "4000000000004954",
        "visa",
        "credit",
        Some("pm_card_riskLevelHighest"),
        Succeeds,
    ),
    card(
        "4000000000009235",
        "visa",
        "credit",
        Some("pm_card_riskLevelElevated"),
        Succeeds,
    ),
    card(
        "4000000000000101",
        "visa",
        "credit",
        Some("pm_card_cvcCheckFail"),
        Succeeds,
    ),
    card("4000000000000036", "visa", "credit", None, Succeeds),
    card("4000000000000028", "visa", "credit", None, Succeeds),
    card("4000000000000010", "visa", "credit", None, Succeeds),
    card("4000000000000044", "visa", "credit", None, Succeeds),
    card(
        "4000000000000259",
        "visa",
        "credit",
        Some("pm_card_createDispute"),
        Succeeds,
    ),
    card(
        "4000000000002685",
        "visa",
        "credit",
        Some("pm_card_createDisputeProductNotReceived"),
        Succeeds,
    ),
    card(
        "4000000000001976",
        "visa",
        "credit",
        Some("pm_card_createDisputeInquiry"),
        Succeeds,
    ),
    card(
        "4000000000005423",
        "visa",
        "credit",
        Some("pm_card_createIssuerFraudRecord"),
        Succeeds,
    ),
    card(
        "4000000404000079",
        "visa",
        "credit",
        Some("pm_card_createMultipleDisputes"),
        Succeeds,
    ),
    card(
        "4000000000007726",
        "visa",
        "credit",
        Some("pm_card_pendingRefund"),
        Succeeds,
    ),
    card(
        "4000000000005126",
        "visa",
        "credit",
        Some("pm_card_refundFail"),
        Succeeds,
    ),
    card(
        "4000000000000077",
        "visa",
        "credit",
        Some("pm_card_bypassPending"),
        Succeeds,
    ),
    card("4000000000001208", "visa", "credit", None, Succeeds),
];

const fn card(
    number: &'static str,
    brand: &'static str,
    funding: &'static str,
    payment_method: Option<&'static str>,
    outcome: Outcome,
) -> TestCard {
    TestCard {
        number,
        brand,
        funding,
        payment_method,
        outcome,
    }
}

/// The issuer says no, with a decline code.
const fn declined(decline_code: &'static str) -> Decline {
    Decline {
        code: "card_declined",
        decline_code,
    }
}

/// Errors that have a code of their own; Stripe repeats it as the decline code.
const fn plain(code: &'static str) -> Decline {
    Decline {
        code,
        decline_code: code,
    }
}
