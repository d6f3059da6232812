//! What development generates, and finds again.

use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn development_generates_once_and_finds_it_again() {
    let place = Place::new();
    let first = place.load(&[]).unwrap();
    let names: Vec<_> = first
        .generated
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(names, ["vault_keys", "token_keys", "internal_secrets"]);
    for path in &first.generated {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(
        place
            .0
            .path()
            .join("data")
            .metadata()
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o700
    );

    let second = place.load(&[]).unwrap();
    assert!(second.generated.is_empty());
    assert_eq!(
        second.settings.vault_keys.expose_secret(),
        first.settings.vault_keys.expose_secret()
    );
    assert_eq!(
        second.settings.token_keys[0].expose_secret(),
        first.settings.token_keys[0].expose_secret()
    );
    let secret = |loaded: &Loaded| {
        loaded.settings.internal_secrets[0]
            .expose_secret()
            .to_owned()
    };
    assert_eq!(secret(&second), secret(&first));
}

#[test]
fn what_development_generates_is_good_enough_for_production() {
    let place = Place::new();
    place.load(&[]).unwrap();
    let [vault, token, internal] = ["vault_keys", "token_keys", "internal_secrets"]
        .map(|name| place.read(&format!("data/{name}")));
    let env = production(&[
        ("VAULT_KEYS", &vault),
        ("TOKEN_KEYS", &token),
        ("INTERNAL_SECRETS", &internal),
    ]);
    assert!(Place::new().load(&env).is_ok());
}

#[test]
fn a_damaged_generated_file_is_a_fault_and_stays() {
    let place = Place::new();
    place.load(&[]).unwrap();
    place.write("data/vault_keys", "half");
    assert_eq!(place.faulty(&[]), ["VAULT_KEYS"]);
    place.write("data/vault_keys", "");
    assert_eq!(place.faulty(&[]), ["VAULT_KEYS"]);
    assert_eq!(place.read("data/vault_keys"), "");
}

#[test]
fn the_public_url_follows_the_port_that_was_found() {
    let place = Place::new();
    let bound = "127.0.0.1:41234".parse().unwrap();
    let mut derived = place.settings(&[("BIND_ADDR", "127.0.0.1:0")]);
    derived.follow_bound_address(bound);
    assert_eq!(derived.public("/demo"), "http://127.0.0.1:41234/demo");
    assert_eq!(derived.return_origins, [derived.public_origin()]);
    let mut set = place.settings(&[
        ("BIND_ADDR", "127.0.0.1:0"),
        ("PUBLIC_URL", "https://pay.example.com"),
    ]);
    set.follow_bound_address(bound);
    assert_eq!(set.public("/demo"), "https://pay.example.com/demo");
    assert_eq!(set.bind_addr, bound);
}
