//! Checkout sessions until somebody pays: made, read, changed, expired.

use serde_json::json;

use crate::harness::{ALICE, BOB, NOW, Reply, Stripe, start};

const URLS: &str = "success_url=https://shop.example/ok?id={CHECKOUT_SESSION_ID}&cancel_url=https://shop.example/cart";

pub(crate) async fn session(stripe: &Stripe, more: &str) -> Reply {
    let form = format!("{URLS}&{more}");
    stripe.post(ALICE, "/v1/checkout/sessions", &form).await
}

/// Two pots of tea at 12.50 euros.
pub(crate) const TEA: &str = "mode=payment&line_items[0][quantity]=2&line_items[0][price_data][currency]=eur&line_items[0][price_data][unit_amount]=1250&line_items[0][price_data][product_data][name]=Tea";

#[actix_web::test]
async fn a_session_is_made_with_prices_of_its_own() {
    let stripe = start().await;
    let more = format!(
        "{TEA}&metadata[order]=7&client_reference_id=cart_1&customer_email=ann@shop.example&expand[]=line_items.data.price.product"
    );
    let made = session(&stripe, &more).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert!(made.id().starts_with("cs_test_"));
    assert_eq!(
        made.body["url"],
        format!("{}/c/pay/{}", stripe.url(), made.id())
    );
    assert_eq!(made.body["amount_total"], 2500);
    assert_eq!(made.body["currency"], "eur");
    assert_eq!(made.body["status"], "open");
    assert_eq!(made.body["payment_status"], "unpaid");
    assert_eq!(made.body["payment_intent"], json!(null));
    assert_eq!(made.body["ui_mode"], "hosted_page");
    assert_eq!(made.body["expires_at"], NOW + 24 * 60 * 60);
    assert_eq!(made.body["custom_text"]["submit"], json!(null));
    let item = &made.body["line_items"]["data"][0];
    assert_eq!(item["description"], "Tea");
    assert_eq!(item["amount_total"], 2500);
    assert_eq!(item["price"]["active"], false);
    assert_eq!(item["price"]["product"]["name"], "Tea");
    let prices = stripe.get(ALICE, "/v1/prices").await;
    assert_eq!(
        prices.body["data"],
        json!([]),
        "inline prices are not listed"
    );
    let path = format!("/v1/checkout/sessions/{}", made.id());
    assert!(
        stripe
            .get(ALICE, &path)
            .await
            .body
            .get("line_items")
            .is_none()
    );
    assert_eq!(stripe.get(BOB, &path).await.status, 404);
    let items = stripe
        .get(ALICE, &format!("{path}/line_items?limit=1"))
        .await;
    assert_eq!(items.body["data"][0]["quantity"], 2);
    let types = stripe.event_types(ALICE).await;
    assert_eq!(types, ["product.created", "price.created"]);
}

#[actix_web::test]
async fn shipping_fields_and_texts_are_kept() {
    let stripe = start().await;
    let more = format!(
        "{TEA}&shipping_address_collection[allowed_countries][0]=DE&phone_number_collection[enabled]=true&submit_type=book&locale=de&shipping_options[0][shipping_rate_data][display_name]=Post&shipping_options[0][shipping_rate_data][fixed_amount][amount]=490&shipping_options[0][shipping_rate_data][fixed_amount][currency]=eur&custom_fields[0][key]=note&custom_fields[0][label][type]=custom&custom_fields[0][label][custom]=Note&custom_fields[0][type]=text&custom_text[submit][message]=Soon&consent_collection[terms_of_service]=required&payment_method_options[card][request_three_d_secure]=any"
    );
    let made = session(&stripe, &more).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.body["amount_subtotal"], 2500);
    assert_eq!(made.body["amount_total"], 2990);
    assert_eq!(made.body["total_details"]["amount_shipping"], 490);
    assert_eq!(made.body["shipping_options"][0]["shipping_amount"], 490);
    let field = json!({
        "key": "note", "label": { "custom": "Note", "type": "custom" }, "optional": false,
        "text": { "default_value": null, "maximum_length": null, "minimum_length": null, "value": null },
        "type": "text",
    });
    assert_eq!(made.body["custom_fields"], json!([field]));
    assert_eq!(made.body["phone_number_collection"]["enabled"], true);
    assert_eq!(made.body["custom_text"]["submit"]["message"], "Soon");
    assert_eq!(
        made.body["consent_collection"]["terms_of_service"],
        "required"
    );
    assert_eq!(
        made.body["payment_method_options"]["card"]["request_three_d_secure"],
        "any"
    );
}

#[actix_web::test]
async fn sessions_expire_on_request_and_by_themselves() {
    let stripe = start().await;
    let first = session(&stripe, TEA).await;
    let path = format!("/v1/checkout/sessions/{}", first.id());
    let expired = stripe.post(ALICE, &format!("{path}/expire"), "").await;
    assert_eq!(expired.body["status"], "expired");
    assert_eq!(expired.body["url"], json!(null));
    let twice = stripe.post(ALICE, &format!("{path}/expire"), "").await;
    let message = "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `expired`.";
    assert_eq!(twice.body["error"]["message"], message);
    let at = NOW + 30 * 60;
    let second = session(&stripe, &format!("{TEA}&expires_at={at}")).await;
    stripe.advance(30 * 60 - 1);
    let path = format!("/v1/checkout/sessions/{}", second.id());
    assert_eq!(stripe.get(ALICE, &path).await.body["status"], "open");
    stripe.advance(1);
    let open = stripe.get(ALICE, "/v1/checkout/sessions?status=open").await;
    assert_eq!(open.body["data"], json!([]));
    let told = stripe
        .get(ALICE, "/v1/events?type=checkout.session.expired")
        .await;
    assert_eq!(told.body["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(told.body["data"][0]["created"], at);
    assert_eq!(told.body["data"][0]["request"]["id"], json!(null));
}

#[actix_web::test]
async fn an_open_session_can_be_changed() {
    let stripe = start().await;
    let made = session(&stripe, &format!("{TEA}&expand[]=line_items&metadata[a]=1")).await;
    let item = made.body["line_items"]["data"][0]["id"].as_str().unwrap();
    let path = format!("/v1/checkout/sessions/{}", made.id());
    let form = format!(
        "metadata[b]=2&line_items[0][id]={item}&line_items[0][quantity]=3&line_items[1][quantity]=1&line_items[1][price_data][currency]=eur&line_items[1][price_data][unit_amount]=100&line_items[1][price_data][product_data][name]=Bag&expand[]=line_items"
    );
    let changed = stripe.post(ALICE, &path, &form).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(changed.body["amount_total"], 3850);
    assert_eq!(changed.body["metadata"], json!({ "a": "1", "b": "2" }));
    assert_eq!(changed.body["line_items"]["data"][0]["id"], item);
    stripe.post(ALICE, &format!("{path}/expire"), "").await;
    let late = stripe.post(ALICE, &path, "shipping_options=").await;
    assert_eq!(late.status, 400);
    assert_eq!(stripe.post(ALICE, &path, "metadata[b]=3").await.status, 200);
}

#[actix_web::test]
async fn a_session_on_the_shops_own_page_has_a_secret_instead_of_an_address() {
    let stripe = start().await;
    let form = format!("{TEA}&ui_mode=embedded_page&return_url=https://shop.example/done");
    let made = stripe.post(ALICE, "/v1/checkout/sessions", &form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.body["url"], json!(null));
    assert_eq!(made.body["redirect_on_completion"], "always");
    let secret = made.body["client_secret"].as_str().unwrap();
    assert!(secret.starts_with(&format!("{}_secret_", made.id())));
}
