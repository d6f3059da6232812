//! `C13`: no key and no client secret in any output, at `trace`, through every kind of failure.

use std::error::Error as _;
use std::io::Write;
use std::sync::{Arc, Mutex};

use secrecy::SecretString;
use stripe_http::payment_intents::{self, CreateParams};
use stripe_http::{SetupIntentId, setup_intents};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::stripe::{INTENT, KEY, Step, Stripe, answer, failed, intent_id, key, ok};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Everything at `trace`, of this crate and of the HTTP stack, on this thread.
fn recording() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    (log, subscriber.set_default())
}

#[tokio::test]
async fn c13_no_secret_in_any_output() {
    let (log, _guard) = recording();
    let echo = format!(
        r#"{{"error":{{"type":"invalid_request_error","message":"Invalid API Key provided: {KEY}"}}}}"#
    );
    let mut shown = Vec::new();
    let steps: [&dyn Fn() -> Step; 8] = [
        &|| ok(INTENT),
        &|| ok(&format!("not JSON: {KEY}")),
        &|| answer(401, &[], &echo),
        &|| answer(403, &[], &echo),
        &|| answer(500, &[], &echo),
        &|| failed(429, &[], "rate_limit"),
        &|| Step::Raw(format!("HTTP/1.1 {KEY} not http\r\n\r\n").into_bytes()),
        &|| Step::Drop,
    ];
    for step in steps {
        let stripe = Stripe::playing((0..3).map(|_| step())).await;
        let client = stripe.client();
        let result =
            payment_intents::create(&client, &CreateParams::new(4999, "eur"), &key()).await;
        shown.push(format!("{client:?} {result:?}"));
        if let Err(error) = result {
            shown.push(error.to_string());
            let causes = std::iter::successors(error.source(), |&cause| cause.source());
            shown.extend(causes.map(|cause| format!("{cause} {cause:?}")));
        }
    }
    // The HTTP stack's own lines are in the log too.
    assert!(log.text().contains("TRACE hyper_util"), "{}", log.text());
    for output in [shown.join("\n"), log.text()] {
        assert!(!output.is_empty());
        for secret in [KEY, "FAKECANARY"] {
            assert!(!output.contains(secret), "{output}");
        }
    }
}

#[tokio::test]
async fn c13_a_client_secret_in_the_query_is_not_shown() {
    let (log, _guard) = recording();
    let stripe = Stripe::playing([Step::Drop, Step::Drop, Step::Drop]).await;
    let id = SetupIntentId::parse("seti_1").unwrap();
    let secret = SecretString::from("seti_1_secret_FAKECANARY");
    let error = setup_intents::retrieve_with_publishable_key(
        &stripe.transport(),
        "pk_test_FAKE",
        &id,
        &secret,
    )
    .await
    .unwrap_err();
    let output = format!(
        "{error} {error:?} {} {:?}\n{}",
        error.source().unwrap(),
        error.source(),
        log.text()
    );
    assert!(output.contains("/v1/setup_intents/{id}"), "{output}");
    assert!(!output.contains("FAKECANARY"), "{output}");
}

#[tokio::test]
async fn each_call_leaves_one_line_that_can_be_measured() {
    let (log, _guard) = recording();
    let stripe = Stripe::playing([failed(503, &[], "x"), ok(INTENT)]).await;
    payment_intents::retrieve(&stripe.client(), &intent_id())
        .await
        .unwrap();
    let text = log.text();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("stripe request"))
        .collect();
    assert_eq!(lines.len(), 1, "{text}");
    for field in [
        "DEBUG stripe_http",
        r#"method="GET""#,
        r#"path="/v1/payment_intents/{id}""#,
        "status=200",
        r#"stripe_request_id="req_OK""#,
        "attempts=2",
        "elapsed_ms=",
        "ok=true",
    ] {
        assert!(lines[0].contains(field), "{field} is not in {}", lines[0]);
    }
}

/// A proxy would see every merchant's traffic. Another test, run again in an environment with proxies.
#[test]
fn proxy_variables_are_ignored() {
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    again.args([
        "--exact",
        "requests::creating_a_payment_intent_pins_version_and_key",
    ]);
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        // Nobody listens on port 1.
        again.env(name, "http://127.0.0.1:1");
    }
    let output = again
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}
