//! How a forwarder ends: by itself, with the gateway, and when it does not want to.

use domain::Mode;
use rustix::process::{Signal, kill_process};

use super::machine::{ACCOUNT, Listen, Machine};
use super::{FORWARDS, KIND, NONE};

const DIED: &str = "the Stripe CLI ended by itself and is started again";

#[tokio::test]
async fn it_is_started_again_when_it_dies_or_is_killed() {
    let machine = Machine::signed_in();
    let store_id = machine.store(Mode::Test, ACCOUNT).await;
    let mut serve = machine.serve(&[]);
    serve.log_line(FORWARDS);

    let first = machine.listen(store_id);
    first.die();
    let said = serve.log_line(DIED);
    assert_eq!(said["status"], "exit status: 1");
    assert_eq!(said["again_in_s"], 1);
    let words = said["said"].as_str().unwrap();
    assert!(words.contains("Expired API Key provided: …"), "{words}");

    serve.log_line(FORWARDS);
    let second = machine.listen(store_id);
    assert_ne!(second.pid(), first.pid());
    assert_eq!(second.event("evt_1EXAMPLE", KIND), Some(200));
    kill_process(second.pid(), Signal::KILL).unwrap();
    let said = serve.log_line(DIED);
    assert_eq!(said["status"], "signal: 9 (SIGKILL)");
    assert_eq!(said["again_in_s"], 2, "the pause grows");
    serve.log_line(FORWARDS);
    assert_eq!(
        machine.listen(store_id).event("evt_2EXAMPLE", KIND),
        Some(200)
    );
}

#[tokio::test]
async fn it_is_not_started_again_once_nobody_is_signed_in() {
    let machine = Machine::signed_in();
    let store_id = machine.store(Mode::Test, ACCOUNT).await;
    let mut serve = machine.serve(&[]);
    serve.log_line(FORWARDS);
    let listen = machine.listen(store_id);
    machine.write("home/.config/stripe/config.toml", "");
    listen.die();
    let said = serve.log_line(NONE);
    let reason = said["reason"].as_str().unwrap();
    assert!(reason.contains("not signed in"), "{reason}");
}

#[tokio::test]
async fn nothing_is_left_when_the_gateway_ends() {
    for (signal, file) in [
        (Signal::TERM, None),
        (Signal::INT, None),
        (Signal::TERM, Some("home/deaf")),
        (Signal::TERM, Some("home/slow")),
    ] {
        let machine = Machine::signed_in();
        if let Some(file) = file {
            machine.write(file, "");
        }
        let stores = [
            machine.store(Mode::Test, ACCOUNT).await,
            machine.store(Mode::Test, ACCOUNT).await,
        ];
        let mut serve = machine.serve(&[]);
        if file == Some("home/slow") {
            serve.log_line("listening");
            while machine.listens().len() < stores.len() {
                tokio::task::yield_now().await;
            }
        } else {
            serve.log_line(FORWARDS);
            serve.log_line(FORWARDS);
        }
        let listens = stores.map(|store_id| machine.listen(store_id));
        assert!(listens.iter().all(Listen::runs));
        serve.signal(signal);
        assert_eq!(serve.wait().0.code(), Some(0), "{signal:?} {file:?}");
        assert!(!listens.iter().any(Listen::runs), "{signal:?} {file:?}");
    }
}

#[tokio::test]
async fn nothing_is_left_when_the_gateway_is_told_twice() {
    let machine = Machine::signed_in();
    machine.write("home/deaf", "");
    let store_id = machine.store(Mode::Test, ACCOUNT).await;
    let mut serve = machine.serve(&[]);
    serve.log_line(FORWARDS);
    serve.signal(Signal::INT);
    serve.log_line("stopping: finishing what is in hand");
    serve.signal(Signal::INT);
    assert_eq!(serve.wait().0.code(), Some(1));
    // Killed, not waited for.
    while machine.listen(store_id).runs() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nothing_is_left_when_the_gateway_is_killed() {
    let machine = Machine::signed_in();
    machine.write("home/deaf", "");
    let store_id = machine.store(Mode::Test, ACCOUNT).await;
    let mut serve = machine.serve(&[]);
    serve.log_line(FORWARDS);
    let listen = machine.listen(store_id);
    assert!(listen.runs());
    serve.signal(Signal::KILL);
    serve.wait();
    while listen.runs() {
        tokio::task::yield_now().await;
    }
}
