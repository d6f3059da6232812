//! The billing portal: configurations, sessions, and the page behind a session.

use serde_json::json;

use crate::harness::{ALICE, BOB, Stripe, read, start};

const RETURN: &str = "return_url=https://shop.example/account";

async fn customer(stripe: &Stripe) -> String {
    let form = "email=ann@shop.example&payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
    let made = stripe.post(ALICE, "/v1/customers", form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    made.id().to_owned()
}

#[actix_web::test]
async fn a_configuration_says_what_customers_may_do() {
    let stripe = start().await;
    let list = stripe.get(ALICE, "/v1/billing_portal/configurations").await;
    let usual = &list.body["data"][0];
    assert_eq!(usual["is_default"], true);
    assert_eq!(
        usual["features"]["subscription_cancel"]["mode"],
        "at_period_end"
    );
    let path = "/v1/billing_portal/configurations";
    let form = "features[invoice_history][enabled]=true&business_profile[headline]=Hello&default_return_url=https://shop.example";
    let made = stripe.post(ALICE, path, form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.body["features"]["invoice_history"]["enabled"], true);
    assert_eq!(
        made.body["features"]["subscription_cancel"]["enabled"],
        false
    );
    assert_eq!(made.body["business_profile"]["headline"], "Hello");
    let own = format!("{path}/{}", made.id());
    let changed = stripe
        .post(
            ALICE,
            &own,
            "active=false&features[payment_method_update][enabled]=true",
        )
        .await;
    assert_eq!(
        changed.body["features"]["payment_method_update"]["enabled"], true,
        "{}",
        changed.body
    );
    let default = format!("{path}/{}", usual["id"].as_str().unwrap());
    assert_eq!(
        stripe.post(ALICE, &default, "active=false").await.status,
        400
    );
    let active = stripe.get(ALICE, &format!("{path}?active=true")).await;
    assert_eq!(active.body["data"].as_array().map(Vec::len), Some(1));
    let plans = "features[subscription_update][enabled]=true&features[subscription_update][default_allowed_updates][]=price";
    let without = stripe.post(ALICE, path, plans).await;
    let param = "features[subscription_update][products]";
    assert_eq!(
        without.error(),
        (400, Some("parameter_missing"), Some(param))
    );
    let unknown = format!(
        "{plans}&features[subscription_update][products][0][product]=p&features[subscription_update][products][0][prices][0]=price_1"
    );
    assert_eq!(
        stripe.post(ALICE, path, &unknown).await.error().1,
        Some("resource_missing")
    );
    let types = stripe.event_types(ALICE).await;
    let expected = [
        "billing_portal.configuration.created",
        "billing_portal.configuration.updated",
    ];
    assert_eq!(types, expected);
}

#[actix_web::test]
async fn a_session_leads_one_customer_to_a_page_for_an_hour() {
    let stripe = start().await;
    let customer = customer(&stripe).await;
    let path = "/v1/billing_portal/sessions";
    let made = stripe
        .post(ALICE, path, &format!("customer={customer}&{RETURN}"))
        .await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.body["customer"], customer);
    assert_eq!(made.body["flow"], json!(null));
    let url = made.body["url"].as_str().unwrap();
    let page = url.strip_prefix(&stripe.url()).unwrap();
    let shown = read(stripe.request("GET", "", page)).await;
    assert_eq!(shown.status, 200);
    let html = shown.body.as_str().unwrap();
    assert!(
        html.contains("ann@shop.example") && html.contains("visa ending in 4242"),
        "{html}"
    );
    stripe.advance(60 * 60);
    assert_eq!(read(stripe.request("GET", "", page)).await.status, 404);
    for (form, code, param) in [
        (RETURN.to_owned(), "parameter_missing", "customer"),
        (
            format!("customer=cus_1&{RETURN}"),
            "resource_missing",
            "customer",
        ),
        (
            format!("customer={customer}&configuration=bpc_1"),
            "resource_missing",
            "configuration",
        ),
        (
            format!("customer={customer}&return_url=account"),
            "url_invalid",
            "return_url",
        ),
    ] {
        let refused = stripe.post(ALICE, path, &form).await;
        assert_eq!(refused.error(), (400, Some(code), Some(param)), "{form}");
    }
    let foreign = stripe
        .post(BOB, path, &format!("customer={customer}&{RETURN}"))
        .await;
    assert_eq!(foreign.error().1, Some("resource_missing"));
}

#[actix_web::test]
async fn the_page_does_what_the_configuration_allows_and_no_more() {
    let stripe = start().await;
    let customer = customer(&stripe).await;
    let mut prices = Vec::new();
    for amount in [900, 1900] {
        let form = format!(
            "currency=eur&unit_amount={amount}&recurring[interval]=month&product_data[name]=Club {amount}"
        );
        prices.push(
            stripe
                .post(ALICE, "/v1/prices", &form)
                .await
                .id()
                .to_owned(),
        );
    }
    let form = format!("customer={customer}&items[0][price]={}", prices[0]);
    let subscription = stripe.post(ALICE, "/v1/subscriptions", &form).await;
    assert_eq!(
        subscription.body["status"], "active",
        "{}",
        subscription.body
    );
    let own = format!("/v1/subscriptions/{}", subscription.id());
    let id = subscription.id();
    let form = format!(
        "features[subscription_cancel][enabled]=true&features[subscription_update][enabled]=true&features[subscription_update][default_allowed_updates][]=price&features[subscription_update][products][0][product]=p&features[subscription_update][products][0][prices][0]={}",
        prices[1]
    );
    let configuration = stripe
        .post(ALICE, "/v1/billing_portal/configurations", &form)
        .await;
    let form = format!(
        "customer={customer}&{RETURN}&configuration={}",
        configuration.id()
    );
    let session = stripe
        .post(ALICE, "/v1/billing_portal/sessions", &form)
        .await;
    let url = session.body["url"].as_str().unwrap();
    let page = url.strip_prefix(&stripe.url()).unwrap();
    let act = |body: serde_json::Value| read(stripe.request("POST", "", page).json(&body));
    let cancel = json!({ "action": "cancel", "subscription": id });
    assert_eq!(act(cancel).await.status, 200);
    assert_eq!(
        stripe.get(ALICE, &own).await.body["cancel_at_period_end"],
        true
    );
    assert_eq!(
        act(json!({ "action": "resume", "subscription": id }))
            .await
            .status,
        200
    );
    assert_eq!(
        stripe.get(ALICE, &own).await.body["cancel_at_period_end"],
        false
    );
    let other = json!({ "action": "change", "subscription": id, "price": prices[1] });
    let changed = act(other).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let now = stripe.get(ALICE, &own).await;
    assert_eq!(now.body["items"]["data"][0]["price"]["id"], prices[1]);
    for (body, status) in [
        (
            json!({ "action": "change", "subscription": id, "price": prices[0] }),
            400,
        ),
        (json!({ "action": "card", "payment_method": "pm_1" }), 403),
        (json!({ "action": "cancel", "subscription": "sub_1" }), 404),
    ] {
        assert_eq!(act(body.clone()).await.status, status, "{body}");
    }
}
