//! Every collected test card: typed in by a shopper, ready-made, on session, off session, challenged.

use serde_json::{Value, json};

use crate::harness::{ALICE, ALICE_PK, Reply, Stripe, start};

fn cards() -> Vec<Value> {
    let file = super::read(include_str!("../../vectors/test_cards.json"));
    file["cards"].as_array().unwrap().clone()
}

/// The card as a shopper types it, with an address.
async fn typed(stripe: &Stripe, card: &Value) -> Reply {
    let cvc = if card["brand"] == "amex" {
        "1234"
    } else {
        "123"
    };
    let form = format!(
        "type=card&card[number]={}&card[exp_month]=12&card[exp_year]=34&card[cvc]={cvc}&billing_details[address][line1]=Way%201&billing_details[address][postal_code]=89073",
        card["number"].as_str().unwrap()
    );
    stripe.post(ALICE_PK, "/v1/payment_methods", &form).await
}

async fn customer(stripe: &Stripe) -> String {
    stripe
        .post(ALICE, "/v1/customers", "")
        .await
        .id()
        .to_owned()
}

/// Pays on session; passes or fails the challenge where there is one. The answer is the payment.
async fn pay(stripe: &Stripe, method: &str, outcome: &str) -> (bool, Value) {
    let form = format!("confirm=true&payment_method={method}");
    let answer = stripe.payment(ALICE, &form).await;
    let error = &answer.body["error"]["payment_intent"];
    let intent = if error.is_null() {
        answer.body.clone()
    } else {
        error.clone()
    };
    let path = format!(
        "/payment_intents/{}/authenticate",
        intent["id"].as_str().unwrap()
    );
    let challenged = intent["status"] == "requires_action";
    if challenged {
        stripe
            .control("POST", &path, json!({ "outcome": outcome }))
            .await;
    }
    let path = format!(
        "/v1/payment_intents/{}?expand[]=latest_charge",
        intent["id"].as_str().unwrap()
    );
    (challenged, stripe.get(ALICE, &path).await.body)
}

fn is_challenged(card: &Value) -> bool {
    let outcome = card["outcome"].as_str().unwrap();
    outcome.ends_with("after_3ds")
}

fn check_result(card: &Value, paid: &Value) {
    let number = card["number"].as_str().unwrap();
    let outcome = card["outcome"].as_str().unwrap();
    let succeeds = outcome.starts_with("succeeds") || outcome == "captcha";
    let error = &paid["last_payment_error"];
    if succeeds {
        assert_eq!(paid["status"], "succeeded", "{number}: {error}");
        return;
    }
    assert_eq!(paid["status"], "requires_payment_method", "{number}");
    assert_eq!(error["code"], card["error_code"], "{number}");
    if card["decline_code"].is_string() {
        assert_eq!(error["decline_code"], card["decline_code"], "{number}");
    }
    let charge = &paid["latest_charge"];
    assert_eq!(
        (&charge["status"], &charge["failure_code"]),
        (&json!("failed"), &card["error_code"]),
        "{number}"
    );
    let kind = if outcome == "blocked" {
        "blocked"
    } else {
        "issuer_declined"
    };
    assert_eq!(charge["outcome"]["type"], kind, "{number}");
}

#[actix_web::test]
async fn every_card_plays_its_outcome_when_it_is_typed_in() {
    let stripe = start().await;
    for card in cards() {
        let method = typed(&stripe, &card).await;
        if card["outcome"] == "invalid_number" {
            assert_eq!(
                method.error(),
                (402, card["error_code"].as_str(), Some("number"))
            );
            continue;
        }
        assert_eq!(method.status, 200, "{card}: {}", method.body);
        let brand = card["brand"].as_str().unwrap();
        let network = brand.split('_').next().unwrap();
        let known = if brand == "bccard" {
            "unknown"
        } else {
            network
        };
        assert_eq!(method.body["card"]["brand"], known, "{card}");
        let funding = brand.split('_').nth(1).unwrap_or("credit");
        assert_eq!(method.body["card"]["funding"], funding, "{card}");
        let (challenged, paid) = pay(&stripe, method.id(), "success").await;
        assert_eq!(challenged, is_challenged(&card), "{card}");
        check_result(&card, &paid);
    }
}

#[actix_web::test]
async fn every_ready_made_card_plays_its_outcome_and_a_failed_challenge_fails() {
    let stripe = start().await;
    for card in cards() {
        let Some(name) = card["payment_method"].as_str() else {
            continue;
        };
        let (_, paid) = pay(&stripe, name, "success").await;
        check_result(&card, &paid);
        if is_challenged(&card) {
            let (_, failed) = pay(&stripe, name, "fail").await;
            let code = &failed["last_payment_error"]["code"];
            assert_eq!(code, "payment_intent_authentication_failure", "{card}");
            assert_eq!(failed["latest_charge"], json!(null), "{card}");
        }
    }
}

#[actix_web::test]
async fn saved_cards_are_charged_while_the_shopper_is_away() {
    let stripe = start().await;
    let customer = customer(&stripe).await;
    for card in cards() {
        let Some(name) = card["payment_method"].as_str() else {
            continue;
        };
        let path = format!("/v1/payment_methods/{name}/attach");
        let saved = stripe
            .post(ALICE, &path, &format!("customer={customer}"))
            .await;
        if card["outcome"] == "declined" {
            assert_eq!(saved.error().1, card["error_code"].as_str(), "{card}");
            continue;
        }
        assert_eq!(saved.status, 200, "{card}: {}", saved.body);
        let form = format!(
            "customer={customer}&confirm=true&off_session=true&payment_method={}",
            saved.id()
        );
        let answer = stripe.payment(ALICE, &form).await;
        let ready = card["three_ds"]
            .as_str()
            .unwrap()
            .contains("already set up");
        if is_challenged(&card) && !ready {
            assert_eq!(answer.error().1, Some("authentication_required"), "{card}");
        } else if card["error_code"].is_string() {
            assert_eq!(answer.error().1, card["error_code"].as_str(), "{card}");
        } else {
            assert_eq!(
                answer.body["status"], "succeeded",
                "{card}: {}",
                answer.body
            );
        }
    }
}

#[actix_web::test]
async fn checks_and_risk_are_as_the_card_says() {
    let stripe = start().await;
    for card in cards() {
        let note = card["note"].as_str().unwrap();
        let expected = match note {
            "cvc_check fail; Radar may block" => ["pass", "pass", "fail"],
            "postal code check fails" => ["pass", "fail", "pass"],
            "line1 check fails" => ["fail", "pass", "pass"],
            "both address checks fail" => ["fail", "fail", "pass"],
            "address checks unavailable" => ["unavailable", "unavailable", "pass"],
            _ => ["pass", "pass", "pass"],
        };
        if card["outcome"] != "succeeds" {
            continue;
        }
        let method = typed(&stripe, &card).await;
        let (_, paid) = pay(&stripe, method.id(), "success").await;
        let charge = &paid["latest_charge"];
        let checks = &charge["payment_method_details"]["card"]["checks"];
        let names = [
            "address_line1_check",
            "address_postal_code_check",
            "cvc_check",
        ];
        assert_eq!(
            names.map(|name| checks[name].as_str().unwrap()),
            expected,
            "{card}"
        );
        let risk = match note {
            "risk_level elevated" => "elevated",
            "risk_level highest; blocked only by a Radar rule" => "highest",
            _ => "normal",
        };
        assert_eq!(charge["outcome"]["risk_level"], risk, "{card}");
    }
}

#[actix_web::test]
async fn a_challenge_can_be_asked_for() {
    let stripe = start().await;
    for card in cards() {
        let (Some(name), Some(three_ds)) =
            (card["payment_method"].as_str(), card["three_ds"].as_str())
        else {
            continue;
        };
        let expected = match three_ds {
            "optional" => json!(null),
            "supported_not_enrolled" => json!("attempt_acknowledged"),
            "not_supported" => json!("not_supported"),
            "optional_error" => json!("processing_error"),
            _ => continue,
        };
        let form = format!(
            "confirm=true&payment_method={name}&payment_method_options[card][request_three_d_secure]=any&expand[]=latest_charge"
        );
        let answer = stripe.payment(ALICE, &form).await;
        if three_ds == "optional" {
            assert_eq!(answer.body["status"], "requires_action", "{card}");
        } else {
            let details = &answer.body["latest_charge"]["payment_method_details"]["card"];
            assert_eq!(details["three_d_secure"]["result"], expected, "{card}");
        }
    }
}

#[actix_web::test]
async fn cards_cause_their_disputes_warnings_and_refunds() {
    let stripe = start().await;
    for card in cards() {
        let Some(name) = card["payment_method"].as_str() else {
            continue;
        };
        if !card["outcome"]
            .as_str()
            .unwrap()
            .starts_with("succeeds_then")
            && !card["note"].as_str().unwrap().starts_with("refund")
        {
            continue;
        }
        let (_, paid) = pay(&stripe, name, "success").await;
        let list = stripe
            .get(
                ALICE,
                &format!(
                    "/v1/disputes?payment_intent={}",
                    paid["id"].as_str().unwrap()
                ),
            )
            .await;
        let disputes = list.body["data"].as_array().unwrap();
        let outcome = card["outcome"].as_str().unwrap();
        let note = card["note"].as_str().unwrap();
        match outcome {
            "succeeds_then_disputed" => assert_eq!(disputes[0]["reason"], note, "{card}"),
            "succeeds_then_inquiry" => assert_eq!(disputes[0]["status"], note, "{card}"),
            "succeeds_then_disputed_several_times" => assert_eq!(disputes.len(), 2, "{card}"),
            "succeeds_then_fraud_warning" => {
                let events = stripe.get(ALICE, &format!("/v1/events?type={note}")).await;
                assert_eq!(events.body["data"].as_array().unwrap().len(), 1, "{card}");
            }
            _ => {
                let form = format!("payment_intent={}", paid["id"].as_str().unwrap());
                let refund = stripe.post(ALICE, "/v1/refunds", &form).await;
                let (first, event) = if note.starts_with("refund pending") {
                    ("pending", "refund.updated")
                } else {
                    ("succeeded", "refund.failed")
                };
                assert_eq!(refund.body["status"], first, "{card}");
                stripe.advance(60);
                let events = stripe.get(ALICE, &format!("/v1/events?type={event}")).await;
                assert_eq!(
                    events.body["data"][0]["data"]["object"]["id"],
                    refund.id(),
                    "{card}"
                );
            }
        }
    }
}
