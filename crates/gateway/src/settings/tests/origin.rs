//! Where values come from, and what wins.

use std::os::unix::ffi::OsStringExt;

use super::*;

#[test]
fn the_environment_comes_before_the_file() {
    let place = Place::new();
    place.write(
        "tillgate.toml",
        "bind_addr = \"127.0.0.1:9000\"\nrate_limit_scale = 2\nrequire_live_keys = true\nreturn_origins = [\"https://a.example\", \"https://b.example\"]\nmetrics_addr = \"later\"\n",
    );
    let settings = place.settings(&[("BIND_ADDR", "127.0.0.1:9001"), ("RATE_LIMIT_SCALE", " ")]);
    assert_eq!(settings.bind_addr.port(), 9001);
    assert!(
        (settings.rate_limit_scale - 2.0).abs() < f64::EPSILON,
        "an empty variable is not set"
    );
    assert!(settings.require_live_keys);
    let origins: Vec<_> = settings.return_origins.iter().map(Origin::as_str).collect();
    assert_eq!(
        origins,
        [
            "http://127.0.0.1:9001",
            "https://a.example",
            "https://b.example"
        ]
    );
}

#[test]
fn secrets_can_stand_in_files() {
    let place = Place::new();
    place.write("key", &format!("{VAULT_KEY}\n"));
    place.write("url", "postgres://u:p@h/d\n");
    place.write(
        "tillgate.toml",
        "database_url_file = \"url\"\nvault_keys = \"ignored\"\n",
    );
    let settings = place.settings(&[("VAULT_KEYS_FILE", "key")]);
    assert_eq!(settings.vault_keys.expose_secret(), VAULT_KEY);
    assert_eq!(settings.database_url.expose_secret(), "postgres://u:p@h/d");
}

#[test]
fn a_secret_file_must_be_there_and_the_only_source() {
    let place = Place::new();
    place.write("empty", "\n");
    place.write("large", &"x".repeat(70_000));
    for bad in ["missing", "empty", "large", "."] {
        assert_eq!(
            place.faulty(&[("TOKEN_KEYS_FILE", bad)]),
            ["TOKEN_KEYS"],
            "{bad}"
        );
    }
    assert_eq!(
        place.faulty(&[("TOKEN_KEYS", TOKEN_KEY), ("TOKEN_KEYS_FILE", "x")]),
        ["TOKEN_KEYS"]
    );
}

#[test]
fn a_broken_toml_is_told_by_its_line_only() {
    let place = Place::new();
    place.write(
        "tillgate.toml",
        "bind_addr = \"127.0.0.1:9000\"\nvault_keys = FAKEFAKE\n",
    );
    let message = place.load(&[]).unwrap_err().to_string();
    assert!(
        message.contains("tillgate.toml: is not valid TOML in line 2"),
        "{message}"
    );
    assert!(!message.contains("FAKE"));
    place.write("tillgate.toml", "vault_keys = [1, 2]\n");
    assert_eq!(place.faulty(&[]), ["VAULT_KEYS"]);
}

#[test]
fn text_that_is_not_utf8_or_endless_is_a_fault() {
    let place = Place::new();
    let error =
        place.load_os(&|name| (name == "PUBLIC_URL").then(|| OsString::from_vec(vec![0xff])));
    assert_eq!(error.unwrap_err().faults[0].name, "PUBLIC_URL");
    assert_eq!(
        place.faulty(&[("RETURN_ORIGINS", &"x".repeat(20_000))]),
        ["RETURN_ORIGINS"]
    );
}
