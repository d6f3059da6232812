//! `dev`: everything in one process, the same at every start.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::place::{Place, http, text};

async fn get(url: &str) -> Value {
    let answer = http().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    answer.json().await.unwrap()
}

async fn products(ready: &Value) -> Vec<Value> {
    let (url, id) = (
        ready["public_url"].as_str().unwrap(),
        ready["stores"][0]["id"].as_str().unwrap(),
    );
    let list = get(&format!("{url}/api/v1/stores/{id}/products")).await;
    list["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn it_prints_one_line_of_json_when_everything_answers() {
    let place = Place::new();
    let mut dev = place.start(&["dev", "--json"], &[]);
    let ready = dev.json_line();
    let public_url = ready["public_url"].as_str().unwrap();
    let demo = http()
        .get(ready["demo_url"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(demo.status(), 200);
    let page = demo.text().await.unwrap();
    let [first, second] = [&ready["stores"][0], &ready["stores"][1]];
    assert!(page.contains(first["id"].as_str().unwrap()));
    assert!(
        page.contains("/stripe/connect?store_id="),
        "the second store waits for its keys"
    );

    for (store, connected) in [(first, true), (second, false)] {
        let status = get(&format!(
            "{public_url}/stripe/status/{}",
            store["id"].as_str().unwrap()
        ))
        .await;
        assert_eq!(status["has_stripe"], connected);
        assert_eq!(status["is_live_mode"], false);
        assert_eq!(store["connected"], connected);
    }
    let form = http()
        .get(second["connect_url"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(form.status(), 200);
    let sandbox = http()
        .get(ready["sandbox_url"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(sandbox.status(), 200);

    let products = products(&ready).await;
    assert_eq!(products.len(), 4);
    for product in &products {
        let image = http()
            .get(product["image_url"].as_str().unwrap())
            .send()
            .await
            .unwrap();
        assert_eq!(image.headers()["content-type"], "image/svg+xml");
    }

    let (status, rest) = dev.terminate();
    assert_eq!(status.code(), Some(0));
    assert_eq!(rest, "", "one line only");
}

#[tokio::test]
async fn its_credentials_work() {
    let place = Place::new();
    let mut dev = place.start(&["dev", "--json"], &[]);
    let ready = dev.json_line();
    let url = ready["public_url"].as_str().unwrap();
    let id = ready["stores"][0]["id"].as_str().unwrap();
    let orders = http()
        .get(format!("{url}/api/v1/stores/{id}/orders"))
        .bearer_auth(ready["api_key"].as_str().unwrap())
        .send();
    assert_eq!(orders.await.unwrap().status(), 200);
    let status = http()
        .get(format!("{url}/api/internal/stores/{id}/stripe-status"))
        .header(
            "X-Internal-Secret",
            ready["internal_secret"].as_str().unwrap(),
        )
        .send();
    let status: Value = status.await.unwrap().json().await.unwrap();
    assert_eq!(status["webhook"]["configured"], true);
    assert_eq!(
        status["publishable_key"],
        ready["stores"][0]["publishable_key"]
    );
    drop(dev);
    let printed = place.print(&["payment", "status", "--store", id]);
    let lines: Vec<Vec<&str>> = printed
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    for line in [vec!["Status:", "Connected"], vec!["Mode:", "TEST"]] {
        assert!(lines.contains(&line), "{printed}");
    }
    let webhook = |line: &Vec<&str>| line.starts_with(&["Webhook:", "set", "up", "by"]);
    assert!(lines.iter().any(webhook), "{printed}");
}

#[tokio::test]
async fn a_second_start_finds_everything_again() {
    let place = Place::new();
    let mut first = place.start(&["dev", "--json"], &[]);
    let before = first.json_line();
    assert_eq!(first.terminate().0.code(), Some(0));
    let mut second = place.start(&["dev", "--json"], &[]);
    let after = second.json_line();
    for same in [
        "/internal_secret",
        "/api_key",
        "/stores/0/id",
        "/stores/1/id",
        "/stores/0/secret_key",
    ] {
        assert_eq!(
            before.pointer(same).unwrap(),
            after.pointer(same).unwrap(),
            "{same}"
        );
    }
    assert_ne!(
        before["stores"][1]["connect_url"], after["stores"][1]["connect_url"],
        "a fresh link each time"
    );
    let products = products(&after).await;
    assert_eq!(products.len(), 4);
    let public_url = after["public_url"].as_str().unwrap();
    assert!(products.iter().all(|product| {
        product["image_url"]
            .as_str()
            .unwrap()
            .starts_with(public_url)
    }));
}

#[tokio::test]
async fn the_sandbox_remembers_and_its_webhooks_follow_the_port() {
    let place = Place::new();
    let mut first = place.start(&["dev", "--json"], &[]);
    let before = first.json_line();
    let made = stripe(&before, Method::POST, "payment_intents")
        .form(&[("amount", "500"), ("currency", "eur")]);
    let made: Value = made.send().await.unwrap().json().await.unwrap();
    first.terminate();

    let mut second = place.start(&["dev", "--json"], &[]);
    let after = second.json_line();
    let path = format!("payment_intents/{}", made["id"].as_str().unwrap());
    let found = stripe(&after, Method::GET, &path).send().await.unwrap();
    assert_eq!(found.status(), 200);
    let hooks = stripe(&after, Method::GET, "webhook_endpoints");
    let hooks: Value = hooks.send().await.unwrap().json().await.unwrap();
    let urls: Vec<&str> = hooks["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hook| hook["url"].as_str().unwrap())
        .collect();
    let public_url = after["public_url"].as_str().unwrap();
    let id = after["stores"][0]["id"].as_str().unwrap();
    assert_eq!(urls, [format!("{public_url}/webhook/stripe/{id}")]);
    second.terminate();

    place.remove("data/sandbox.json");
    let mut third = place.start(&["dev", "--json"], &[]);
    let third = third.json_line();
    let found = stripe(&third, Method::GET, &path).send().await.unwrap();
    assert_eq!(found.status(), 404);
    let hooks = stripe(&third, Method::GET, "webhook_endpoints");
    let hooks: Value = hooks.send().await.unwrap().json().await.unwrap();
    assert_eq!(hooks["data"].as_array().unwrap().len(), 1);
}

fn stripe(ready: &Value, method: Method, path: &str) -> RequestBuilder {
    let sandbox = ready["sandbox_url"].as_str().unwrap();
    let key = ready["stores"][0]["secret_key"].as_str().unwrap();
    let url = format!("{sandbox}/v1/{path}");
    http().request(method, url).bearer_auth(key)
}

#[test]
fn it_prints_tables_for_people() {
    let place = Place::new();
    let dev = place.start(&["dev"], &[("LOG_FORMAT", "json")]);
    let printed = dev.printed_until("/stripe/connect?store_id=");
    for part in [
        "/demo",
        "4242 4242 4242 4242",
        "4000 0000 0000 0002",
        "4000 0000 0000 9995",
        "4000 0025 0000 3155",
    ] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
    for part in [
        "pk_test_FAKE",
        "sk_test_FAKE",
        "tgk_test_",
        "X-Internal-Secret",
    ] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
    assert!(!printed.contains('\u{1b}'));
}

/// What production needs, from what development generated.
fn production(place: &Place) -> [(&'static str, String); 6] {
    let read = |name: &str| text(&place.bytes(&format!("data/{name}")));
    [
        ("TILLGATE_ENV", "production".into()),
        // The sandbox's keys are not for Stripe itself.
        ("STRIPE_API_BASE", "http://127.0.0.1:1".into()),
        ("PUBLIC_URL", "https://pay.example.com".into()),
        ("VAULT_KEYS", read("vault_keys")),
        ("TOKEN_KEYS", read("token_keys")),
        ("INTERNAL_SECRETS", read("internal_secrets")),
    ]
}

#[test]
fn it_is_not_for_production() {
    let place = Place::new();
    place.print(&["store", "list"]);
    let env = production(&place);
    let output = place.run(
        &["dev"],
        &env.each_ref().map(|(name, value)| (*name, value.as_str())),
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("use `tillgate serve`"));
}

#[tokio::test]
async fn production_does_not_show_the_demo() {
    let place = Place::new();
    let mut dev = place.start(&["dev", "--json"], &[]);
    let id = dev.json_line()["stores"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    dev.terminate();
    let env = production(&place);
    let env = env.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut serve = place.start(&["serve"], &[&env[..], &[("LOG_FORMAT", "json")]].concat());
    let url = format!(
        "http://{}",
        serve.log_line("listening")["address"].as_str().unwrap()
    );
    let demo = http().get(format!("{url}/demo")).send().await.unwrap();
    assert_eq!(demo.status(), 404);
    // The store itself is there like any other.
    let status = get(&format!("{url}/stripe/status/{id}")).await;
    assert_eq!(status["has_stripe"], true);
}

#[tokio::test]
async fn the_sandbox_runs_alone() {
    let place = Place::new();
    let mut sandbox = place.start(&["sandbox", "--port", "0", "--json"], &[]);
    let ready = sandbox.json_line();
    let url = ready["url"].as_str().unwrap();
    let account = http()
        .get(format!("{url}/v1/account"))
        .bearer_auth(ready["accounts"][0]["secret_key"].as_str().unwrap())
        .send();
    let account: Value = account.await.unwrap().json().await.unwrap();
    assert_eq!(account["id"], ready["accounts"][0]["id"]);
    assert_eq!(sandbox.terminate().0.code(), Some(0));
}
