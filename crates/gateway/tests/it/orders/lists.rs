//! `GET /orders`: pages, filters, and what is told of a filter that is wrong.

use reqwest::Method;
use serde_json::{Value, json};

use super::money::act;
use crate::harness::{ConnectedStore, Reply, TestApp, stories};

stories!(
    orders_are_found_by_what_is_known_of_them,
    a_filtered_list_pages_both_ways,
    a_filter_that_is_not_understood_is_named,
    older_orders_become_findable_by_their_address,
    f9_an_address_is_looked_for_in_ones_own_store_and_mode,
    a_payment_opens_in_its_own_account_at_stripe,
);

async fn get(app: &TestApp, store: &ConnectedStore, query: &str) -> Reply {
    let request = app.store_get(store, &format!("/orders{query}"));
    request.bearer(&store.api_key).send().await
}

/// The ids of a page, and whether there are more.
async fn found(app: &TestApp, store: &ConnectedStore, query: &str) -> (Vec<String>, bool) {
    let list = get(app, store, query).await.expect(200);
    let ids = list["data"].as_array().unwrap().iter();
    let ids = ids.map(|order| order["id"].as_str().unwrap().to_owned());
    (ids.collect(), list["has_more"].as_bool().unwrap())
}

async fn place(app: &TestApp, store: &ConnectedStore, email: Option<&str>) -> Value {
    let cart = app.create_cart(store).await;
    let body = json!({ "cart_id": cart, "email": email });
    let reply = app.store_post(store, "/orders", &body).send().await;
    reply.expect(201)
}

fn id(order: &Value) -> String {
    order["id"].as_str().unwrap().to_owned()
}

async fn orders_are_found_by_what_is_known_of_them(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let ada = place(app, &store, Some("Ada@Example.com")).await;
    app.wait_s(60);
    let eva = place(app, &store, Some("eva@example.com")).await;
    app.wait_s(60);
    let nobody = place(app, &store, None).await;
    let paid = app.place_order(&store).await;
    app.pay(&paid.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    act(app, &store, &paid.id, "cancel", json!({}))
        .await
        .expect(200);
    let all = [paid.id.clone(), id(&nobody), id(&eva), id(&ada)];
    let [of_paid, of_nobody, of_eva, of_ada] = all.clone();
    let at = |order: &Value| order["created_at"].as_str().unwrap().to_owned();
    for (query, expected) in [
        (String::new(), all.to_vec()),
        (
            "?status=pending".into(),
            vec![of_nobody.clone(), of_eva.clone(), of_ada.clone()],
        ),
        ("?status=shipped".into(), vec![]),
        (
            "?status=cancelled&payment_status=paid".into(),
            vec![of_paid.clone()],
        ),
        ("?payment_status=unpaid&status=cancelled".into(), vec![]),
        ("?email=ada@example.com".into(), vec![of_ada.clone()]),
        (
            "?email=%20ADA%40EXAMPLE.COM%20".into(),
            vec![of_ada.clone()],
        ),
        ("?email=ada@example.org".into(), vec![]),
        ("?email=ada@example.com&status=cancelled".into(), vec![]),
        (
            "?email=shopper@example.com&needs_attention=true".into(),
            vec![of_paid.clone()],
        ),
        ("?email=ada@example.com&needs_attention=true".into(), vec![]),
        ("?needs_attention=true".into(), vec![of_paid.clone()]),
        (
            format!("?number={}", eva["number"].as_str().unwrap()),
            vec![of_eva.clone()],
        ),
        (
            format!(
                "?number={}&email=ada@example.com",
                eva["number"].as_str().unwrap()
            ),
            vec![],
        ),
        ("?number=999999".into(), vec![]),
        (format!("?created[lt]={}", at(&eva)), vec![of_ada.clone()]),
        (
            format!("?created[lte]={}", at(&eva)),
            vec![of_eva.clone(), of_ada.clone()],
        ),
        (
            format!("?created[gt]={}", at(&eva)),
            vec![of_paid.clone(), of_nobody.clone()],
        ),
        (
            format!("?created[gte]={0}&created[lte]={0}", at(&eva)),
            vec![of_eva.clone()],
        ),
        (
            format!("?created[gte]={}&email=ada@example.com", at(&eva)),
            vec![],
        ),
    ] {
        assert_eq!(
            found(app, &store, &query).await,
            (expected, false),
            "{query}"
        );
    }
    // An address that is mended before paying is the one that is found.
    let body = json!({ "cart_id": cart_of(app, &ada).await, "email": "ada@new.example.com" });
    app.store_post(&store, "/orders", &body)
        .send()
        .await
        .expect(200);
    assert_eq!(
        found(app, &store, "?email=ada@example.com").await.0,
        [""; 0]
    );
    assert_eq!(
        found(app, &store, "?email=ada@new.example.com").await.0,
        [of_ada]
    );
    check_that_addresses_stand_nowhere(app).await;
}

async fn check_that_addresses_stand_nowhere(app: &TestApp) {
    let rows = app
        .database
        .raw("SELECT email_hash FROM orders")
        .await
        .unwrap();
    let hashes: Vec<String> = rows
        .into_iter()
        .map(|mut row| row.remove(0).unwrap())
        .collect();
    assert!(hashes.iter().all(|hash| !hash.contains('@')), "{hashes:?}");
    assert!(
        hashes.contains(&String::new()),
        "an order without an address"
    );
}

async fn cart_of(app: &TestApp, order: &Value) -> String {
    let sql = format!("SELECT cart_id FROM orders WHERE id = '{}'", id(order));
    app.database
        .raw(&sql)
        .await
        .unwrap()
        .remove(0)
        .remove(0)
        .unwrap()
}

async fn a_filtered_list_pages_both_ways(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let mut hers = Vec::new();
    for number in 0..10 {
        let email = if number % 2 == 0 {
            "ada@example.com"
        } else {
            "eva@example.com"
        };
        let order = place(app, &store, Some(email)).await;
        if number % 2 == 0 {
            hers.insert(0, id(&order));
        }
    }
    let filter = "email=ada@example.com&status=pending";
    for size in 1..=5 {
        let mut forward = Vec::new();
        let mut query = format!("?{filter}&limit={size}");
        loop {
            let (part, has_more) = found(app, &store, &query).await;
            forward.extend(part);
            assert_eq!(has_more, forward.len() < hers.len());
            if !has_more {
                break;
            }
            query = format!(
                "?{filter}&limit={size}&starting_after={}",
                forward.last().unwrap()
            );
        }
        assert_eq!(forward, hers);
        let mut backward = vec![hers[4].clone()];
        loop {
            let query = format!("?{filter}&limit={size}&ending_before={}", backward[0]);
            let (part, has_more) = found(app, &store, &query).await;
            backward.splice(0..0, part);
            if !has_more {
                break;
            }
        }
        assert_eq!(backward, hers);
    }
}

async fn a_filter_that_is_not_understood_is_named(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for (query, code, param) in [
        ("status=open", "invalid_value", "status"),
        ("status=", "invalid_value", "status"),
        ("payment_status=PAID", "invalid_value", "payment_status"),
        ("created[gte]=yesterday", "invalid_value", "created[gte]"),
        ("created[lt]=", "invalid_value", "created[lt]"),
        ("email=ada", "invalid_value", "email"),
        ("email=%00@example.com", "invalid_value", "email"),
        ("number=0", "invalid_value", "number"),
        ("number=1e3", "invalid_value", "number"),
        ("number=99999999999999999999", "invalid_value", "number"),
        ("needs_attention=1", "invalid_value", "needs_attention"),
        ("needs_attention=false", "invalid_value", "needs_attention"),
        ("customer=ada", "unknown_parameter", "customer"),
        (
            "created=2026-11-21T12:00:00Z",
            "unknown_parameter",
            "created",
        ),
        ("created[ne]=1", "unknown_parameter", "created[ne]"),
    ] {
        let reply = get(app, &store, &format!("?{query}")).await;
        let error = reply.expect_error(400, code);
        assert_eq!(error["error"]["param"], param, "{query}");
    }
    let twice = get(app, &store, "?status=pending&status=shipped").await;
    twice.expect_error(400, "invalid_query");
    let long = format!("?{}=1", "x".repeat(5000));
    let error = get(app, &store, &long)
        .await
        .expect_error(400, "unknown_parameter");
    assert_eq!(error["error"]["param"].as_str().unwrap().len(), 64);
}

async fn older_orders_become_findable_by_their_address(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let mut hers = Vec::new();
    for _ in 0..3 {
        hers.insert(0, id(&place(app, &store, Some("ada@example.com")).await));
    }
    place(app, &store, None).await;
    // As before there were hashes; one contact is of a key that nobody has any more.
    app.database
        .raw("UPDATE orders SET email_hash = NULL")
        .await
        .unwrap();
    let lost = hers.remove(1);
    let sql = format!("UPDATE orders SET contact_sealed = 'ffff tgp1.AAAA' WHERE id = '{lost}'");
    app.database.raw(&sql).await.unwrap();
    assert_eq!(
        found(app, &store, "?email=ada@example.com").await.0,
        [""; 0]
    );
    let run = gateway::work::address_hashes::run_once;
    assert_eq!(run(&app.app).await.unwrap(), 3);
    assert_eq!(run(&app.app).await.unwrap(), 0);
    assert_eq!(found(app, &store, "?email=ada@example.com").await.0, hers);
}

async fn f9_an_address_is_looked_for_in_ones_own_store_and_mode(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let other = app.connected_store("Tea").await;
    place(app, &store, Some("ada@example.com")).await;
    place(app, &other, Some("ada@example.com")).await;
    assert_eq!(
        found(app, &store, "?email=ada@example.com").await.0.len(),
        1
    );
    let live = app.create_api_key(&store.id, "live").await;
    let request = app
        .store_get(&store, "/orders?email=ada@example.com")
        .bearer(&live);
    assert_eq!(request.send().await.expect(200)["data"], json!([]));
    let rows = app
        .database
        .raw("SELECT DISTINCT email_hash FROM orders")
        .await
        .unwrap();
    assert_eq!(
        rows.len(),
        2,
        "the same address in two stores is two hashes"
    );
}

async fn a_payment_opens_in_its_own_account_at_stripe(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let account = &store.keys.account_id;
    let url = format!(
        "https://dashboard.stripe.com/{account}/test/payments/{}",
        order.intent
    );
    let path = format!("/orders/{}", order.id);
    let payment = format!("/payments/{}", order.intent);
    let event = app
        .hint(&store, "payment_intent.succeeded", &order.intent)
        .await;
    for path in [
        &path,
        &payment,
        &format!("/events/{event}"),
        &format!("{path}/timeline"),
    ] {
        let shown = app
            .store_get(&store, path)
            .bearer(&store.api_key)
            .send()
            .await;
        assert_eq!(shown.expect(200)["dashboard_url"], url, "{path}");
    }
    let internal = app
        .internal(Method::GET, &path, &json!({}))
        .await
        .expect(200);
    assert_eq!(internal["dashboard_url"], url);
    // The account is no shopper's business.
    for path in [&path, &payment] {
        let shown = app
            .store_get(&store, path)
            .bearer(&order.token)
            .send()
            .await;
        assert!(!shown.text.contains("dashboard"), "{}", shown.text);
        shown.expect(200);
    }
    // What needs a person leads there, too.
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    act(app, &store, &order.id, "cancel", json!({}))
        .await
        .expect(200);
    let shown = app.order(&store, &order.id).await;
    assert_eq!(shown["attention"][0]["dashboard_url"], url, "{shown}");
}
