//! A sandbox on a free port with a clock that stands still, and a receiver for its webhooks.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use serde_json::Value;
use stripe_sandbox::{AccountSpec, Config, Sandbox};

pub(crate) const NOW: i64 = 1_790_000_000;
pub(crate) const ALICE: &str = "sk_test_FAKE_alice";
pub(crate) const ALICE_PK: &str = "pk_test_FAKE_alice";
pub(crate) const ALICE_LIVE: &str = "sk_live_FAKE_alice";
pub(crate) const BOB: &str = "sk_test_FAKE_bob";
pub(crate) const BOB_PK: &str = "pk_test_FAKE_bob";
/// Creation parameters of a payment that needs no `return_url`.
pub(crate) const CARD_ONLY: &str = "currency=usd&allowed_payment_method_types[0]=card";

pub(crate) struct Stripe {
    sandbox: Sandbox,
    http: reqwest::Client,
    clock: Arc<AtomicI64>,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn id(&self) -> &str {
        self.body["id"].as_str().unwrap()
    }

    /// (status, code, param) of an error.
    pub(crate) fn error(&self) -> (u16, Option<&str>, Option<&str>) {
        let error = &self.body["error"];
        assert!(error.is_object(), "no error: {}", self.body);
        (self.status, error["code"].as_str(), error["param"].as_str())
    }
}

pub(crate) fn account(name: &str, mode: &str) -> AccountSpec {
    AccountSpec {
        account_id: format!("acct_1{name}"),
        publishable_key: format!("pk_{mode}_FAKE_{name}"),
        secret_key: format!("sk_{mode}_FAKE_{name}"),
        country: "DE".to_owned(),
        default_currency: "eur".to_owned(),
        business_name: format!("{name}'s shop"),
    }
}

pub(crate) async fn start() -> Stripe {
    start_with(|_| {}).await
}

/// The same with a changed configuration.
pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Stripe {
    let clock = Arc::new(AtomicI64::new(NOW));
    let reading = Arc::clone(&clock);
    let mut config = Config {
        accounts: vec![
            account("alice", "test"),
            account("alice", "live"),
            account("bob", "test"),
        ],
        clock: Arc::new(move || {
            jiff::Timestamp::from_second(reading.load(Ordering::SeqCst)).unwrap()
        }),
        webhook_speed: 1e6,
        ..Config::default()
    };
    change(&mut config);
    let sandbox = Sandbox::start(config).await.unwrap();
    let http = reqwest::Client::builder()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    Stripe {
        sandbox,
        http,
        clock,
    }
}

impl Stripe {
    /// Ends this sandbox as Ctrl-C would.
    pub(crate) async fn stop(self) {
        self.sandbox.stop().await;
    }

    pub(crate) fn url(&self) -> String {
        self.sandbox.url()
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn request(&self, method: &str, key: &str, path: &str) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        self.http
            .request(method, format!("{}{path}", self.url()))
            .bearer_auth(key)
    }

    pub(crate) async fn get(&self, key: &str, path: &str) -> Reply {
        read(self.request("GET", key, path)).await
    }

    pub(crate) async fn delete(&self, key: &str, path: &str) -> Reply {
        read(self.request("DELETE", key, path)).await
    }

    pub(crate) async fn post(&self, key: &str, path: &str, form: &str) -> Reply {
        read(self.form(key, path, form)).await
    }

    pub(crate) async fn post_with_key(
        &self,
        key: &str,
        path: &str,
        form: &str,
        idempotency_key: &str,
    ) -> Reply {
        read(
            self.form(key, path, form)
                .header("Idempotency-Key", idempotency_key),
        )
        .await
    }

    pub(crate) fn form(&self, key: &str, path: &str, form: &str) -> reqwest::RequestBuilder {
        self.request("POST", key, path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form.to_owned())
    }

    /// A payment of 20.00 USD by card, with further creation parameters.
    pub(crate) async fn payment(&self, key: &str, more: &str) -> Reply {
        self.post(
            key,
            "/v1/payment_intents",
            &format!("amount=2000&{CARD_ONLY}&{more}"),
        )
        .await
    }

    pub(crate) async fn control(&self, method: &str, path: &str, body: Value) -> Reply {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self
            .http
            .request(method, format!("{}/_sandbox{path}", self.url()));
        read(if body.is_null() {
            request
        } else {
            request.json(&body)
        })
        .await
    }

    pub(crate) async fn fault(&self, path_prefix: &str, kind: Value) {
        let fault = serde_json::json!({ "path_prefix": path_prefix, "times": 1, "kind": kind });
        assert_eq!(self.control("POST", "/faults", fault).await.status, 201);
    }

    /// The types of an account's events, oldest first.
    pub(crate) async fn event_types(&self, key: &str) -> Vec<String> {
        let list = self.get(key, "/v1/events?limit=100").await;
        let mut types: Vec<String> = list.body["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect();
        types.reverse();
        types
    }
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Reply {
        status,
        headers,
        body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
    }
}

/// A merchant's webhook endpoint.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<(u16, String)>>,
    rings: tokio::sync::Notify,
    delay_ms: AtomicUsize,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

#[derive(Clone)]
pub(crate) struct Received {
    pub(crate) signature: String,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let log = Arc::new(Log::default());
        let data = Data::from(Arc::clone(&log));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .default_service(web::to(receive))
        })
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
        let url = format!("http://{}/hook", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        Self { url, log }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.log.received.lock().unwrap().clone()
    }

    /// Waits until so many deliveries have come.
    pub(crate) async fn wait_for(&self, count: usize) {
        loop {
            let rings = self.log.rings.notified();
            tokio::pin!(rings);
            rings.as_mut().enable();
            if self.received().len() >= count {
                return;
            }
            rings.await;
        }
    }

    /// The next deliveries are answered so; after them, with 200.
    pub(crate) fn answer_with(&self, statuses: &[u16]) {
        for status in statuses {
            self.answer_with_body(*status, "");
        }
    }

    pub(crate) fn answer_with_body(&self, status: u16, body: &str) {
        let mut answers = self.log.answers.lock().unwrap();
        answers.push_back((status, body.to_owned()));
    }

    /// Every delivery is answered so late.
    pub(crate) fn answer_after(&self, delay_ms: usize) {
        self.log.delay_ms.store(delay_ms, Ordering::SeqCst);
    }

    /// The largest number of deliveries that waited for an answer together.
    pub(crate) fn most_at_once(&self) -> usize {
        self.log.most_at_once.load(Ordering::SeqCst)
    }
}

async fn receive(log: Data<Log>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let now = log.at_once.fetch_add(1, Ordering::SeqCst) + 1;
    log.most_at_once.fetch_max(now, Ordering::SeqCst);
    let delay_ms = log.delay_ms.load(Ordering::SeqCst) as u64;
    tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    log.at_once.fetch_sub(1, Ordering::SeqCst);
    let signature = request
        .headers()
        .get("Stripe-Signature")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let body = String::from_utf8(body.to_vec()).unwrap();
    log.received
        .lock()
        .unwrap()
        .push(Received { signature, body });
    log.rings.notify_waiters();
    let answer = log.answers.lock().unwrap().pop_front();
    let (status, text) = answer.unwrap_or((200, String::new()));
    HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap()).body(text)
}
