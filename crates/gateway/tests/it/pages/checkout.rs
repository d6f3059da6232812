//! The page that takes the money.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Visit, check_page};
use crate::harness::{TestApp, stories};

stories!(
    a_checkout_page_says_what_is_paid_to_whom,
    a9_only_the_stores_origins_may_frame_it,
    a_page_without_a_payment_says_why,
    a_paid_checkout_leads_to_its_result,
    a8_names_and_addresses_are_text,
    p15_forged_hosts_change_no_link,
);

/// The configuration that the page's script reads.
fn config(html: &str) -> Value {
    let start = html
        .find(r#"<script id="checkout-config" type="application/json">"#)
        .unwrap();
    let json = html[start..]
        .split_once('>')
        .unwrap()
        .1
        .split_once("</script>")
        .unwrap()
        .0;
    serde_json::from_str(json).unwrap()
}

async fn a_checkout_page_says_what_is_paid_to_whom(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = app
        .create_product(&store, json!({ "name": "Beans", "unit_amount": 1250 }))
        .await;
    let cart = app.cart_of(&store, &product, 2).await;
    let body = json!({ "cart_id": cart, "email": "shopper@example.com", "cancel_url": "https://platform.example.com/cart" });
    let checkout = app
        .store_post(&store, "/checkouts", &body)
        .send()
        .await
        .expect(201);
    let token = checkout["checkout_token"].as_str().unwrap();
    let page = app.http.get(&format!("/checkout/{token}")).send().await;
    page.expect(200);
    check_page(&page);
    for text in [
        "Coffee",
        "Beans",
        "2 × €12.50",
        "€25.00",
        "TEST",
        "https://platform.example.com/cart",
    ] {
        assert!(page.text.contains(text), "{text}");
    }
    let js = app.sandbox.url();
    let policy = page.header("content-security-policy");
    let directive = |name: &str| {
        policy
            .split("; ")
            .find(|part| part.starts_with(name))
            .unwrap()
            .to_owned()
    };
    let scripts = directive("script-src ");
    let nonce = scripts
        .split("'nonce-")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(scripts, format!("script-src 'self' 'nonce-{nonce}' {js}"));
    assert!(
        directive("connect-src ").contains(&js) && directive("frame-src ").contains(&js),
        "{policy}"
    );
    assert!(nonce.len() >= 22, "128 bits: {nonce}");
    let tags = page.text.matches("<script").count();
    let with_nonce = page.text.matches(&format!("nonce=\"{nonce}\"")).count();
    let data = page.text.matches("type=\"application/json\"").count();
    assert!(
        tags == with_nonce + data || with_nonce > tags - data,
        "each script has the nonce: {}",
        page.text
    );
    let again = app.http.get(&format!("/checkout/{token}")).send().await;
    assert!(
        !again.header("content-security-policy").contains(&nonce),
        "a nonce is used once"
    );

    let config = config(&page.text);
    assert_eq!(
        (&config["amount"], &config["currency"]),
        (&2500.into(), &"eur".into())
    );
    assert_eq!(config["publishable_key"], store.keys.publishable);
    assert_eq!(
        (&config["checkout_token"], &config["email"]),
        (&token.into(), &"shopper@example.com".into())
    );
    assert_eq!(
        config["return_url"],
        format!("{}/payment/success?checkout={token}", app.url)
    );
}

async fn a9_only_the_stores_origins_may_frame_it(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &cart).await;
    let path = format!("/checkout/{token}");
    assert_eq!(
        app.http.get(&path).send().await.header("x-frame-options"),
        "DENY"
    );
    let shop = json!({ "allowed_origins": ["https://shop.example.com"] });
    app.internal(Method::PATCH, &format!("/stores/{}", store.id), &shop)
        .await
        .expect(200);
    let page = app.http.get(&path).send().await;
    let policy = page.header("content-security-policy");
    assert!(
        policy
            .split("; ")
            .any(|part| part == "frame-ancestors https://shop.example.com"),
        "{policy}"
    );
    assert_ne!(page.header("x-frame-options"), "DENY");
    let result = app
        .http
        .get(&format!("/payment/success?checkout={token}"))
        .send()
        .await;
    assert!(
        result
            .header("content-security-policy")
            .contains("frame-ancestors 'none'")
    );
}

async fn a_page_without_a_payment_says_why(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &cart).await;
    let flipped = format!(
        "{}{}",
        &token[..token.len() - 2],
        if token.ends_with("AA") { "BB" } else { "AA" }
    );
    for garbage in [
        "token",
        "a.b.c",
        "%00",
        "%FF",
        "..",
        &flipped,
        &"x".repeat(3_000),
    ] {
        let page = app.http.get(&format!("/checkout/{garbage}")).send().await;
        assert_eq!(page.status, 404, "{garbage:.20}: {}", page.text);
        if page.header("content-type").starts_with("text/html") {
            check_page(&page);
        }
    }
    let mug = app
        .create_product(&store, json!({ "name": "Mug", "unit_amount": 399 }))
        .await;
    app.change_cart(&store, &cart, &mug, 1).await.expect(200);
    let outdated = app.http.get(&format!("/checkout/{token}")).send().await;
    outdated.expect(409);
    assert!(outdated.text.contains("Your cart has changed"));
    check_page(&outdated);

    let other = app.connected_store("Closed shop").await;
    let cart = app.create_cart(&other).await;
    let token = app.open_checkout(&other, &cart).await;
    let key_refused = format!(
        "UPDATE stripe_connections SET reconnect_needed = true WHERE store_id = '{}'",
        other.id
    );
    app.database.raw(&key_refused).await.unwrap();
    let closed = app.http.get(&format!("/checkout/{token}")).send().await;
    closed.expect(409);
    assert!(
        closed
            .text
            .contains("Closed shop cannot take card payments"),
        "{}",
        closed.text
    );
    check_page(&closed);
    app.clock.advance(SignedDuration::from_mins(30));
    let expired = app.http.get(&format!("/checkout/{token}")).send().await;
    expired.expect(410);
    assert!(expired.text.contains("expired"));
    check_page(&expired);
}

async fn a_paid_checkout_leads_to_its_result(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let visit = Visit::begin(app, &store).await;
    app.http
        .get(&format!("/checkout/{}", visit.token))
        .send()
        .await
        .expect(200);
    app.pay(&visit.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    let page = app
        .http
        .get(&format!("/checkout/{}", visit.token))
        .send()
        .await;
    assert_eq!(page.status, 303, "{}", page.text);
    assert_eq!(
        page.header("location"),
        format!("{}/payment/success?checkout={}", app.url, visit.token)
    );
    assert_eq!(page.header("cache-control"), "no-store");
    let intents = app.intents_at_stripe(&store).await.len();
    assert_eq!(intents, 1);
}

async fn a8_names_and_addresses_are_text(app: &TestApp) {
    let payloads = [
        "<script>alert(1)</script>",
        "</script><script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg onload=alert(1)>",
        "<!--<script>",
        "{{7*7}}${7*7}",
        "&lt;b&gt;",
        "\u{2028}alert(1)\u{2029}",
        "\u{202e}gnp.exe",
    ];
    for payload in payloads {
        let store = app.connected_store(payload).await;
        let product = app
            .create_product(&store, json!({ "name": payload, "unit_amount": 1250 }))
            .await;
        let cart = app.cart_of(&store, &product, 1).await;
        // No white space, so that it passes as an address.
        let email = format!("{}@x.example", payload.replace(char::is_whitespace, ""));
        let cancel_url = format!(
            "https://platform.example.com/?q={}",
            payload.replace(char::is_whitespace, "")
        );
        let body = json!({ "cart_id": cart, "email": email, "cancel_url": cancel_url, "success_url": cancel_url });
        let checkout = app
            .store_post(&store, "/checkouts", &body)
            .send()
            .await
            .expect(201);
        let token = checkout["checkout_token"].as_str().unwrap();
        let page = app.http.get(&format!("/checkout/{token}")).send().await;
        page.expect(200);
        check_text(&page.text, payload);
        assert_eq!(
            config(&page.text)["email"],
            email,
            "{payload}: the configuration says the same"
        );
        let body = json!({ "cart_id": cart });
        app.store_post(&store, "/orders", &body)
            .bearer(token)
            .send()
            .await
            .expect(201);
        let result = app
            .http
            .get(&format!("/payment/success?checkout={token}"))
            .send()
            .await;
        result.expect(200);
        check_text(&result.text, payload);
    }
}

/// No tag of the payload is in the page as a tag.
fn check_text(html: &str, payload: &str) {
    for tag in ["<script>alert", "<img src=x", "<svg onload", "<!--<script>"] {
        assert!(!html.contains(tag), "{payload}: {tag} in the page");
    }
    let opened = html.matches("<script").count();
    assert_eq!(opened, html.matches("</script>").count(), "{payload}");
}

async fn p15_forged_hosts_change_no_link(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let forged = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "gopher"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-original-url", "//evil.example/"),
    ];
    for (name, value) in forged {
        let checkout = app
            .store_post(&store, "/checkouts", &json!({ "cart_id": cart }))
            .header(name, value)
            .send()
            .await;
        let checkout = checkout.expect(201);
        let token = checkout["checkout_token"].as_str().unwrap();
        assert_eq!(
            checkout["checkout_url"],
            format!("{}/checkout/{token}", app.url),
            "{name}"
        );
        let page = app
            .http
            .get(&format!("/checkout/{token}"))
            .header(name, value)
            .send()
            .await;
        page.expect(200);
        assert!(!page.text.contains("evil.example"), "{name}");
        let link = app.http.post(
            &format!("/api/internal/stores/{}/connect-links", store.id),
            &json!({}),
        );
        let link = link
            .header("x-internal-secret", crate::harness::INTERNAL_SECRET)
            .header(name, value)
            .send()
            .await;
        assert!(
            link.expect(201)["url"]
                .as_str()
                .unwrap()
                .starts_with(&app.url),
            "{name}"
        );
    }
}
