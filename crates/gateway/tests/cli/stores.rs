//! Stores and their payment state.

use serde_json::{Value, json};

use crate::place::{Place, text};

#[test]
fn a_store_is_created_listed_and_shown() {
    let place = Place::new();
    assert_eq!(place.json(&["store", "list", "--json"]), json!([]));
    assert!(place.print(&["store", "list"]).contains("store create"));

    let created = place.json(&["store", "create", "--name", " Röstkost & Söhne ", "--json"]);
    assert_eq!(created["name"], "Röstkost & Söhne");
    assert_eq!(created["currency"], "eur");
    assert_eq!(created["active_mode"], Value::Null);
    assert_eq!(place.json(&["store", "list", "--json"]), json!([created]));

    let id = created["id"].as_str().unwrap();
    assert_eq!(place.json(&["store", "show", id, "--json"]), created);
    for args in [&["store", "list"][..], &["store", "show", id]] {
        let printed = place.print(args);
        assert!(
            printed.contains(id) && printed.contains("Röstkost & Söhne"),
            "{printed}"
        );
    }
}

#[test]
fn a_new_store_is_not_connected() {
    let place = Place::new();
    let created = place.json(&["store", "create", "--name", "Kiosk", "--json"]);
    let id = created["id"].as_str().unwrap();
    let printed = place.print(&["payment", "status", "--store", id]);
    let lines: Vec<Vec<&str>> = printed
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert!(
        lines.contains(&vec!["Status:", "Not", "connected"]),
        "{printed}"
    );
    assert!(lines.contains(&vec!["Mode:", "-"]), "{printed}");
    assert!(
        lines.contains(&vec!["Webhook:", "not", "set", "up"]),
        "{printed}"
    );
    let status = place.json(&["payment", "status", "--store", id, "--json"]);
    assert_eq!(status["store_id"], id);
    assert_eq!(
        (&status["connected"], &status["mode"]),
        (&json!(false), &Value::Null)
    );
}

#[test]
fn an_unknown_store_is_a_failure_in_words() {
    let place = Place::new();
    let nobody = "018e1b2c-0000-7000-8000-000000000001";
    for args in [
        &["store", "show", nobody][..],
        &["payment", "status", "--store", nobody, "--json"],
    ] {
        let output = place.run(args, &[]);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(output.stdout.is_empty());
        assert!(text(&output.stderr).contains(&format!("there is no store {nobody}")));
    }
}
