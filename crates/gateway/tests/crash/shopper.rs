//! A shopper who orders and pays, whatever dies meanwhile, and remembers what was promised.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use rand::RngExt;
use rand::rngs::StdRng;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use crate::client::{Reply, Verdict, expect, persist, send, try_to};
use crate::drill::Town;

/// One shopper begins to order this often at most.
const PACE: Duration = Duration::from_millis(300);
/// Tries with an Idempotency-Key before a shopper goes on without.
const KEYED_TRIES: usize = 3;
/// The answer to somebody whose order was placed, but who never heard of it: a payment makes one order.
pub(crate) const USED: &str = "payment_already_used";
const GOOD_CARD: &str = "pm_card_visa";
const BAD_CARD: &str = "pm_card_visa_chargeDeclined";

/// An order as its shopper knows it.
pub(crate) struct Bought {
    /// Which store of the town.
    pub(crate) store: usize,
    pub(crate) order_id: String,
    pub(crate) intent: String,
    /// Under which the order was placed.
    pub(crate) idempotency_key: String,
    /// What was asked for.
    pub(crate) request: Value,
}

/// Orders one thing after the other until the town closes.
pub(crate) async fn shop(town: Arc<Town>, number: usize) -> Vec<Bought> {
    let mut dice = town.plan.dice("shopper", number);
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut bought = Vec::new();
    while town.is_open() {
        pace.tick().await;
        bought.push(buy(&town, &mut dice).await);
    }
    bought
}

async fn buy(town: &Town, dice: &mut StdRng) -> Bought {
    let store = dice.random_range(0..town.stores.len());
    let visit = Visit { town, store };
    let product = &town.stores[store].product_id;
    let items = json!([{ "product_id": product, "quantity": dice.random_range(1..=3) }]);
    let cart = visit.post("/carts", &json!({ "items": items })).await;
    let request = json!({ "cart_id": cart.text("id"), "email": "shopper@example.com" });
    if dice.random_ratio(1, 4) {
        // Only where there is time to wait for whoever takes what is held.
        let is_impatient = town.plan.is_long() && dice.random_ratio(1, 2);
        visit.pay_first(request, is_impatient).await
    } else {
        visit.order_first(request, dice).await
    }
}

/// A shopper in one store.
struct Visit<'a> {
    town: &'a Town,
    store: usize,
}

impl Visit<'_> {
    async fn order_first(&self, request: Value, dice: &mut StdRng) -> Bought {
        let idempotency_key = Uuid::new_v4().to_string();
        let order = if dice.random_ratio(1, 4) {
            self.click_twice(&request, &idempotency_key).await
        } else {
            self.place(&request, &idempotency_key).await
        };
        let (order_id, token) = (order.text("id"), order.text("order_token"));
        let intent = self.intent(&json!({ "order_id": order_id }), &token).await;
        if dice.random_ratio(1, 8) {
            self.pay(&intent, BAD_CARD).await;
        }
        // Some never come back with a better card, or leave at the card form.
        if dice.random_ratio(9, 10) {
            self.pay(&intent, GOOD_CARD).await;
        }
        if dice.random_ratio(1, 3) {
            self.look(&order_id, &token).await;
        }
        Bought {
            store: self.store,
            order_id,
            intent,
            idempotency_key,
            request,
        }
    }

    /// The amount is held on the card before there is an order, and taken when there is one.
    async fn pay_first(&self, mut request: Value, is_impatient: bool) -> Bought {
        let token = self
            .post("/checkouts", &request)
            .await
            .text("checkout_token");
        let of_cart = json!({ "cart_id": request["cart_id"] });
        let intent = self.intent(&of_cart, &token).await;
        self.pay(&intent, GOOD_CARD).await;
        request["payment_reference"] = intent.clone().into();
        let idempotency_key = Uuid::new_v4().to_string();
        let placed = if is_impatient {
            self.place_and_leave(&request, &idempotency_key, &intent)
                .await
        } else {
            None
        };
        let order_id = match placed {
            Some(order_id) => order_id,
            None => self.place_paid(&request, &idempotency_key, &intent).await,
        };
        Bought {
            store: self.store,
            order_id,
            intent,
            idempotency_key,
            request,
        }
    }

    async fn place_paid(&self, request: &Value, idempotency_key: &str, intent: &str) -> String {
        let order = self.place(request, idempotency_key).await;
        if order.code() != USED {
            return order.text("id");
        }
        self.town.tally.answers_lost.add();
        let order_id = self.find_by_payment(intent).await;
        order_id.unwrap_or_else(|| panic!("{intent} is used, and by no order"))
    }

    /// Asks once; whose answer dies with its gateway, and who has an order all the same, never comes back. Without an order they
    /// do.
    async fn place_and_leave(
        &self,
        request: &Value,
        idempotency_key: &str,
        intent: &str,
    ) -> Option<String> {
        let once = self
            .request("/orders", request)
            .header("Idempotency-Key", idempotency_key);
        match send(once).await {
            Ok(reply) if reply.status.is_success() => Some(reply.text("id")),
            Ok(_) => None,
            Err(_) => {
                self.town.tally.broken_requests.add();
                let order_id = self.find_by_payment(intent).await?;
                self.town.tally.left_behind.add();
                Some(order_id)
            }
        }
    }

    /// The merchant's back end looks for the order whose answer died with its gateway.
    async fn find_by_payment(&self, intent: &str) -> Option<String> {
        let key = &self.town.stores[self.store].api_key;
        let list = || {
            let newest = self.town.store_get(self.store, "/orders?limit=100");
            newest.bearer_auth(key)
        };
        let list = persist(&self.town.tally, "the orders", list, well).await;
        let orders = list.body["data"].as_array().expect("a list");
        let order = orders
            .iter()
            .find(|order| order["payment_intent_id"] == intent)?;
        Some(order["id"].as_str().unwrap().to_owned())
    }

    fn request(&self, path: &str, body: &Value) -> RequestBuilder {
        self.town.store_post(self.store, path, body)
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        let reply = persist(&self.town.tally, path, || self.request(path, body), well).await;
        let fine = reply.status.is_success() || reply.code() == USED;
        assert!(fine, "{path}: {}", reply.body);
        reply
    }

    /// With the key a few times; then without, because nobody stands a minute at the till. A key that a dead gateway
    /// holds is free again after that, and is asked for at the end.
    async fn place(&self, request: &Value, idempotency_key: &str) -> Reply {
        let keyed = || {
            self.request("/orders", request)
                .header("Idempotency-Key", idempotency_key)
        };
        match try_to(&self.town.tally, KEYED_TRIES, keyed).await {
            Some(reply) if reply.status.is_success() || reply.code() == USED => reply,
            Some(reply) => {
                assert_eq!(reply.status, 409, "an order: {}", reply.body);
                if reply.code() == "idempotency_key_in_use" {
                    self.town.tally.keys_in_use.add();
                }
                self.post("/orders", request).await
            }
            None => self.post("/orders", request).await,
        }
    }

    /// Two clicks at once, on one gateway or on two: one order.
    async fn click_twice(&self, request: &Value, idempotency_key: &str) -> Reply {
        let (first, second) = join(
            self.place(request, idempotency_key),
            self.post("/orders", request),
        )
        .await;
        assert_eq!(
            first.text("id"),
            second.text("id"),
            "two orders of one cart"
        );
        first
    }

    async fn intent(&self, body: &Value, token: &str) -> String {
        let request = || self.request("/payment-intents", body).bearer_auth(token);
        let reply = persist(&self.town.tally, "a PaymentIntent", request, well).await;
        assert!(reply.status.is_success(), "a PaymentIntent: {}", reply.body);
        reply.text("id")
    }

    /// At Stripe, which is always there.
    async fn pay(&self, intent: &str, card: &str) {
        let url = format!(
            "{}/_sandbox/payment_intents/{intent}/pay",
            self.town.stripe_url
        );
        let body =
            json!({ "payment_method": card, "return_url": "https://shop.example.com/return" });
        expect(200, self.town.http.post(url).json(&body)).await;
    }

    /// Comes back from the card form.
    async fn look(&self, order_id: &str, token: &str) {
        let path = format!("/orders/{order_id}");
        let request = || self.town.store_get(self.store, &path).bearer_auth(token);
        let reply = persist(&self.town.tally, "the order", request, well).await;
        assert_eq!(reply.status, 200, "the order: {}", reply.body);
    }
}

/// A conflict says "try again": somebody was at the same thing at the same moment, and may have died there.
fn well(reply: &Reply) -> Verdict {
    match reply.status.as_u16() {
        409 if reply.code() == USED => Verdict::Done,
        409 | 429 => Verdict::Again,
        _ => Verdict::Done,
    }
}
