//! A keep-alive HTTP/1.1 connection without pool, redirects or TLS: on shared cores, what the client costs the server
//! loses.

use std::net::SocketAddr;

use anyhow::Context;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// A request with its whole body.
pub(crate) type Request = hyper::Request<Full<Bytes>>;

/// One connection; requests follow each other on it.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
}

/// An answer, read to its end.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends with the sender; its errors reach the requests.
        tokio::spawn(connection);
        let host = HeaderValue::from_str(&address.to_string())?;
        Ok(Self { sender, host })
    }

    pub(crate) async fn send(&mut self, mut request: Request) -> anyhow::Result<Reply> {
        request.headers_mut().insert(HOST, self.host.clone());
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        Ok(Reply {
            status: head.status,
            headers: head.headers,
            body: body.collect().await?.to_bytes(),
        })
    }
}

impl Reply {
    /// The body of an answer with this status.
    pub(crate) fn expect(self, status: u16) -> anyhow::Result<Bytes> {
        let text = String::from_utf8_lossy(&self.body);
        anyhow::ensure!(
            self.status == status,
            "{} and not {status}: {text}",
            self.status
        );
        Ok(self.body)
    }

    /// A text field of the JSON body.
    pub(crate) fn field(self, status: u16, name: &str) -> anyhow::Result<String> {
        let body: Value = serde_json::from_slice(&self.expect(status)?)?;
        let text = body[name].as_str();
        Ok(text
            .with_context(|| format!("no {name} in {body}"))?
            .to_owned())
    }
}

pub(crate) fn get(path: &str) -> Request {
    request("GET", path, Bytes::new())
}

pub(crate) fn post(path: &str, content_type: &'static str, body: impl Into<Bytes>) -> Request {
    with(
        request("POST", path, body.into()),
        CONTENT_TYPE.as_str(),
        content_type,
    )
}

pub(crate) fn post_json(path: &str, body: &Value) -> Request {
    post(path, "application/json", body.to_string())
}

/// With one header more. A value that cannot be one is left out, and the answer will say that it is missing.
pub(crate) fn with(mut request: Request, name: &'static str, value: &str) -> Request {
    if let Ok(value) = HeaderValue::from_str(value) {
        request.headers_mut().insert(name, value);
    }
    request
}

fn request(method: &str, path: &str, body: Bytes) -> Request {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method.parse().unwrap_or_default();
    *request.uri_mut() = path.parse().unwrap_or_default();
    request
}
