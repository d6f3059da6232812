//! Wrong usage ends with 2 and a hint, before anything is read or written.

use crate::place::{Place, text};

const STORE: &str = "018e1b2c-0000-7000-8000-000000000001";

#[test]
fn wrong_usage_ends_with_2_and_touches_nothing() {
    let place = Place::new();
    for args in [
        &[][..],
        &["unknown"],
        &["serve", "--unknown"],
        &["store"],
        &["store", "create"],
        &["store", "create", "--name", " "],
        &["store", "create", "--name", "a\nb"],
        &["store", "show", "not-an-id"],
        &["payment", "status"],
        &[
            "payment",
            "status",
            "--store",
            "550e8400e29b41d4a716446655440000",
        ],
        &["webhook", "listen"],
        &["webhook", "listen", "--store", "1"],
        &[
            "webhook",
            "listen",
            "--store",
            "0197d9a2-6a0c-7000-8000-000000000000",
            "--to",
            "127.0.0.1:8080",
        ],
        &["events"],
        &["events", "list"],
        &["events", "list", "--store", STORE, "--state", "done"],
        &["events", "list", "--store", STORE, "--since", "yesterday"],
        &["events", "list", "--store", STORE, "--limit", "0"],
        &["events", "replay", "--store", STORE],
        &["events", "replay", "--store", STORE, "--preview"],
        &["events", "replay", "--store", STORE, ""],
        &["sandbox", "--port", "70000"],
        &["sandbox", "--fault", "507"],
        &["sandbox", "--latency", "900:80"],
        &["sandbox", "--account", "acct_1"],
        &["sandbox", "fault"],
        &["sandbox", "fault", "add"],
        &["sandbox", "fault", "add", "webhook.drop,path=/v1"],
        &["sandbox", "--seed", "1", "fault", "list"],
        &["migrate", "--down"],
        &["migrate", "--yes"],
    ] {
        let output = place.run(args, &[]);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
    assert_eq!(
        std::fs::read_dir(place.command(&[], &[]).get_current_dir().unwrap())
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn help_and_version_are_no_mistakes() {
    let place = Place::new();
    assert!(place.print(&["--help"]).contains("serve"));
    assert!(place.print(&["--version"]).starts_with("tillgate "));
}

#[test]
fn no_colour_leaves_a_terminal() {
    let output = Place::new().run(&["unknown"], &[]);
    assert!(!text(&output.stderr).contains('\u{1b}'));
}
