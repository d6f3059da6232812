//! On a developer's machine the Stripe CLI may bring the events, with a secret that is in memory only: then the webhook is set
//! up, and nobody is sent to do it.

use domain::connection_problem::ConnectionProblem;
use domain::{Mode, StoreId};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{new_account, stripe_status};
use crate::harness::{TestApp, stories};

stories!(a_forwarder_in_memory_is_a_webhook);

async fn webhook(app: &TestApp, store: &str) -> Value {
    let webhook = stripe_status(app, store).await["webhook"].take();
    json!([
        webhook["configured"],
        webhook["forwarded"],
        webhook["registered_by_us"]
    ])
}

async fn a_forwarder_in_memory_is_a_webhook(app: &TestApp) {
    let secret = "whsec_FAKEofTheStripeCommand000000";
    app.keep_secret(secret);
    let store = app.create_store("Coffee").await;
    let store_id: StoreId = store.parse().unwrap();
    let keys = new_account(app).await;
    app.connect(&store, &keys, None).await;
    // As the health check finds it on a machine that Stripe cannot reach.
    let problem = ConnectionProblem::WebhookUnreachable;
    let (account_id, now) = (&keys.account_id, app.clock.now());
    let mut tx = app.app.db.begin().await.unwrap();
    db::connection_problems::open(
        &mut tx,
        store_id,
        Mode::Test,
        account_id,
        problem,
        None,
        now,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();

    let hold = |account_id: &str| {
        let secret = SecretString::from(secret);
        app.app
            .held_secrets
            .hold(store_id, account_id.to_owned(), secret);
    };
    let page = || async {
        let page = app.http.get(&format!("/stripe/success/{store}"));
        page.send().await
    };
    let forwarded = "forwarded by the Stripe CLI";
    assert_eq!(webhook(app, &store).await, json!([false, false, false]));
    hold("acct_1FAKEanother");
    assert_eq!(webhook(app, &store).await, json!([false, false, false]));
    assert_eq!(app.open_problems(&store).await, [problem.code()]);
    assert!(!page().await.text.contains(forwarded));

    hold(account_id);
    assert_eq!(webhook(app, &store).await, json!([true, true, false]));
    let status = stripe_status(app, &store).await;
    assert_eq!(status["problems"], json!([]));
    let shown = page().await;
    assert!(shown.text.contains(forwarded), "{}", shown.text);
    assert!(!shown.text.contains("One step left"));

    app.app.held_secrets.forget(store_id);
    assert_eq!(webhook(app, &store).await, json!([false, false, false]));
    let status = stripe_status(app, &store).await;
    assert_eq!(status["problems"][0]["code"], problem.code());
}
