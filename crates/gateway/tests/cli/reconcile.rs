//! `reconcile`: orders whose webhooks were lost are mended, beside a gateway that runs and without one.

use reqwest::Method;
use serde_json::{Value, json};

use crate::place::{Place, http, text};

const NOBODY: &str = "018e1b2c-0000-7000-8000-000000000001";

/// What `dev` says once it is ready.
struct Dev(Value);

impl Dev {
    fn text(&self, pointer: &str) -> &str {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap()
    }

    fn store(&self) -> &str {
        self.text("/stores/0/id")
    }

    async fn control(&self, path: &str, body: Value) {
        let url = format!("{}/_sandbox{path}", self.text("/sandbox_url"));
        let answer = http().post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Value {
        let url = format!(
            "{}/api/v1/stores/{}{path}",
            self.text("/public_url"),
            self.store()
        );
        let call = http()
            .request(method, url)
            .bearer_auth(self.text("/api_key"));
        let answer = call.json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// An order that a shopper is about to pay, and its payment.
    async fn place_order(&self) -> (String, String) {
        let line = json!({ "name": "Coffee", "unit_amount": 1250, "quantity": 1 });
        let cart = self
            .call(
                Method::POST,
                "/carts",
                &json!({ "items": [line], "currency": "eur" }),
            )
            .await;
        let order = self
            .call(Method::POST, "/orders", &json!({ "cart_id": cart["id"] }))
            .await;
        let intent = json!({ "order_id": order["id"] });
        let intent = self.call(Method::POST, "/payment-intents", &intent).await;
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        (word(&order["id"]), word(&intent["id"]))
    }

    async fn pay(&self, intent: &str, payment_method: &str) {
        let body = json!({ "payment_method": payment_method });
        self.control(&format!("/payment_intents/{intent}/pay"), body)
            .await;
    }

    /// Where an order stands by the gateway's record; asking the store's own API would ask Stripe.
    async fn standing(&self, order: &str) -> [Value; 2] {
        let url = format!("{}/api/internal/orders/{order}", self.text("/public_url"));
        let call = http()
            .get(url)
            .header("X-Internal-Secret", self.text("/internal_secret"));
        let order: Value = call.send().await.unwrap().json().await.unwrap();
        [order["status"].clone(), order["payment_status"].clone()]
    }
}

#[tokio::test]
async fn it_mends_what_lost_webhooks_left_behind() {
    let place = Place::new();
    let mut program = place.start(
        &["dev", "--json"],
        &[("RECONCILE_INTERVAL_SECONDS", "86400")],
    );
    let dev = Dev(program.json_line());
    let drop_all = json!({ "probability": 1, "kind": "drop" });
    dev.control("/webhook_faults", drop_all).await;
    let (paid, intent) = dev.place_order().await;
    dev.pay(&intent, "pm_card_visa").await;
    let (declined, intent) = dev.place_order().await;
    dev.pay(&intent, "pm_card_visa_chargeDeclined").await;
    dev.place_order().await;

    let stripe = [("STRIPE_API_BASE", dev.text("/sandbox_url"))];
    let reconcile = |args: &[&str]| {
        let args = [&["reconcile"], args].concat();
        place.run(&args, &stripe)
    };
    let output = reconcile(&["--store", dev.store(), "--since", "2h", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let orders = report["orders_changed"].as_array().unwrap();
    let [first, second] = &orders[..] else {
        panic!("{report}")
    };
    assert_eq!(first["id"], paid.as_str());
    let unpaid = json!({ "status": "pending", "payment_status": "unpaid" });
    assert_eq!(first["before"], unpaid);
    assert_eq!(
        first["after"],
        json!({ "status": "confirmed", "payment_status": "paid" })
    );
    assert_eq!(second["id"], declined.as_str());
    assert_eq!(
        second["after"],
        json!({ "status": "pending", "payment_status": "failed" })
    );
    assert_eq!(report["accounts"][0]["mode"], "test");
    assert_eq!(report["payments_still_open"], 2);
    assert!(report["events_new"].as_u64() >= Some(2), "{report}");
    assert!(
        text(&output.stderr).contains("events listed"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(
        dev.standing(&paid).await,
        [json!("confirmed"), json!("paid")]
    );

    // A second run finds nothing to mend, for people.
    let output = reconcile(&["--all"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert!(
        printed.contains("0 new") && !printed.contains("Before"),
        "{printed}"
    );

    // Without a gateway, on the same database: only the sandbox goes on.
    let (late, intent) = dev.place_order().await;
    dev.pay(&intent, "pm_card_visa").await;
    program.terminate();
    let output = reconcile(&["--store", dev.store()]);
    assert_eq!(output.status.code(), Some(1), "its Stripe is gone");
    assert!(
        text(&output.stdout).contains("Stripe"),
        "{}",
        text(&output.stdout)
    );
    let mut again = place.start(
        &["dev", "--json"],
        &[("RECONCILE_INTERVAL_SECONDS", "86400")],
    );
    let dev = Dev(again.json_line());
    let output = place.run(
        &["reconcile", "--store", dev.store()],
        &[("STRIPE_API_BASE", dev.text("/sandbox_url"))],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(
        dev.standing(&late).await,
        [json!("confirmed"), json!("paid")]
    );
    again.terminate();
}

#[test]
fn it_does_not_guess_which_stripe_is_meant() {
    let place = Place::new();
    let mut program = place.start(&["dev", "--json"], &[]);
    let dev = Dev(program.json_line());
    program.terminate();
    let output = place.run(&["reconcile", "--store", dev.store()], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("STRIPE_API_BASE"));
}

#[test]
fn what_cannot_be_done_is_said_in_words() {
    let place = Place::new();
    let created = place.json(&["store", "create", "--name", "Kiosk", "--json"]);
    let id = created["id"].as_str().unwrap();
    for (args, code, words) in [
        (&["--store", NOBODY][..], 1, "there is no store"),
        (&["--store", id], 1, "has not connected Stripe yet"),
        (&["--all"], 1, "no store has connected Stripe yet"),
        (&[], 2, "--store"),
        (&["--all", "--store", id], 2, "cannot be used with"),
        (&["--all", "--since", "31d"], 2, "at most 30d"),
        (&["--all", "--since", "yesterday"], 2, "at most 30d"),
    ] {
        let output = place.run(&[&["reconcile"], args].concat(), &[]);
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        let said = text(&output.stderr);
        assert!(said.contains(words), "{args:?}: {said}");
    }
}
