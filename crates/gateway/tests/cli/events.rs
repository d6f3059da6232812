//! The inbox on the command line.

use serde_json::json;

use crate::place::{Place, text};

#[test]
fn an_empty_inbox_lists_nothing_and_replays_nothing() {
    let place = Place::new();
    let created = place.json(&["store", "create", "--name", "Kiosk", "--json"]);
    let id = created["id"].as_str().unwrap();
    let list = ["events", "list", "--store", id, "--mode", "test"];
    assert!(place.print(&list).contains("No events"));
    let narrowed = [
        "--state", "parked", "--type", "a.b", "--since", "7d", "--json",
    ];
    assert_eq!(place.json(&[&list[..], &narrowed].concat()), json!([]));
    let replay = ["events", "replay", "--store", id, "--mode", "test"];
    let done = place.json(&[&replay[..], &["--state", "parked", "--json"]].concat());
    assert_eq!(
        (&done["matched"], &done["replayed"]),
        (&json!(0), &json!(0))
    );
    let told = place.json(&[&replay[..], &["--since", "24h", "--preview", "--json"]].concat());
    assert_eq!(told, json!([]));
}

#[test]
fn what_cannot_be_done_is_a_failure_in_words() {
    let place = Place::new();
    let created = place.json(&["store", "create", "--name", "Kiosk", "--json"]);
    let id = created["id"].as_str().unwrap();
    let nobody = "018e1b2c-0000-7000-8000-000000000001";
    for (args, words) in [
        (
            &["events", "list", "--store", nobody][..],
            "there is no store",
        ),
        (
            &["events", "list", "--store", id],
            "say --mode test or --mode live",
        ),
        (
            &[
                "events", "replay", "--store", id, "--mode", "live", "evt_1", "evt_2",
            ],
            "not in the inbox: evt_1 evt_2",
        ),
    ] {
        let output = place.run(args, &[]);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(
            text(&output.stderr).contains(words),
            "{}",
            text(&output.stderr)
        );
    }
}
