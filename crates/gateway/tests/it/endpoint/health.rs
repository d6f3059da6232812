//! Keys that stop working, accounts that change, events that do not arrive.

use db::inbox::{EventState, NewEvent, Source};
use domain::Mode;
use gateway::{sealing, work::health};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::connect::{Merchant, new_account, stripe_status};
use crate::harness::{Keys, TestApp, event_of, stories};

stories!(registering:
    c8_a_key_that_stops_working_is_noticed_and_one_that_works_again_too,
    c8_a_key_that_was_refused_for_a_moment_is_back_in_a_minute,
    c8_a_new_key_ends_the_problem,
    an_account_that_may_not_charge_is_told,
    events_that_had_to_be_fetched_show_that_the_webhook_is_broken,
    a_secret_of_the_other_mode_is_noticed,
    a_wrong_secret_is_told_from_a_lost_webhook,
    one_connections_trouble_does_not_hold_up_the_others,
);

async fn run_later(app: &TestApp, wait: SignedDuration) -> usize {
    app.clock.advance(wait);
    health::run_once(&app.app).await.unwrap()
}

const HOUR: SignedDuration = SignedDuration::from_mins(67);

async fn c8_a_key_that_stops_working_is_noticed_and_one_that_works_again_too(app: &TestApp) {
    let store = app.connected_store("Roastery").await;
    let order = app.place_order(&store).await;
    let standing = async |standing: &str| {
        let path = format!("/accounts/{}/standing", store.keys.account_id);
        app.control(Method::POST, &path, json!({ "standing": standing }))
            .await;
    };
    standing("closed").await;
    assert_eq!(run_later(app, HOUR).await, 1);
    let status = stripe_status(app, &store.id).await;
    assert_eq!(status["modes"]["test"]["reconnect_needed"], true);
    assert_eq!(app.open_problems(&store.id).await, ["key_refused"]);
    let event = app
        .hint(&store, "payment_intent.succeeded", &order.intent)
        .await;
    app.run_work().await;
    assert_eq!(app.inbox(&event).await.unwrap().state, "waiting");

    standing("active").await;
    assert_eq!(run_later(app, HOUR).await, 1);
    let status = stripe_status(app, &store.id).await;
    assert_eq!(status["modes"]["test"]["reconnect_needed"], false);
    assert!(app.open_problems(&store.id).await.is_empty());
    app.run_work().await;
    assert_eq!(app.inbox(&event).await.unwrap().state, "processed");
}

async fn c8_a_key_that_was_refused_for_a_moment_is_back_in_a_minute(app: &TestApp) {
    let store = app.connected_store("Roastery").await;
    while health::run_once(&app.app).await.unwrap() > 0 {}
    for answer in ["200", "403"] {
        app.fault(json!({ "path_prefix": "/v1/payment_intents", "account": store.keys.account_id, "kind": "401" })).await;
        let cart = app.create_cart(&store).await;
        let token = app.open_checkout(&store, &cart).await;
        app.prepay(&store, &cart, &token)
            .await
            .expect_error(409, "store_reconnect_needed");
        app.prepay(&store, &cart, &token)
            .await
            .expect_error(409, "store_reconnect_needed");
        assert_eq!(app.open_problems(&store.id).await, ["key_refused"]);
        // A key that may not read the account is accepted all the same.
        if answer == "403" {
            app.fault(json!({ "path_prefix": "/v1/account", "account": store.keys.account_id, "kind": "403" })).await;
        }
        assert_eq!(run_later(app, SignedDuration::from_secs(61)).await, 1);
        assert!(app.open_problems(&store.id).await.is_empty(), "{answer}");
        app.prepay(&store, &cart, &token).await.expect(201);
    }
}

async fn c8_a_new_key_ends_the_problem(app: &TestApp) {
    let keys = new_account(app).await;
    let store = app.store_with_two_keys(&keys).await;
    let rolled = json!({ "key": keys.secret, "new_key": Keys::fake().secret });
    let rolled = app.control(Method::POST, "/keys/roll", rolled).await;
    let secret = rolled["key"].as_str().unwrap().to_owned();
    app.keep_secret(&secret);
    assert_eq!(run_later(app, HOUR).await, 1);
    assert_eq!(app.open_problems(&store).await, ["key_refused"]);
    let merchant = Merchant::open(app, &store, json!({})).await;
    merchant
        .submit(&keys.publishable, &secret, "")
        .await
        .expect(303);
    assert!(app.open_problems(&store).await.is_empty());
}

async fn an_account_that_may_not_charge_is_told(app: &TestApp) {
    let live = Keys::fake_in("live");
    app.create_account(&live).await;
    let store = app.create_store("Roastery").await;
    app.connect(&store, &live, None).await;
    let path = format!("/accounts/{}/standing", live.account_id);
    for (standing, problems) in [("restricted", &["charges_disabled"][..]), ("active", &[])] {
        app.control(Method::POST, &path, json!({ "standing": standing }))
            .await;
        assert_eq!(run_later(app, HOUR).await, 1);
        assert_eq!(app.open_problems(&store).await, problems);
        let charges = &stripe_status(app, &store).await["modes"]["live"]["charges_enabled"];
        assert_eq!(*charges, problems.is_empty());
    }
}

/// Stores an event as the reconciler does.
async fn fetch_event(app: &TestApp, store: &str, keys: &Keys, created_at: Timestamp) {
    let event_id = format!("evt_FAKE{}", Uuid::new_v4().simple());
    let store_id = store.parse().unwrap();
    let event = NewEvent {
        store_id,
        account_id: keys.account_id.clone(),
        mode: Mode::Test,
        payload: sealing::seal_event(&app.app.vault, store_id, &event_id, b"{}").unwrap(),
        event_id,
        event_type: "payment_intent.succeeded".to_owned(),
        api_version: None,
        object_id: None,
        created_at,
        source: Source::Reconcile,
        state: EventState::Ignored,
        last_error: None,
        received_at: app.clock.now(),
    };
    db::inbox::record(&app.app.db, vec![event]).await.unwrap();
}

async fn events_that_had_to_be_fetched_show_that_the_webhook_is_broken(app: &TestApp) {
    let keys = app.create_lively_account().await;
    let store = app.store_with_two_keys(&keys).await;
    app.all_delivered().await;
    app.wait_s(3600);
    // Only just made: its delivery may be under way.
    fetch_event(app, &store, &keys, app.clock.now()).await;
    app.look_after(&store).await;
    assert!(app.open_problems(&store).await.is_empty());
    app.wait_s(601);
    app.look_after(&store).await;
    assert_eq!(app.open_problems(&store).await, ["webhook_not_arriving"]);

    // The next delivery that comes ends it.
    let cards = [("allowed_payment_method_types[0]", "card")];
    let made = app
        .as_merchant(&keys, Method::POST, "setup_intents", &cards)
        .await;
    let cancel = format!("setup_intents/{}/cancel", made["id"].as_str().unwrap());
    app.as_merchant(&keys, Method::POST, &cancel, &[]).await;
    app.all_delivered().await;
    app.look_after(&store).await;
    assert!(app.open_problems(&store).await.is_empty());
}

async fn a_secret_of_the_other_mode_is_noticed(app: &TestApp) {
    let store = app.connected_store("Roastery").await;
    app.wait_s(60);
    let mut event: Value = event_of(
        "payment_intent.succeeded",
        &json!({ "id": "pi_FAKE", "object": "payment_intent" }),
    );
    event["livemode"] = json!(true);
    app.post_event(&store, &event).await.expect(200);
    app.look_after(&store.id).await;
    assert_eq!(
        app.open_problems(&store.id).await,
        ["webhook_secret_wrong_mode"]
    );

    app.wait_s(60);
    app.connect(&store.id, &store.keys, Some("whsec_FAKEofTheRightMode00"))
        .await;
    app.look_after(&store.id).await;
    assert!(app.open_problems(&store.id).await.is_empty());
}

async fn a_wrong_secret_is_told_from_a_lost_webhook(app: &TestApp) {
    let store = app.connected_store("Roastery").await;
    let event = event_of(
        "payment_intent.succeeded",
        &json!({ "id": "pi_FAKE", "object": "payment_intent" }),
    );
    let body = serde_json::to_vec(&event).unwrap();
    let path = TestApp::webhook_path(&store.id);
    let forged = || app.post_signed(&path, "whsec_FAKEofNobodyAtAll00", body.clone());
    forged().await.expect(400);
    app.look_after(&store.id).await;
    assert!(
        app.open_problems(&store.id).await.is_empty(),
        "anybody can do that"
    );

    app.wait_s(3600);
    fetch_event(app, &store.id, &store.keys, app.clock.now()).await;
    forged().await.expect(400);
    app.wait_s(601);
    // Another gateway may have refused it, and another may look.
    let other = app.second_gateway().await;
    for _ in 0..2 {
        let store_id = store.id.parse().unwrap();
        health::look_now(&other, store_id, Mode::Test)
            .await
            .unwrap();
        let problems = app.open_problems(&store.id).await;
        assert_eq!(problems, ["webhook_not_arriving", "webhook_secret_wrong"]);
    }
    app.post_event(&store, &event).await.expect(200);
    app.look_after(&store.id).await;
    assert!(app.open_problems(&store.id).await.is_empty());
}

async fn one_connections_trouble_does_not_hold_up_the_others(app: &TestApp) {
    let healthy = app.create_lively_account().await;
    let troubled = app.create_lively_account().await;
    let store = app.store_with_two_keys(&healthy).await;
    let other = app.store_with_two_keys(&troubled).await;
    for (keys, store) in [(&healthy, &store), (&troubled, &other)] {
        let id = app.registered(store, keys).await.unwrap().endpoint_id;
        app.as_merchant(
            keys,
            Method::DELETE,
            &format!("webhook_endpoints/{id}"),
            &[],
        )
        .await;
    }
    app.fault(json!({ "path_prefix": "/v1/", "account": troubled.account_id, "kind": "503", "times": 100 })).await;
    assert_eq!(run_later(app, HOUR).await, 2);
    let endpoints = app.endpoints_at_stripe(&healthy).await;
    app.assert_as_wanted(TestApp::only(&endpoints), &store);
    app.control(Method::DELETE, "/faults", json!({})).await;
    assert!(app.endpoints_at_stripe(&troubled).await.is_empty());
}
