//! What anybody may see of a store's connection.

use reqwest::Method;
use serde_json::json;

use super::{Merchant, new_account};
use crate::harness::{Keys, TestApp, stories};

stories!(
    c14_the_public_status_has_three_fields,
    the_success_page_tells_what_is_left_to_do
);

async fn c14_the_public_status_has_three_fields(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let path = format!("/stripe/status/{store}");
    let status = app.http.get(&path).send().await;
    assert_eq!(
        status.expect(200),
        json!({ "store_id": store, "has_stripe": false, "is_live_mode": false })
    );
    assert_eq!(status.header("access-control-allow-origin"), "*");
    assert_eq!(status.header("cache-control"), "public, max-age=5");

    let test = new_account(app).await;
    app.connect(&store, &test, None).await;
    let connected = app.http.get(&path).send().await.expect(200);
    assert_eq!(
        connected,
        json!({ "store_id": store, "has_stripe": true, "is_live_mode": false })
    );

    let live = Keys::fake_in("live");
    app.create_account(&live).await;
    app.connect(&store, &live, None).await;
    app.internal(
        Method::PATCH,
        &format!("/stores/{store}"),
        &json!({ "active_mode": "live" }),
    )
    .await
    .expect(200);
    let connected = app.http.get(&path).send().await.expect(200);
    assert_eq!(
        connected,
        json!({ "store_id": store, "has_stripe": true, "is_live_mode": true })
    );

    for unknown in [
        domain::StoreId::generate().to_string(),
        "nonsense".into(),
        "%00".into(),
    ] {
        let missing = app
            .http
            .get(&format!("/stripe/status/{unknown}"))
            .send()
            .await;
        missing.expect_error(404, "resource_missing");
        assert_eq!(missing.header("access-control-allow-origin"), "*");
    }
}

async fn the_success_page_tells_what_is_left_to_do(app: &TestApp) {
    let store = app.create_store("Roastery & <Söhne>").await;
    let path = format!("/stripe/success/{store}");
    let before = app.http.get(&path).send().await;
    before.expect(200);
    assert!(before.text.contains("is not connected"));
    assert!(!before.text.contains("<Söhne>"), "names are escaped");

    let keys = new_account(app).await;
    let merchant = Merchant::open(app, &store, json!({})).await;
    merchant.submit_keys(&keys).await.expect(303);
    let page = app.http.get(&path).send().await;
    page.expect(200);
    for shown in [
        keys.account_id.as_str(),
        "DE",
        "EUR",
        "not set up yet",
        "payment_intent.amount_capturable_updated",
        &format!("{}/webhook/stripe/{store}", app.url),
        &format!(
            "https://dashboard.stripe.com/{}/test/dashboard",
            keys.account_id
        ),
    ] {
        assert!(page.text.contains(shown), "{shown}");
    }
    assert!(!page.text.contains(&keys.publishable));

    let merchant = Merchant::open(app, &store, json!({})).await;
    merchant
        .submit(&keys.publishable, &keys.secret, "whsec_FAKEofThisTestOnly2")
        .await
        .expect(303);
    let page = app.http.get(&path).send().await;
    assert!(
        page.text.contains("waiting for the first event") && !page.text.contains("not set up yet")
    );
    for unknown in [
        domain::StoreId::generate().to_string(),
        "nonsense".to_owned(),
    ] {
        app.http
            .get(&format!("/stripe/success/{unknown}"))
            .send()
            .await
            .expect(404);
    }
}
