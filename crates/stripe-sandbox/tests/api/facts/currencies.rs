//! Every collected rule on amounts: for charges, captures and refunds.

use serde_json::Value;

use crate::harness::{ALICE, Reply, Stripe, start};

fn facts() -> Value {
    super::read(include_str!("../../vectors/currencies.json"))
}

async fn charge(stripe: &Stripe, currency: &str, amount: i64, more: &str) -> Reply {
    let form = format!(
        "amount={amount}&currency={currency}&allowed_payment_method_types[]=card&confirm=true&payment_method=pm_card_visa&{more}"
    );
    stripe.post(ALICE, "/v1/payment_intents", &form).await
}

#[actix_web::test]
async fn minimums_and_maximums_are_inclusive() {
    let stripe = start().await;
    let facts = facts();
    for (currency, minimum) in facts["minimum_charge_minor_units"].as_object().unwrap() {
        let minimum = minimum.as_i64().unwrap();
        let paid = charge(&stripe, currency, minimum, "").await;
        assert_eq!(
            paid.body["status"], "succeeded",
            "{currency}: {}",
            paid.body
        );
        assert_eq!(paid.body["currency"], currency.to_lowercase());
        let refused = charge(&stripe, currency, minimum - 1, "").await;
        assert_eq!(
            refused.error(),
            (400, Some("amount_too_small"), Some("amount")),
            "{currency}"
        );
    }
    let limits = &facts["max_amount"];
    for (currency, limit) in [("eur", &limits["default_max"]), ("idr", &limits["IDR_max"])] {
        let limit = limit.as_i64().unwrap();
        assert_eq!(
            charge(&stripe, currency, limit, "").await.status,
            200,
            "{currency}"
        );
        let refused = charge(&stripe, currency, limit + 1, "").await;
        assert_eq!(
            refused.error(),
            (400, Some("amount_too_large"), Some("amount")),
            "{currency}"
        );
    }
}

#[actix_web::test]
async fn conversions_that_stripe_takes_are_taken_and_the_others_refused() {
    let stripe = start().await;
    for vector in facts()["conversion_vectors"].as_array().unwrap() {
        let currency = vector["currency"].as_str().unwrap();
        if let Some(minor) = vector["minor"].as_i64() {
            let answer = charge(&stripe, currency, minor, "").await;
            let small = answer.body["error"]["code"] == "amount_too_small";
            assert!(answer.status == 200 || small, "{vector}: {}", answer.body);
        } else if vector["error"] == "unsupported_currency" {
            assert_eq!(
                charge(&stripe, currency, 5000, "").await.error().2,
                Some("currency"),
                "{vector}"
            );
        }
    }
}

/// Currencies that cannot express every minor unit, with the step that they have.
fn steps() -> Vec<(String, i64)> {
    let facts = facts();
    let three = facts["three_decimal"].as_array().unwrap().iter();
    let three = three.map(|code| (code.as_str().unwrap().to_lowercase(), 10));
    let special = facts["special_cases"].as_object().unwrap().iter();
    let special = special.filter_map(|(code, rule)| {
        Some((code.to_lowercase(), rule["must_be_divisible_by"].as_i64()?))
    });
    three.chain(special).collect()
}

#[actix_web::test]
async fn charges_captures_and_refunds_keep_to_the_steps_of_their_currency() {
    let stripe = start().await;
    let steps = steps();
    assert_eq!(steps.len(), 7);
    for (currency, step) in steps {
        let amount = 100 * step;
        let odd = charge(&stripe, &currency, amount + 1, "").await;
        assert_eq!(odd.error().2, Some("amount"), "{currency}");
        let held = charge(&stripe, &currency, amount, "capture_method=manual").await;
        let capture = format!("/v1/payment_intents/{}/capture", held.id());
        let odd = stripe.post(ALICE, &capture, "amount_to_capture=11").await;
        assert_eq!(odd.error().2, Some("amount_to_capture"), "{currency}");
        let taken = stripe
            .post(ALICE, &capture, &format!("amount_to_capture={}", 50 * step))
            .await;
        assert_eq!(
            taken.body["amount_received"],
            50 * step,
            "{currency}: {}",
            taken.body
        );
        for (part, status) in [(11, 400), (20 * step, 200), (30 * step, 200), (step, 400)] {
            let form = format!("payment_intent={}&amount={part}", held.id());
            let refund = stripe.post(ALICE, "/v1/refunds", &form).await;
            assert_eq!(refund.status, status, "{currency} {part}: {}", refund.body);
        }
    }
}

#[actix_web::test]
async fn zero_decimal_amounts_are_whole_units() {
    let stripe = start().await;
    let facts = facts();
    for code in facts["zero_decimal"].as_array().unwrap() {
        let code = code.as_str().unwrap();
        // On the list, and a special case with two decimals; the special case decides.
        let odd = if code == "UGX" { 400 } else { 200 };
        assert_eq!(charge(&stripe, code, 1001, "").await.status, odd, "{code}");
    }
}
