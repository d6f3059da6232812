//! `tillgate webhook listen`: for a gateway in another process.

use domain::{Mode, StoreId};
use rustix::process::Signal;

use super::machine::{ACCOUNT, Machine};
use super::{ENDED, FORWARDS, KIND, NONE};
use crate::place::{Program, text};

const LENT: &str = "the gateway accepts what the Stripe CLI signs";
const STORE: &str = "0197d9a2-6a0c-7000-8000-000000000000";

/// A gateway that has no `stripe` command, as in a container, and where it answers.
fn container(machine: &Machine) -> (Program, String) {
    let mut serve = machine.serve(&[("PATH", "/nowhere")]);
    let address = serve.log_line("listening")["address"].clone();
    (serve, format!("http://{}", address.as_str().unwrap()))
}

fn listen(machine: &Machine, store_id: StoreId, url: &str) -> Program {
    let store_id = store_id.to_string();
    machine.start(
        &["webhook", "listen", "--store", &store_id, "--to", url],
        &[],
    )
}

#[tokio::test]
async fn a_gateway_elsewhere_gets_events_and_keeps_nothing() {
    let machine = Machine::signed_in();
    let store_id = machine.store(Mode::Test, ACCOUNT).await;
    let (serve, url) = container(&machine);
    let mut listening = listen(&machine, store_id, &url);
    listening.log_line(LENT);
    let command = machine.listen(store_id);
    assert_eq!(
        command.forward_to(),
        format!("{url}/webhook/stripe/{store_id}")
    );
    assert_eq!(command.event("evt_1EXAMPLE", KIND), Some(200));
    let printed = [listening.printed_line(), listening.printed_line()];
    assert!(printed[0].ends_with(&format!("--> {KIND} [evt_1EXAMPLE]\n")));
    assert!(printed[1].contains("<--  [200] POST http"), "{printed:?}");

    assert_eq!(machine.valid_secrets_in(4, store_id).await, 1);
    assert_eq!(
        machine.valid_secrets_in(6, store_id).await,
        0,
        "for minutes"
    );
    let log = listening.terminate_and_read_log().join("\n");
    assert!(!log.contains("whsec_"), "{log}");
    assert!(!command.runs());
    assert_eq!(machine.valid_secrets_in(0, store_id).await, 0, "at once");
    serve.terminate();
    machine.assert_no_secret_is_kept();
}

#[tokio::test]
async fn it_goes_on_when_the_command_dies_and_ends_with_ctrl_c() {
    let machine = Machine::signed_in();
    let store_id = machine.store(Mode::Test, ACCOUNT).await;
    let (_serve, url) = container(&machine);
    let mut listening = listen(&machine, store_id, &url);
    listening.log_line(LENT);
    machine.listen(store_id).die();
    listening.log_line(LENT);
    let command = machine.listen(store_id);
    assert_eq!(command.event("evt_1EXAMPLE", KIND), Some(200));
    assert_eq!(machine.valid_secrets_in(0, store_id).await, 1);
    listening.signal(Signal::INT);
    assert_eq!(listening.wait().0.code(), Some(0));
    assert!(!command.runs());
    assert_eq!(machine.valid_secrets_in(0, store_id).await, 0);
}

#[tokio::test]
async fn a_gateway_that_forwards_by_itself_gives_way() {
    let machine = Machine::signed_in();
    let store_id = machine.store(Mode::Test, ACCOUNT).await;
    let mut serve = machine.serve(&[]);
    let address = serve.log_line("listening")["address"].clone();
    serve.log_line(FORWARDS);
    let url = format!("http://{}", address.as_str().unwrap());
    let mut listening = listen(&machine, store_id, &url);
    listening.log_line(LENT);
    serve.log_line(ENDED);
    let said = serve.log_line(NONE);
    assert_eq!(said["reason"], "a signing secret is set already");
    assert_eq!(
        machine.listen(store_id).event("evt_1EXAMPLE", KIND),
        Some(200)
    );
    listening.terminate();
    serve.log_line(FORWARDS);
}

#[tokio::test]
async fn a_store_that_moves_to_another_account_ends_it() {
    let machine = Machine::signed_in();
    let store_id = machine.store(Mode::Test, ACCOUNT).await;
    let (_serve, url) = container(&machine);
    let mut listening = listen(&machine, store_id, &url);
    listening.log_line(LENT);
    machine.connect(store_id, Mode::Test, "acct_2EXAMPLE").await;
    // The next secret is for an account that the store no longer uses.
    machine.listen(store_id).die();
    assert_eq!(listening.wait().0.code(), Some(1));
    assert!(!machine.listen(store_id).runs());
    assert_eq!(machine.valid_secrets_in(0, store_id).await, 0);
}

#[tokio::test]
async fn what_keeps_it_from_listening_is_said() {
    let machine = Machine::installed();
    let live = machine.store(Mode::Live, ACCOUNT).await.to_string();
    let test = machine.store(Mode::Test, ACCOUNT).await.to_string();
    let unconnected = machine
        .place
        .json(&["store", "create", "--name", "Kiosk", "--json"]);
    let unconnected = unconnected["id"].as_str().unwrap();
    let own = machine.env();
    let own = own.each_ref().map(|(name, value)| (*name, value.as_str()));
    for (store_id, env, words) in [
        (STORE, ("X", ""), "there is no store"),
        (unconnected, ("X", ""), "is not connected"),
        (&live, ("X", ""), "connected with a live key"),
        (&test, ("X", ""), "run `stripe login`"),
        (&test, ("PATH", "/nowhere"), "not installed"),
        (
            &test,
            ("STRIPE_API_BASE", "http://127.0.0.1:9"),
            "the sandbox delivers",
        ),
    ] {
        let args = ["webhook", "listen", "--store", store_id];
        let args = [&args[..], &["--to", "http://127.0.0.1:9"]].concat();
        let output = machine.place.run(&args, &[&own[..], &[env]].concat());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{words}: {said}");
        assert!(said.contains(words), "{words}: {said}");
    }
    let production = machine.production();
    let production = production
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let args = ["webhook", "listen", "--store", &test];
    let output = machine.place.run(&args, &[&own[..], &production].concat());
    assert!(text(&output.stderr).contains("is for development"));
    machine.sign_in("acct_2EXAMPLE");
    let args = ["webhook", "listen", "--store", &test];
    let output = machine.place.run(&args, &own);
    assert!(text(&output.stderr).contains("say with --to"));
    let args = [&args[..], &["--to", "http://127.0.0.1:9"]].concat();
    let output = machine.place.run(&args, &own);
    assert!(text(&output.stderr).contains("signed in to acct_2EXAMPLE"));
    assert!(machine.listens().is_empty());
}
