//! W5 and W7: bodies that are too large, packed, or not what they say.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::harness::{ConnectedStore, TestApp, event_of, stories};

stories!(
    w5_a_body_of_a_mebibyte_is_taken_and_one_byte_more_is_not,
    w5_an_endless_body_is_cut_off,
    w5_a_large_invoice_is_taken,
    w5_packed_bodies_are_refused,
    w5_an_unfinished_body_is_not_stored,
    w7_signed_bytes_that_are_no_event_are_refused,
);

/// What a route takes at most.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

async fn w5_a_body_of_a_mebibyte_is_taken_and_one_byte_more_is_not(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for path in [
        TestApp::webhook_path(&store.id),
        "/webhook/stripe".to_owned(),
    ] {
        let object = json!({ "id": "pi_1", "object": "payment_intent", "metadata": { "tillgate_store_id": store.id } });
        let mut body = event_of("payment_intent.created", &object)
            .to_string()
            .into_bytes();
        body.resize(MAX_EVENT_BYTES, b' ');
        app.post_signed(&path, &store.webhook_secret, body.clone())
            .await
            .expect(200);
        body.push(b' ');
        let signature = app.signature(&body, &store.webhook_secret);
        let declared = format!("Content-Length: {}", body.len());
        let answer = post_raw(app, &path, &signature, &declared, vec![body]).await;
        assert_is_413(&answer);
    }
    assert_eq!(app.count("stripe_events").await, 2);
}

async fn w5_an_endless_body_is_cut_off(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let path = TestApp::webhook_path(&store.id);
    // 10 GB, if anybody takes them.
    let mut chunk = format!("{:x}\r\n", 1_000_000).into_bytes();
    chunk.resize(chunk.len() + 1_000_000, b' ');
    chunk.extend_from_slice(b"\r\n");
    let chunks = std::iter::repeat_n(chunk, 10_000);
    let answer = post_raw(
        app,
        &path,
        "t=1,v1=00",
        "Transfer-Encoding: chunked",
        chunks,
    )
    .await;
    assert_is_413(&answer);
}

async fn w5_a_large_invoice_is_taken(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let hostile: Value = serde_json::from_str(super::envelopes::HOSTILE).unwrap();
    let invoice = &hostile["large_invoice_250_lines"]["event"];
    assert!(serde_json::to_vec_pretty(invoice).unwrap().len() > 370_000);
    app.post_event(&store, invoice).await.expect(200);
    let stored = app.inbox(invoice["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(stored.outcome(), ("ignored", Some("type_not_handled")));
}

async fn w5_packed_bodies_are_refused(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for path in [
        TestApp::webhook_path(&store.id),
        "/webhook/stripe".to_owned(),
    ] {
        for encoding in ["gzip", "deflate", "br", "identity", "zstd, gzip", ""] {
            let body = event_of("payment_intent.created", &json!({ "id": "pi_1" }))
                .to_string()
                .into_bytes();
            let signature = app.signature(&body, &store.webhook_secret);
            let request = app
                .http
                .post_bytes(&path, body)
                .header("Stripe-Signature", signature);
            let reply = request.header("Content-Encoding", encoding).send().await;
            reply.expect_error(415, "unsupported_media_type");
        }
    }
    assert_eq!(app.count("stripe_events").await, 0);
}

async fn w5_an_unfinished_body_is_not_stored(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let body = event_of("payment_intent.created", &json!({ "id": "pi_1" }))
        .to_string()
        .into_bytes();
    let signature = app.signature(&body, &store.webhook_secret);
    let path = TestApp::webhook_path(&store.id);
    let declared = format!("Content-Length: {}", body.len() + 1);
    let answer = post_raw(app, &path, &signature, &declared, vec![body]).await;
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    assert_eq!(app.count("stripe_events").await, 0);
}

async fn w7_signed_bytes_that_are_no_event_are_refused(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let good = event_of(
        "payment_intent.succeeded",
        &json!({ "id": "pi_1", "object": "payment_intent" }),
    )
    .to_string();
    let with = |inserted: &str| {
        good.replacen("\"data\":", &format!("{inserted},\"data\":"), 1)
            .into_bytes()
    };
    let mut invalid_utf8 = with("\"x\":\"?\"");
    let position = invalid_utf8.iter().position(|byte| *byte == b'?').unwrap();
    invalid_utf8[position] = 0xFF;
    let nested = |levels: usize| {
        with(&format!(
            "\"x\":{}{}",
            "[".repeat(levels),
            "]".repeat(levels)
        ))
    };
    for (name, body) in [
        ("invalid UTF-8", invalid_utf8),
        (
            "a byte order mark",
            [b"\xEF\xBB\xBF", good.as_bytes()].concat(),
        ),
        (
            "UTF-16",
            good.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        ("a raw NUL", with("\"x\":\"\0\"")),
        ("a NUL at the end", [good.as_bytes(), b"\0"].concat()),
        ("NaN", with("\"x\":NaN")),
        ("Infinity", with("\"x\":-Infinity")),
        ("a lone surrogate", with(r#""x":"\ud800""#)),
        ("2,000 levels", nested(2_000)),
        ("500,000 levels", nested(500_000)),
        (
            "the same name twice",
            with("\"livemode\":false,\"livemode\":true"),
        ),
        (
            "the same name twice inside",
            good.replacen("\"id\":\"pi_1\"", "\"id\":\"pi_0\",\"id\":\"pi_1\"", 1)
                .into_bytes(),
        ),
        ("a comment", with("/* */\"x\":1")),
        ("a comma too much", with("\"x\":[1,]")),
        ("two values", format!("{good}{good}").into_bytes()),
        ("the half of it", good.as_bytes()[..good.len() / 2].to_vec()),
        ("a list", format!("[{good}]").into_bytes()),
        ("null", b"null".to_vec()),
        ("a number", b"1e999".to_vec()),
        ("a text", b"\"evt_1\"".to_vec()),
        ("an empty object", b"{}".to_vec()),
        ("blanks", b" \n ".to_vec()),
        ("a form", b"id=evt_1&type=payment_intent.succeeded".to_vec()),
    ] {
        refuse(app, &store, name, body).await;
    }
    let reply = app
        .post_signed(
            &TestApp::webhook_path(&store.id),
            &store.webhook_secret,
            Vec::new(),
        )
        .await;
    reply.expect_error(400, "signature_invalid");
    assert_eq!(app.count("stripe_events").await, 0);
    app.post_signed(
        &TestApp::webhook_path(&store.id),
        &store.webhook_secret,
        good,
    )
    .await
    .expect(200);
}

async fn refuse(app: &TestApp, store: &ConnectedStore, name: &str, body: Vec<u8>) {
    let own = TestApp::webhook_path(&store.id);
    // The shared URL cannot even tell whose it is.
    for (path, code) in [
        (own.as_str(), "not_an_event"),
        ("/webhook/stripe", "store_unknown"),
    ] {
        let reply = app
            .post_signed(path, &store.webhook_secret, body.clone())
            .await;
        assert_eq!(reply.status, 400, "{name}");
        reply.expect_error(400, code);
    }
}

fn assert_is_413(answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["error"]["code"], "body_too_large", "{body}");
}

/// Sends as much of a body as the gateway takes, then nothing more, and gives its answer.
async fn post_raw<I>(app: &TestApp, path: &str, signature: &str, framing: &str, parts: I) -> String
where
    I: IntoIterator<Item = Vec<u8>> + Send + 'static,
    I::IntoIter: Send,
{
    let address = app.url.strip_prefix("http://").unwrap().to_owned();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Stripe-Signature: {signature}\r\n{framing}\r\n\r\n"
    );
    let talk = move || {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut reader = stream.try_clone().unwrap();
        // Reads at once: a server that hangs up may take an unread answer with it.
        let answer = std::thread::spawn(move || {
            let mut answer = Vec::new();
            // Whatever ends the connection, what came before counts.
            let _ = reader.read_to_end(&mut answer);
            String::from_utf8(answer).unwrap()
        });
        for part in parts {
            if stream.write_all(&part).is_err() {
                break;
            }
        }
        let _ = stream.shutdown(std::net::Shutdown::Write);
        answer.join().unwrap()
    };
    tokio::task::spawn_blocking(talk).await.unwrap()
}
