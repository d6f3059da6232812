//! What holds a secret cannot be printed or serialised (security.md C13).

use std::fmt::{Debug, Display};

use crate::rings::{key, ring, store};
use domain::Mode;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use uuid::Uuid;
use vault::{PersonalField, Place, Purpose, Sealed, Vault};

assert_not_impl_any!(Vault: Display, Clone, Serialize, Deserialize<'static>);
assert_not_impl_any!(SecretString: Display, Serialize);
assert_not_impl_any!(SecretSlice<u8>: Display, Serialize);
assert_not_impl_any!(Sealed: Display, Serialize);
assert_impl_all!(Vault: Send, Sync, Debug);

const CANARY: &str = "sk_test_CANARY";

#[test]
fn c13_debug_shows_neither_keys_nor_secrets_nor_tokens() {
    let vault = ring(&[1, 2]);
    let place = Place {
        store_id: store(1),
        mode: Mode::Test,
        purpose: Purpose::StripeSecretKey,
        version: 1,
    };
    let field = PersonalField {
        store_id: store(1),
        table: "orders",
        column: "contact",
        row: Uuid::nil(),
    };
    let sealed = vault.seal(&place, &CANARY.into()).unwrap();
    let personal = vault.seal_personal(&field, CANARY.as_bytes()).unwrap();
    let opened = vault.open(&place, &sealed).unwrap();
    let opened_personal = vault.open_personal(&field, &personal).unwrap();
    assert_eq!(
        (opened.expose_secret(), opened_personal.expose_secret()),
        (CANARY, CANARY.as_bytes())
    );

    let shown = format!("{vault:#?} {sealed:#?} {personal:#?} {opened:#?} {opened_personal:#?}");
    let canary_as_bytes = format!("{:?}", CANARY.as_bytes());
    for secret in [
        CANARY,
        &canary_as_bytes,
        &key(1),
        &key(2),
        &sealed.token,
        &personal.token,
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.starts_with("Vault(2 keys)"), "{shown}");
}

#[test]
fn c13_stored_texts_hold_neither_keys_nor_secrets() {
    let vault = ring(&[1]);
    let place = Place {
        store_id: store(1),
        mode: Mode::Test,
        purpose: Purpose::StripeSecretKey,
        version: 1,
    };
    let sealed = vault.seal(&place, &CANARY.into()).unwrap();
    let stored = format!("{} {} {}", sealed.key_id, sealed.token, vault.check_value());
    for secret in [CANARY, &key(1), &key(1)[..16]] {
        assert!(!stored.contains(secret), "{stored}");
    }
}
