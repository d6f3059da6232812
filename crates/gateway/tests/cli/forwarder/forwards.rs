//! What a forwarder brings, to whom, and what nobody gets to see.

use domain::Mode;

use super::machine::{ACCOUNT, Machine};
use super::{ENDED, FORWARDS, KIND, NONE};

#[tokio::test]
async fn its_events_are_verified_with_a_secret_that_is_nowhere() {
    let machine = Machine::signed_in();
    let store_id = machine.store(Mode::Test, ACCOUNT).await;
    let mut serve = machine.serve(&[
        ("RUST_LOG", "trace"),
        ("STRIPE_API_KEY", "sk_test_EXAMPLE"),
        (
            "INTERNAL_SECRETS",
            "for-tests-EXAMPLE-EXAMPLE-EXAMPLE-EXAMPLE",
        ),
    ]);
    let said = serve.log_line(FORWARDS);
    assert_eq!(said["store_id"], store_id.to_string());
    assert_eq!(said["account_id"], ACCOUNT);
    let listen = machine.listen(store_id);
    assert_eq!(said["forward_to"], listen.forward_to());
    assert!(listen.forward_to().starts_with("http://127.0.0.1:"));

    assert_eq!(listen.event("evt_1EXAMPLE", KIND), Some(200));
    assert_eq!(listen.event("evt_1EXAMPLE", KIND), Some(200), "doubled");
    assert_eq!(listen.event("evt_2EXAMPLE", "charge.succeeded"), None);

    let seen = listen.0["environment"].as_array().unwrap();
    for name in ["STRIPE_API_KEY", "INTERNAL_SECRETS", "RUST_LOG"] {
        assert!(!seen.contains(&name.into()), "{name}");
    }
    assert!(seen.contains(&"HOME".into()));

    assert_eq!(machine.valid_secrets_in(0, store_id).await, 0);
    let log = serve.terminate_and_read_log().join("\n");
    assert!(!log.contains("whsec_"), "{log}");
    machine.assert_no_secret_is_kept();
}

#[tokio::test]
async fn only_the_events_that_are_handled_are_asked_for() {
    let machine = Machine::signed_in();
    let store_id = machine.store(Mode::Test, ACCOUNT).await;
    let mut serve = machine.serve(&[]);
    serve.log_line(FORWARDS);
    let events = machine.listen(store_id).0["events"].clone();
    assert_eq!(
        events,
        serde_json::json!(gateway::webhook::types::HANDLED_EVENTS)
    );
}

#[tokio::test]
async fn a_store_gets_one_when_it_is_connected_and_loses_it_with_its_own_secret() {
    let machine = Machine::signed_in();
    let first = machine.store(Mode::Test, ACCOUNT).await;
    let mut serve = machine.serve(&[]);
    serve.log_line(FORWARDS);

    let second = machine.store(Mode::Test, ACCOUNT).await;
    let said = serve.log_line(FORWARDS);
    assert_eq!(said["store_id"], second.to_string());
    let listen = machine.listen(second);
    assert_eq!(listen.event("evt_1EXAMPLE", KIND), Some(200));

    machine.set_signing_secret(first).await;
    let said = serve.log_line(ENDED);
    assert_eq!(said["store_id"], first.to_string());
    assert!(!machine.listen(first).runs());
    assert!(listen.runs(), "the other store keeps its own");
    assert_eq!(listen.event("evt_2EXAMPLE", KIND), Some(200));
}

#[tokio::test]
async fn a_store_that_moves_to_another_account_does_not_get_the_old_ones_events() {
    let machine = Machine::signed_in();
    let store_id = machine.store(Mode::Test, ACCOUNT).await;
    let mut serve = machine.serve(&[]);
    serve.log_line(FORWARDS);
    let listen = machine.listen(store_id);
    machine.connect(store_id, Mode::Test, "acct_2EXAMPLE").await;
    serve.log_line(ENDED);
    assert!(!listen.runs());
    let said = serve.log_line(NONE);
    let reason = said["reason"].as_str().unwrap();
    assert!(reason.contains("signed in to acct_1EXAMPLE"), "{reason}");
}

#[tokio::test]
async fn other_versions_of_the_command_and_its_login_are_understood() {
    for (file, content) in [
        ("home/old", ""),
        ("home/spring", ""),
        ("home/oauth", ACCOUNT),
    ] {
        let machine = Machine::installed();
        if file != "home/oauth" {
            machine.sign_in(ACCOUNT);
        }
        machine.write(file, content);
        let store_id = machine.store(Mode::Test, ACCOUNT).await;
        let mut serve = machine.serve(&[]);
        serve.log_line(FORWARDS);
        let listen = machine.listen(store_id);
        assert_eq!(listen.event("evt_1EXAMPLE", KIND), Some(200), "{file}");
        let log = serve.terminate_and_read_log().join("\n");
        assert!(!log.contains("rk_test_"), "{log}");
        assert!(!log.contains("does not tell its account"), "{log}");
    }
}

#[tokio::test]
async fn a_login_that_does_not_tell_its_account_is_believed_with_a_warning() {
    let machine = Machine::installed();
    machine.sign_in_somewhere();
    let store_id = machine.store(Mode::Test, ACCOUNT).await;
    let mut serve = machine.serve(&[]);
    serve.log_line("the Stripe CLI does not tell its account: it must be signed in to the store's");
    serve.log_line(FORWARDS);
    let listen = machine.listen(store_id);
    assert_eq!(listen.event("evt_1EXAMPLE", KIND), Some(200));
}
