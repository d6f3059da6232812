//! POSTs that no HTTP client sends: a body that trickles, and one that breaks off. Plain http only.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::deliver::{Post, Reply};

pub(super) const CONTENT_TYPE: &str = "application/json; charset=utf-8";
pub(super) const USER_AGENT: &str = "Stripe/1.0 (+https://stripe.com/docs/webhooks)";
/// A slow body comes in so many pieces.
const PIECES: u32 = 50;
/// Of the answer, its first lines.
const MAX_ANSWER_BYTES: usize = 8 * 1024;

/// The body takes `over` to arrive; then the answer is awaited.
pub(super) async fn trickle(
    post: &Post,
    over: Duration,
    timeout: Duration,
) -> Result<Reply, String> {
    within(timeout, async {
        let mut stream = open(post).await?;
        let body = post.body.as_bytes();
        let piece_bytes = body.len().div_ceil(PIECES as usize).max(1);
        for piece in body.chunks(piece_bytes) {
            if stream.write_all(piece).await.is_err() {
                // It has answered already and does not listen any more.
                break;
            }
            tokio::time::sleep(over / PIECES).await;
        }
        answer(&mut stream).await
    })
    .await
}

/// Half of the body, and then the connection is gone.
pub(super) async fn cut(post: &Post, timeout: Duration) -> Result<Reply, String> {
    within(timeout, async {
        let mut stream = open(post).await?;
        let half = &post.body.as_bytes()[..post.body.len() / 2];
        stream
            .write_all(half)
            .await
            .map_err(|error| error.to_string())?;
        stream.shutdown().await.map_err(|error| error.to_string())?;
        Err("the connection was cut in the middle of the body".to_owned())
    })
    .await
}

async fn within(
    timeout: Duration,
    work: impl Future<Output = Result<Reply, String>>,
) -> Result<Reply, String> {
    tokio::time::timeout(timeout, work)
        .await
        .unwrap_or_else(|_| Err("operation timed out".to_owned()))
}

/// Connects and sends the head, which promises the whole body.
async fn open(message: &Post) -> Result<TcpStream, String> {
    let url = url::Url::parse(&message.url).map_err(|error| error.to_string())?;
    let (Some(host), Some(port), "http") =
        (url.host_str(), url.port_or_known_default(), url.scheme())
    else {
        return Err("this fault needs an endpoint on plain http".to_owned());
    };
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port))
        .await
        .map_err(|error| error.to_string())?;
    let query = url
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let head = format!(
        "POST {}{query} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: {CONTENT_TYPE}\r\nUser-Agent: {USER_AGENT}\r\nStripe-Signature: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        url.path(),
        message.signature,
        message.body.len(),
    );
    stream
        .write_all(head.as_bytes())
        .await
        .map_err(|error| error.to_string())?;
    Ok(stream)
}

async fn answer(stream: &mut TcpStream) -> Result<Reply, String> {
    let mut bytes = Vec::new();
    // What came before the connection broke is the answer.
    let _ = stream
        .take(MAX_ANSWER_BYTES as u64)
        .read_to_end(&mut bytes)
        .await;
    let text = String::from_utf8_lossy(&bytes);
    let status = text
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3)?.parse().ok())
        .ok_or("the connection was closed without an answer")?;
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let body = body.chars().take(512).collect::<String>().into_bytes();
    Ok(Reply { status, body })
}
