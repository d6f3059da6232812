//! What production refuses, and that it says so at once.

use super::*;

#[test]
fn production_starts_with_what_it_needs_and_writes_nothing() {
    let place = Place::new();
    let Loaded {
        settings,
        generated,
    } = place.load(&production(&[])).unwrap();
    assert_eq!(settings.environment, Environment::Production);
    assert_eq!(settings.public_url.as_str(), "https://pay.example.com/");
    assert_eq!(settings.vault_keys.expose_secret(), VAULT_KEY);
    assert_eq!(
        settings.token_keys[0].expose_secret(),
        b"FAKE-token-key-no-1-waltz-nymphs"
    );
    assert_eq!(
        settings.internal_secrets[0].expose_secret(),
        INTERNAL_SECRET
    );
    assert_eq!(settings.log_format, LogFormat::Json);
    assert!(generated.is_empty());
    assert_eq!(std::fs::read_dir(place.0.path()).unwrap().count(), 0);
}

#[test]
fn production_tells_every_missing_secret_at_once() {
    let place = Place::new();
    assert_eq!(
        place.faulty(&[("TILLGATE_ENV", "production")]),
        ["VAULT_KEYS", "TOKEN_KEYS", "INTERNAL_SECRETS"]
    );
}

#[test]
fn production_ignores_what_development_generated() {
    let place = Place::new();
    place.load(&[]).unwrap();
    assert_eq!(
        place.faulty(&production(&[("VAULT_KEYS", "")])),
        ["VAULT_KEYS"]
    );
}

#[test]
fn production_refuses_each_weak_value() {
    let place = Place::new();
    let zero_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let zero_vault_key = format!("{zero_key}=");
    // The key of the documentation's examples: 0, 1, 2, … 31.
    let counting_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let counting_vault_key = format!("{counting_key}=");
    let two_secrets = format!("{INTERNAL_SECRET},{INTERNAL_SECRET}");
    let second_weak = format!("{INTERNAL_SECRET},short");
    for (name, weak) in [
        ("VAULT_KEYS", zero_vault_key.as_str()),
        ("VAULT_KEYS", &counting_vault_key),
        ("VAULT_KEYS", "changeme"),
        ("TOKEN_KEYS", zero_key),
        ("TOKEN_KEYS", counting_key),
        ("TOKEN_KEYS", "c2hvcnQ"),
        ("TOKEN_KEYS", "changeme"),
        ("INTERNAL_SECRETS", "FAKE-only-thirty-one-characters"),
        ("INTERNAL_SECRETS", "changeme-changeme-0123456789-abcdefgh"),
        ("INTERNAL_SECRETS", "0123456789abcdef0123456789abcdef"),
        (
            "INTERNAL_SECRETS",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ),
        ("INTERNAL_SECRETS", &two_secrets),
        ("INTERNAL_SECRETS", &second_weak),
        ("RATE_LIMIT_SCALE", "0"),
        ("PUBLIC_URL", "http://pay.example.com"),
    ] {
        assert_eq!(place.faulty(&production(&[(name, weak)])), [name], "{weak}");
    }
    assert_eq!(
        place.faulty(&production(&[
            ("PUBLIC_URL", ""),
            ("BIND_ADDR", "0.0.0.0:8080")
        ])),
        ["PUBLIC_URL"]
    );
}

#[test]
fn all_faults_come_in_one_message_without_any_value() {
    let place = Place::new();
    let pasted = "sk_test_FAKEFAKEFAKEFAKEpasted";
    let env: Vec<(&str, &str)> = NAMES
        .iter()
        .filter(|name| **name != "RUST_LOG")
        .map(|name| (*name, pasted))
        .collect();
    let message = place.load(&env).unwrap_err().to_string();
    // As an internal secret, development takes any text.
    for name in NAMES
        .iter()
        .filter(|name| !matches!(**name, "RUST_LOG" | "INTERNAL_SECRETS"))
    {
        assert!(
            message.contains(&format!("\n  {name}: ")),
            "{name} in {message}"
        );
    }
    assert!(!message.contains("FAKE"), "{message}");
    assert_eq!(
        std::fs::read_dir(place.0.path()).unwrap().count(),
        0,
        "nothing is generated for a start that fails"
    );
}

#[test]
fn lists_of_secrets_are_bounded_and_visible() {
    let place = Place::new();
    let many: Vec<String> = (0..17).map(|n| format!("FAKE-secret-{n}")).collect();
    for bad in [
        many.join(","),
        "FAKE,,FAKE2".into(),
        "FAKE secret".into(),
        "Schlüssel".into(),
        "x".repeat(513),
    ] {
        assert_eq!(
            place.faulty(&[("INTERNAL_SECRETS", &bad)]),
            ["INTERNAL_SECRETS"],
            "{bad}"
        );
    }
    assert_eq!(
        place
            .settings(&[("INTERNAL_SECRETS", "FAKE-old, FAKE-new")])
            .internal_secrets
            .len(),
        2
    );
}

#[test]
fn debug_of_settings_holds_no_secret() {
    let text = format!(
        "{:?}",
        Place::new()
            .load(&production(&[(
                "DATABASE_URL",
                "postgres://u:FAKEFAKE@h/d"
            )]))
            .unwrap()
    );
    for secret in [VAULT_KEY, TOKEN_KEY, INTERNAL_SECRET, "FAKEFAKE"] {
        assert!(!text.contains(secret));
    }
}
