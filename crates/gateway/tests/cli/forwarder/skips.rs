//! When there is no forwarder, and in which words the log says so, once.

use domain::{Mode, StoreId};

use super::machine::{ACCOUNT, Listen, Machine};
use super::{FORWARDS, NONE};

/// How often a log gives this reason, for this store or for the machine.
fn times(log: &[String], store_id: Option<StoreId>, reason: &str) -> usize {
    let store_id = store_id.map(|store_id| store_id.to_string());
    log.iter()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|line| line["message"] == NONE)
        .filter(|line| line["store_id"].as_str() == store_id.as_deref())
        .filter(|line| line["reason"].as_str().unwrap().contains(reason))
        .count()
}

#[tokio::test]
async fn each_store_that_needs_none_is_named_once() {
    let machine = Machine::signed_in();
    let live = machine.store(Mode::Live, ACCOUNT).await;
    let set = machine.store(Mode::Test, ACCOUNT).await;
    machine.set_signing_secret(set).await;
    let other = machine.store(Mode::Test, "acct_2EXAMPLE").await;
    let mut serve = machine.serve(&[]);
    for _ in [live, set, other] {
        serve.log_line(NONE);
    }
    // This one is found by a later look, which says nothing again.
    machine.store(Mode::Test, ACCOUNT).await;
    serve.log_line(FORWARDS);
    let log = serve.terminate_and_read_log();
    for (store_id, reason) in [
        (live, "connected with a live key"),
        (set, "a signing secret is set already"),
        (
            other,
            "signed in to acct_1EXAMPLE, but the store is connected to acct_2EXAMPLE",
        ),
    ] {
        assert_eq!(times(&log, Some(store_id), reason), 1, "{reason}: {log:?}");
        assert_eq!(times(&log, Some(store_id), ""), 1, "{reason}: {log:?}");
    }
    assert_eq!(machine.listens().len(), 1);
}

#[tokio::test]
async fn a_command_that_is_not_there_is_missed_once_and_only_if_somebody_needs_it() {
    let machine = Machine::bare();
    let live = machine.store(Mode::Live, ACCOUNT).await;
    let mut serve = machine.serve(&[]);
    let said = serve.log_line(NONE);
    assert_eq!(said["store_id"], live.to_string());
    machine.store(Mode::Test, ACCOUNT).await;
    machine.store(Mode::Test, ACCOUNT).await;
    let said = serve.log_line(NONE);
    assert_eq!(said["store_id"], serde_json::Value::Null);
    let later = machine.store(Mode::Live, ACCOUNT).await;
    let said = serve.log_line(NONE);
    assert_eq!(said["store_id"], later.to_string());
    let log = serve.terminate_and_read_log();
    assert_eq!(times(&log, None, "not installed"), 1, "{log:?}");
    assert_eq!(times(&log, None, ""), 1, "{log:?}");
}

#[tokio::test]
async fn a_command_that_is_not_signed_in_is_told_once() {
    let machine = Machine::installed();
    machine.store(Mode::Test, ACCOUNT).await;
    machine.store(Mode::Test, ACCOUNT).await;
    let mut serve = machine.serve(&[]);
    serve.log_line(NONE);
    machine.store(Mode::Live, ACCOUNT).await;
    serve.log_line(NONE);
    let log = serve.terminate_and_read_log();
    assert_eq!(times(&log, None, "run `stripe login`"), 1, "{log:?}");
    assert!(machine.listens().is_empty());
}

#[tokio::test]
async fn the_sandbox_needs_none() {
    let machine = Machine::signed_in();
    machine.store(Mode::Test, ACCOUNT).await;
    let mut serve = machine.serve(&[("STRIPE_API_BASE", "http://127.0.0.1:9")]);
    let said = serve.log_line(NONE);
    let reason = said["reason"].as_str().unwrap();
    assert!(reason.contains("the sandbox delivers"), "{reason}");
    let log = serve.terminate_and_read_log();
    assert_eq!(times(&log, None, ""), 1, "{log:?}");
    assert!(machine.listens().is_empty());
}

#[tokio::test]
async fn production_starts_none_and_says_nothing() {
    let machine = Machine::signed_in();
    machine.store(Mode::Test, ACCOUNT).await;
    let production = machine.production();
    let env = production
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let mut serve = machine.serve(&env);
    serve.log_line("listening");
    let log = serve.terminate_and_read_log().join("\n");
    assert!(!log.contains("Stripe CLI"), "{log}");
    assert!(machine.listens().is_empty());
}

#[tokio::test]
async fn there_are_at_most_ten() {
    let machine = Machine::signed_in();
    for _ in 0..11 {
        machine.store(Mode::Test, ACCOUNT).await;
    }
    let mut serve = machine.serve(&[]);
    let said = serve.log_line(NONE);
    let reason = said["reason"].as_str().unwrap();
    assert!(
        reason.contains("10 stores have a forwarder already"),
        "{reason}"
    );
    while machine.listens().len() < 10 {
        tokio::task::yield_now().await;
    }
    let log = serve.terminate_and_read_log();
    let left_out = log.iter().filter(|line| line.contains("already"));
    assert_eq!(left_out.count(), 1);
    assert_eq!(machine.listens().len(), 10);
    assert!(!machine.listens().iter().any(Listen::runs));
}
