//! The schema, forth and back.

use serde_json::json;

use crate::place::{Place, text};

#[test]
fn the_schema_goes_up_once_and_comes_back() {
    let place = Place::new();
    let up = place.json(&["migrate", "--json"]);
    assert_eq!(up["direction"], "up");
    let versions = up["versions"].as_array().unwrap();
    assert!(!versions.is_empty());
    assert_eq!(
        place.json(&["migrate", "--json"]),
        json!({ "direction": "up", "versions": [] })
    );
    assert_eq!(place.print(&["migrate"]), "The schema is up to date.\n");

    for version in versions.iter().rev() {
        let down = place.json(&["migrate", "--down", "--yes", "--json"]);
        assert_eq!(down, json!({ "direction": "down", "versions": [version] }));
    }
    assert_eq!(
        place.print(&["migrate", "--down", "--yes"]),
        "Nothing to take back.\n"
    );
}

#[test]
fn without_migrate_on_start_an_old_schema_is_refused() {
    let place = Place::new();
    let by_hand = [("MIGRATE_ON_START", "false")];
    let output = place.run(&["serve"], &by_hand);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("tillgate migrate"));
    place.print(&["migrate"]);
    assert_eq!(
        place.run(&["store", "list"], &by_hand).status.code(),
        Some(0)
    );
}
