//! `serve`: what keeps it from starting, and how it ends.

use std::io::{Read, Write};
use std::net::TcpStream;

use rustix::process::Signal;

use crate::place::{Place, Program, http, text};

/// Another key than any that is generated.
const OTHER_VAULT_KEY: &str = "RkFLRS12YXVsdC1rZXktbm8tMS1zcGlub3phLXF1aXA=";

#[test]
fn production_without_settings_ends_with_one_message_that_lists_all() {
    let place = Place::new();
    let env = [
        ("TILLGATE_ENV", "production"),
        ("PUBLIC_URL", "http://pay.example.com"),
        ("RATE_LIMIT_SCALE", "0"),
        ("INTERNAL_SECRETS", "changeme"),
    ];
    let output = place.run(&["serve"], &env);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let message = text(&output.stderr);
    for name in [
        "PUBLIC_URL",
        "VAULT_KEYS",
        "TOKEN_KEYS",
        "INTERNAL_SECRETS",
        "RATE_LIMIT_SCALE",
    ] {
        assert_eq!(
            message.matches(&format!("\n  {name}: ")).count(),
            1,
            "{name} in {message}"
        );
    }
    assert!(!message.contains("changeme"));
}

#[test]
fn other_vault_keys_than_the_databases_are_refused_and_nothing_changes() {
    let place = Place::new();
    place.json(&["store", "create", "--name", "Kiosk", "--json"]);
    let before = place.bytes("data/tillgate.db");
    for args in [&["serve"][..], &["dev"], &["store", "list"]] {
        let output = place.run(args, &[("VAULT_KEYS", OTHER_VAULT_KEY)]);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(
            text(&output.stderr).contains("VAULT_KEYS are not the keys"),
            "{args:?}"
        );
        assert!(!text(&output.stderr).contains(OTHER_VAULT_KEY));
        assert!(place.bytes("data/tillgate.db") == before, "{args:?}");
    }
    assert_eq!(
        place
            .json(&["store", "list", "--json"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn it_says_where_it_listens_answers_and_ends_cleanly_on_sigterm() {
    let place = Place::new();
    let mut serve = place.start(&["serve"], &[("LOG_FORMAT", "json")]);
    let listening = serve.log_line("listening");
    let address = listening["address"].as_str().unwrap();
    assert_eq!(listening["public_url"], format!("http://{address}"));
    let answer = http()
        .get(format!("http://{address}/healthz"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    // There is no demo where nobody asked for one.
    let answer = http()
        .get(format!("http://{address}/demo"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 404);
    let (status, stdout) = serve.terminate();
    assert_eq!(status.code(), Some(0));
    assert_eq!(stdout, "");
}

/// A running `serve`, and a request to it whose body is still to come.
fn request_in_hand(place: &Place) -> (Program, TcpStream) {
    let store = place.json(&["store", "create", "--name", "Kiosk", "--json"]);
    let mut serve = place.start(&["serve"], &[("LOG_FORMAT", "json")]);
    let listening = serve.log_line("listening");
    let mut stream = TcpStream::connect(listening["address"].as_str().unwrap()).unwrap();
    let head = format!(
        "POST /webhook/stripe/{} HTTP/1.1\r\nHost: pay.example.com\r\nStripe-Signature: t=1,v1=00\r\n\
         Content-Length: 2\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n",
        store["id"].as_str().unwrap()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // "100 Continue" says that the request was accepted and its body is waited for.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    (serve, stream)
}

#[test]
fn a_request_in_hand_is_finished_before_the_end() {
    let place = Place::new();
    let (mut serve, mut stream) = request_in_hand(&place);
    serve.signal(Signal::TERM);
    serve.log_line("stopping: finishing what is in hand");
    stream.write_all(b"{}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(serve.wait().0.code(), Some(0));
}

#[test]
fn a_second_signal_does_not_wait() {
    let place = Place::new();
    let (mut serve, _stream) = request_in_hand(&place);
    serve.signal(Signal::INT);
    serve.log_line("stopping: finishing what is in hand");
    serve.signal(Signal::INT);
    assert_eq!(serve.wait().0.code(), Some(1));
}

#[test]
fn a_port_that_somebody_has_is_a_failure_in_words() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Place::new().run(&["serve"], &[("BIND_ADDR", &address)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&format!("cannot listen on BIND_ADDR {address}")));
}

#[test]
fn its_files_are_for_its_user_only() {
    let place = Place::new();
    place.print(&["store", "list"]);
    for file in [
        "data",
        "data/tillgate.db",
        "data/vault_keys",
        "data/token_keys",
        "data/internal_secrets",
    ] {
        assert_eq!(place.mode(file) & 0o077, 0, "{file}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn its_memory_cannot_be_dumped() {
    let place = Place::new();
    let mut serve = place.start(&["serve"], &[("LOG_FORMAT", "json")]);
    serve.log_line("listening");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", serve.pid())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core}");
}
