//! Parameters that Stripe refuses on payments and set-ups.

use serde_json::json;

use crate::harness::{ALICE, ALICE_LIVE, start};

#[actix_web::test]
async fn the_customer_of_a_payment_or_set_up_stays() {
    let stripe = start().await;
    let mut customers = Vec::new();
    for _ in 0..2 {
        let made = stripe.post(ALICE, "/v1/customers", "").await;
        customers.push(made.id().to_owned());
    }
    for (kind, more, code) in [
        (
            "payment_intents",
            "&amount=2000&currency=usd",
            "payment_intent_unexpected_state",
        ),
        ("setup_intents", "", "setup_intent_unexpected_state"),
    ] {
        let form = format!("allowed_payment_method_types[0]=card{more}");
        let made = stripe.post(ALICE, &format!("/v1/{kind}"), &form).await;
        let path = format!("/v1/{kind}/{}", made.id());
        for (customer, expected) in [(0, 200), (0, 200), (1, 400)] {
            let form = format!("customer={}", customers[customer]);
            let answer = stripe.post(ALICE, &path, &form).await;
            assert_eq!(answer.status, expected, "{}", answer.body);
            if expected == 400 {
                assert_eq!(answer.error().1, Some(code));
            }
        }
        let after = stripe.get(ALICE, &path).await;
        assert_eq!(after.body["customer"], customers[0]);
    }
}

#[actix_web::test]
async fn statements_show_what_banks_can_print() {
    let stripe = start().await;
    let long = "ABCDEFGHIJKLMNOPQRSTUVW";
    for (param, text) in [
        ("statement_descriptor", long),
        ("statement_descriptor", "SHOP"),
        ("statement_descriptor_suffix", long),
        ("statement_descriptor_suffix", "ORDER*1"),
        ("statement_descriptor_suffix", "<ORDER>"),
        ("statement_descriptor_suffix", "12345"),
    ] {
        let form = format!("{param}={text}");
        let refused = stripe.payment(ALICE, &form).await;
        assert_eq!(refused.error(), (400, None, Some(param)), "{text}");
        let made = stripe.payment(ALICE, "").await;
        let path = format!("/v1/payment_intents/{}", made.id());
        let refused = stripe.post(ALICE, &path, &form).await;
        assert_eq!(refused.error(), (400, None, Some(param)), "{text}");
    }
    let form =
        "amount=2000&currency=eur&allowed_payment_method_types[0]=link&statement_descriptor=SHOP";
    let made = stripe.post(ALICE, "/v1/payment_intents", form).await;
    assert_eq!(made.body["statement_descriptor"], "SHOP", "{}", made.body);
}

#[actix_web::test]
async fn a_payment_is_made_with_what_it_allows() {
    let stripe = start().await;
    let form = "amount=2000&currency=eur&allowed_payment_method_types[0]=link";
    let early = format!("{form}&payment_method=pm_card_visa");
    let refused = stripe.post(ALICE, "/v1/payment_intents", &early).await;
    assert_eq!(refused.error(), (400, None, Some("payment_method")));
    let made = stripe.post(ALICE, "/v1/payment_intents", form).await;
    let path = format!("/v1/payment_intents/{}", made.id());
    let card = "payment_method=pm_card_visa&return_url=https://shop.example/";
    let refused = stripe.post(ALICE, &format!("{path}/confirm"), card).await;
    assert_eq!(refused.error(), (400, None, Some("payment_method")));
    let both = "amount=2000&currency=usd&automatic_payment_methods[enabled]=true&confirmation_method=manual";
    let refused = stripe.post(ALICE, "/v1/payment_intents", both).await;
    assert_eq!(refused.error(), (400, None, Some("confirmation_method")));
    let form = "allowed_payment_method_types[0]=link&confirm=true&return_url=https://shop.example/&payment_method=pm_card_visa";
    let refused = stripe.post(ALICE, "/v1/setup_intents", form).await;
    assert_eq!(refused.error(), (400, None, Some("payment_method")));
}

#[actix_web::test]
async fn an_object_has_at_most_fifty_names_in_its_metadata() {
    let stripe = start().await;
    let names = |from: usize, count: usize| {
        let pairs = (from..from + count).map(|name| format!("metadata[n{name}]=1"));
        pairs.collect::<Vec<_>>().join("&")
    };
    let hook = format!(
        "url=https://shop.example/&enabled_events[0]=*&{}",
        names(0, 50)
    );
    let payment = format!("amount=500&currency=usd&{}", names(0, 50));
    for (path, form) in [
        ("/v1/payment_intents", payment.as_str()),
        ("/v1/setup_intents", &names(0, 50)),
        ("/v1/customers", &names(0, 50)),
        ("/v1/webhook_endpoints", &hook),
    ] {
        let made = stripe.post(ALICE, path, form).await;
        assert_eq!(made.status, 200, "{}", made.body);
        let path = format!("{path}/{}", made.id());
        let refused = stripe.post(ALICE, &path, "metadata[more]=1").await;
        assert_eq!(refused.error(), (400, None, Some("metadata")), "{path}");
        let swapped = stripe
            .post(
                ALICE,
                &path,
                "metadata[n0]=&metadata[n1]=2&metadata[more]=1",
            )
            .await;
        let kept = swapped.body["metadata"].as_object().unwrap();
        assert_eq!((kept.len(), &kept["n1"]), (50, &json!("2")), "{path}");
    }
}

#[actix_web::test]
async fn addresses_lead_to_a_page_or_an_app() {
    let stripe = start().await;
    let made = stripe.payment(ALICE, "").await;
    let path = format!("/v1/payment_intents/{}/confirm", made.id());
    for url in [
        "javascript:alert(1)//",
        "data:text/html,x",
        "file:///etc",
        "shop",
    ] {
        let form = format!("payment_method=pm_card_visa&return_url={url}");
        let refused = stripe.post(ALICE, &path, &form).await;
        assert_eq!(
            refused.error(),
            (400, Some("url_invalid"), Some("return_url")),
            "{url}"
        );
    }
    let form = "payment_method=pm_card_visa&return_url=myshop://paid";
    assert_eq!(stripe.post(ALICE, &path, form).await.status, 200);
    let hook = |url: &str| format!("url={url}&enabled_events[0]=*");
    for (key, url, status) in [
        (ALICE_LIVE, "http://shop.example/hook", 400),
        (ALICE_LIVE, "http://127.0.0.1:9/hook", 200),
        (ALICE_LIVE, "http://[::1]:9/hook", 200),
        (ALICE_LIVE, "https://shop.example/hook", 200),
        (ALICE, "http://shop.example/hook", 200),
    ] {
        let made = stripe.post(key, "/v1/webhook_endpoints", &hook(url)).await;
        assert_eq!(made.status, status, "{url}: {}", made.body);
    }
}
