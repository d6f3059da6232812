//! A Stripe that answers from a script, one step per connection, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::SecretString;
use stripe_http::{Client, IdempotencyKey, PaymentIntentId, Transport, TransportConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// Looks like nothing real, and like nothing else in any output.
pub(crate) const KEY: &str = "sk_test_FAKECANARYKEY0123456789";

/// What happens on one connection, after the request has been read.
pub(crate) enum Step {
    /// These bytes, then the end.
    Raw(Vec<u8>),
    /// The end without an answer.
    Drop,
    /// These bytes, and no end.
    Stall(Vec<u8>),
    /// No answer, ever.
    Hang,
}

/// An HTTP answer with its length.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Step {
    let headers: String = headers
        .iter()
        .flat_map(|(name, value)| [name, ": ", value, "\r\n"])
        .collect();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}"
    );
    Step::Raw(format!("{head}\r\n{body}").into_bytes())
}

pub(crate) fn ok(body: &str) -> Step {
    answer(200, &[("Request-Id", "req_OK")], body)
}

/// A failure with the given code.
pub(crate) fn failed(status: u16, headers: &[(&str, &str)], code: &str) -> Step {
    answer(
        status,
        headers,
        &format!(r#"{{"error":{{"type":"invalid_request_error","code":"{code}"}}}}"#),
    )
}

pub(crate) const INTENT: &str = r#"{"id":"pi_1","object":"payment_intent","amount":4999,"currency":"eur",
    "status":"requires_payment_method","client_secret":"pi_1_secret_FAKECANARYCS","livemode":false,
    "capture_method":"automatic","created":1760000000}"#;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self
            .headers
            .iter()
            .filter(|(given, _)| given.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} was sent twice");
        value
    }
}

pub(crate) struct Stripe {
    base: Url,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Stripe {
    /// Answers with one step after the other, and not at all after the last one.
    pub(crate) async fn playing(steps: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(play(
            listener,
            steps.into_iter().collect(),
            Arc::clone(&received),
        ));
        Self { base, received }
    }

    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// No wait between attempts, ten seconds in all.
    pub(crate) fn transport(&self) -> Transport {
        self.transport_with(|_| {})
    }

    pub(crate) fn transport_with(&self, change: impl FnOnce(&mut TransportConfig)) -> Transport {
        let mut config = TransportConfig {
            api_base: self.base.clone(),
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(10),
            backoff_base: Duration::ZERO,
        };
        change(&mut config);
        Transport::new(config).unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        self.transport().client(SecretString::from(KEY))
    }
}

pub(crate) fn key() -> IdempotencyKey {
    IdempotencyKey::parse("op_1").unwrap()
}

pub(crate) fn intent_id() -> PaymentIntentId {
    PaymentIntentId::parse("pi_1").unwrap()
}

async fn play(
    listener: TcpListener,
    mut steps: VecDeque<Step>,
    received: Arc<Mutex<Vec<Received>>>,
) {
    let mut hanging = Vec::new();
    while let Ok((mut stream, _)) = listener.accept().await {
        let request = read(&mut stream).await;
        received.lock().unwrap().push(request);
        match steps.pop_front() {
            Some(Step::Raw(bytes)) => stream.write_all(&bytes).await.unwrap(),
            Some(Step::Drop) => drop(stream),
            Some(Step::Stall(bytes)) => {
                stream.write_all(&bytes).await.unwrap();
                hanging.push(stream);
            }
            Some(Step::Hang) | None => hanging.push(stream),
        }
    }
}

async fn read(stream: &mut TcpStream) -> Received {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        assert_ne!(
            stream.read_buf(&mut bytes).await.unwrap(),
            0,
            "the request ended early"
        );
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.trim_end().lines().map(str::to_owned);
    let line = lines.next().unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| {
            line.split_once(": ")
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .unwrap()
        })
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.map_or(0, |(_, value)| value.parse::<usize>().unwrap());
    while bytes.len() < head_end + length {
        assert_ne!(
            stream.read_buf(&mut bytes).await.unwrap(),
            0,
            "the body ended early"
        );
    }
    let body = String::from_utf8(bytes.split_off(head_end)).unwrap();
    Received {
        line,
        headers,
        body,
    }
}
