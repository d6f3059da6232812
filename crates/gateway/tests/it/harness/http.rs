//! A client that keeps every answer, so that the end of a test can search them for keys.

use std::sync::Mutex;

use reqwest::{Method, StatusCode};
use serde_json::Value;

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// A header's text, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts the status and gives the body.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// Asserts an error of the envelope's shape with this status and code.
    #[track_caller]
    pub fn expect_error(&self, status: u16, code: &str) -> Value {
        let body = self.expect(status);
        let error = &body["error"];
        assert_eq!(error["code"], code, "{}", self.text);
        let fields: Vec<&str> = error
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            fields,
            [
                "type",
                "code",
                "message",
                "param",
                "decline_code",
                "request_id"
            ]
        );
        assert_eq!(
            error["request_id"],
            self.header("x-request-id"),
            "{}",
            self.text
        );
        body
    }
}

/// Sends requests to the gateway and remembers what came back.
pub struct Recorder {
    base: String,
    client: reqwest::Client,
    answers: Mutex<Vec<Reply>>,
}

impl Recorder {
    pub fn new(base: String) -> Self {
        Self {
            base,
            client: client(),
            answers: Mutex::new(Vec::new()),
        }
    }

    pub fn request(&self, method: Method, path: &str) -> Session<'_> {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        };
        Session {
            recorder: self,
            request: self.client.request(method, url),
        }
    }

    pub fn get(&self, path: &str) -> Session<'_> {
        self.request(Method::GET, path)
    }

    pub fn post(&self, path: &str, body: &Value) -> Session<'_> {
        self.request(Method::POST, path).json(body)
    }

    pub fn post_bytes(&self, path: &str, body: Vec<u8>) -> Session<'_> {
        self.request(Method::POST, path)
            .body("application/json; charset=utf-8", body)
    }

    /// Every answer so far, headers and body, as one text.
    pub fn everything(&self) -> String {
        let answers = self.answers.lock().unwrap();
        answers.iter().fold(String::new(), |all, reply| {
            all + &format!(
                "{:?}
{}
",
                reply.headers, reply.text
            )
        })
    }
}

/// A request that is being built.
pub struct Session<'a> {
    recorder: &'a Recorder,
    request: reqwest::RequestBuilder,
}

impl Session<'_> {
    pub fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    pub fn body(mut self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.header("content-type", content_type).body(body);
        self
    }

    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.request = self.request.form(fields);
        self
    }

    pub fn bearer(mut self, token: &str) -> Self {
        self.request = self.request.bearer_auth(token);
        self
    }

    /// A header of any bytes that HTTP can carry.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = reqwest::header::HeaderValue::from_bytes(value.as_ref()).unwrap();
        self.request = self.request.header(name, value);
        self
    }

    pub async fn send(self) -> Reply {
        let response = self.request.send().await.expect("the gateway answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let reply = Reply {
            status,
            headers,
            text: response.text().await.expect("a whole body"),
        };
        self.recorder.answers.lock().unwrap().push(reply.clone());
        reply
    }
}

/// The gateway closes a new connection that asks nothing for five seconds; a request that meets the closing is reset.
const POOL_IDLE: std::time::Duration = std::time::Duration::from_secs(3);

/// Follows no redirects: tests look at them.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .pool_idle_timeout(POOL_IDLE)
        .no_proxy()
        .build()
        .unwrap()
}
