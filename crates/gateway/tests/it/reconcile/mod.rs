//! Events that no webhook told us of are found in Stripe's list, and payments that stay open are looked at.

mod captures;
mod lost;
mod pace;
mod pages;
mod sweep;
mod trouble;

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, PaidOrder, TestApp};

/// How often every account is listed.
const INTERVAL: SignedDuration = SignedDuration::from_mins(5);

impl TestApp {
    /// Lists what is due, and works through what was found. Tells how many accounts were listed.
    async fn reconcile(&self) -> usize {
        let listed = gateway::work::reconcile::run_once(&self.app).await.unwrap();
        self.run_work().await;
        listed
    }

    /// As [`TestApp::reconcile`], one interval later: by then every account is due.
    async fn reconcile_later(&self) -> usize {
        self.clock.advance(INTERVAL);
        self.reconcile().await
    }

    /// Looks at the open payments that are due. Tells how many were.
    async fn sweep(&self) -> usize {
        gateway::work::sweep::run_once(&self.app).await.unwrap()
    }

    /// Our lists of an account's events that reached Stripe, oldest first.
    async fn lists(&self, store: &ConnectedStore) -> Vec<Value> {
        let mut requests = self.stripe_requests().await;
        requests.retain(|request| {
            request["path"] == "/v1/events" && request["account"] == store.keys.account_id
        });
        requests
    }

    /// Where the cursor of the only account stands: seen until, pass until, pass after.
    async fn cursor(&self) -> [Option<String>; 3] {
        let sql = "SELECT seen_until, pass_until, pass_after FROM reconcile_cursors";
        let mut rows = self.database.raw(sql).await.unwrap();
        assert_eq!(rows.len(), 1);
        rows.remove(0).try_into().unwrap()
    }

    /// Why the last run of the account's job failed, by name.
    async fn job_error(&self, store: &ConnectedStore) -> Option<String> {
        let sql = format!(
            "SELECT last_error FROM connection_jobs WHERE job = 'reconcile' AND account_id = '{}'",
            store.keys.account_id
        );
        self.database.raw(&sql).await.unwrap().remove(0).remove(0)
    }

    /// The problems of a store, by code.
    async fn problems(&self, store: &ConnectedStore) -> Vec<String> {
        let mut conn = self.app.db.read().await.unwrap();
        let problems = db::connection_problems::list(&mut conn, store.id.parse().unwrap());
        let problems = problems.await.unwrap();
        problems.into_iter().map(|problem| problem.code).collect()
    }
}

/// A store whose webhooks are all lost.
async fn deaf_store(app: &TestApp, name: &str) -> ConnectedStore {
    let store = app.connected_store(name).await;
    let rule = json!({ "account": store.keys.account_id, "probability": 1, "kind": "drop" });
    app.control(Method::POST, "/webhook_faults", rule).await;
    let mode = json!({ "mode": "auto", "account": store.keys.account_id });
    app.control(Method::POST, "/deliveries/mode", mode).await;
    store
}

/// An order that is paid at Stripe, and nobody told us.
async fn paid_at_stripe(app: &TestApp, store: &ConnectedStore) -> PaidOrder {
    let order = app.place_order(store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    assert_eq!(app.recorded(&order.id).await.1, "unpaid");
    order
}

async fn assert_paid_once(app: &TestApp, order: &PaidOrder) {
    let state = app.recorded(&order.id).await;
    assert_eq!(state, ("confirmed".to_owned(), "paid".to_owned()));
    assert_eq!(app.times_paid(&order.id).await, 1);
}

/// Payments at the store's account that have nothing to do with us, one event each.
async fn foreign_payments(app: &TestApp, store: &ConnectedStore, count: usize) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..count {
        let form = [
            ("amount", "500"),
            ("currency", "eur"),
            ("confirm", "true"),
            ("payment_method", "pm_card_visa"),
            ("automatic_payment_methods[enabled]", "true"),
            ("automatic_payment_methods[allow_redirects]", "never"),
        ];
        let answer = client
            .post(format!("{}/v1/payment_intents", app.sandbox.url()))
            .bearer_auth(&store.keys.secret)
            .form(&form)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }
}
