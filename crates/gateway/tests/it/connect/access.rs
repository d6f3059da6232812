//! Who may enter a store's keys: whoever holds an open connect token of that store, and nobody else.

use gateway::tokens::{CheckoutClaims, ConnectClaims, TokenKeys};
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretSlice};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Merchant, connect_link, new_account, test_account};
use crate::harness::{TestApp, stories};

stories!(
    c1_without_a_token_the_way_leads_to_sign_in,
    c1_foreign_and_forged_tokens_are_refused,
    c1_an_expired_token_is_gone,
    c1_success_alone_uses_a_token_up,
    c1_of_two_at_once_one_wins,
    c2_another_stores_token_sets_no_webhook_secret,
    p15_forged_host_headers_change_no_link,
);

async fn c1_without_a_token_the_way_leads_to_sign_in(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let here = format!(
        "/stripe/connect?store_id={store}&return_url=https%3A%2F%2Fplatform.example.com%2Fback"
    );
    let answer = app.http.get(&here).send().await;
    answer.expect(303);
    let next: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
    assert_eq!(
        answer.header("location"),
        format!("/portal/sign-in?next={next}")
    );
    let sign_in = app.http.get(answer.header("location")).send().await;
    sign_in.expect(200);
    assert!(sign_in.text.contains("connect link"));

    let mut merchant = Merchant::open(app, &store, json!({})).await;
    merchant.token = String::new();
    merchant
        .submit_keys(&new_account(app).await)
        .await
        .expect(401);
    assert_eq!(test_account(app, &store).await, Value::Null);
}

async fn c1_foreign_and_forged_tokens_are_refused(app: &TestApp) {
    let ours = app.connected_store("Roastery").await;
    let theirs = app.create_store("Intruder").await;
    let store_id = ours.id.parse().unwrap();
    let now = app.clock.now();
    let foreign = Merchant::open(app, &theirs, json!({})).await;
    let forger = TokenKeys::new(vec![SecretSlice::from(
        b"FAKE-token-key-of-somebody-else!".to_vec(),
    )]);
    let claims = ConnectClaims {
        store_id,
        token_id: Uuid::new_v4(),
    };
    let checkout = CheckoutClaims {
        store_id,
        checkout_id: domain::CheckoutId::generate(),
    };
    let tokens = [
        foreign.token.clone(),
        forger
            .mint_connect(claims, now)
            .unwrap()
            .expose_secret()
            .to_owned(),
        // Signed by us, but never handed out, or for something else.
        app.app
            .tokens
            .mint_connect(claims, now)
            .unwrap()
            .expose_secret()
            .to_owned(),
        app.app
            .tokens
            .mint_checkout(checkout, now)
            .unwrap()
            .expose_secret()
            .to_owned(),
        "x".to_owned(),
    ];
    let keys = new_account(app).await;
    for token in tokens {
        let link = format!("/stripe/connect?store_id={}&token={token}", ours.id);
        app.http.get(&link).send().await.expect(403);
        let intruder = Merchant {
            app,
            store_id: ours.id.clone(),
            token,
            return_url: String::new(),
            csrf_token: foreign.csrf_token.clone(),
            cookie: foreign.cookie.clone(),
        };
        intruder.submit_keys(&keys).await.expect(403);
    }
    assert_eq!(test_account(app, &ours.id).await, ours.keys.account_id);
    assert_eq!(test_account(app, &theirs).await, Value::Null);
}

async fn c1_an_expired_token_is_gone(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let link = connect_link(app, &store, json!({})).await;
    let merchant = Merchant::open_link(app, &link).await;
    app.clock
        .advance(SignedDuration::from_mins(15) - SignedDuration::from_secs(1));
    app.http.get(&link).send().await.expect(200);
    app.clock.advance(SignedDuration::from_secs(1));
    app.http.get(&link).send().await.expect(410);
    merchant
        .submit_keys(&new_account(app).await)
        .await
        .expect(410);
    assert_eq!(test_account(app, &store).await, Value::Null);
}

async fn c1_success_alone_uses_a_token_up(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let link = connect_link(app, &store, json!({})).await;
    let merchant = Merchant::open_link(app, &link).await;
    merchant.submit("", "", "").await.expect(422);
    let first = new_account(app).await;
    merchant.submit_keys(&first).await.expect(303);
    app.http.get(&link).send().await.expect(410);
    merchant
        .submit_keys(&new_account(app).await)
        .await
        .expect(410);
    assert_eq!(test_account(app, &store).await, first.account_id);
}

async fn c1_of_two_at_once_one_wins(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let merchant = Merchant::open(app, &store, json!({})).await;
    let keys = new_account(app).await;
    let answers = futures_util::future::join_all((0..6).map(|_| merchant.submit_keys(&keys))).await;
    let mut statuses: Vec<u16> = answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410, 410, 410, 410, 410]);
    let stored = app
        .database
        .raw("SELECT id FROM audit_log WHERE action = 'connect.keys_stored'")
        .await
        .unwrap();
    assert_eq!(stored.len(), 1);
}

async fn c2_another_stores_token_sets_no_webhook_secret(app: &TestApp) {
    let ours = app.connected_store("Roastery").await;
    let theirs = app.create_store("Intruder").await;
    let mut intruder = Merchant::open(app, &theirs, json!({})).await;
    intruder.store_id.clone_from(&ours.id);
    let known = "whsec_FAKEknownToTheIntruder";
    intruder
        .submit(&ours.keys.publishable, &ours.keys.secret, known)
        .await
        .expect(403);

    // What Stripe signs with the store's own secret is still the only thing that counts.
    let order = app.place_order(&ours).await;
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&ours, "payment_intent.succeeded", 1).await;
    let secrets = app
        .database
        .raw("SELECT version FROM webhook_secrets")
        .await
        .unwrap();
    assert_eq!(secrets.len(), 1);
}

async fn p15_forged_host_headers_change_no_link(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let forge = |path: &str, method: reqwest::Method| {
        let request = app
            .http
            .request(method, path)
            .header("X-Internal-Secret", crate::harness::INTERNAL_SECRET);
        request
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("forwarded", "host=evil.example;proto=https")
            .header("x-forwarded-proto", "https")
    };
    let link = forge(
        &format!("/api/internal/stores/{store}/connect-links"),
        reqwest::Method::POST,
    )
    .send()
    .await;
    let link = link.expect(201)["url"].as_str().unwrap().to_owned();
    assert!(
        link.starts_with(&format!("{}/stripe/connect?", app.url)),
        "{link}"
    );
    let form = forge(&link, reqwest::Method::GET).send().await;
    form.expect(200);
    assert!(
        form.text
            .contains(&format!("{}/webhook/stripe/{store}", app.url))
    );
    assert!(!form.text.contains("evil.example"));
}
