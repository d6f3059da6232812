//! Sealed secrets open in their own place and nowhere else (security.md C9, C10).

use crate::rings::{ring, store};
use domain::Mode;
use proptest::prelude::*;
use secrecy::ExposeSecret;
use vault::{MAX_SECRET_BYTES, Place, Purpose, Sealed, VaultError};

const PLACE_VERSION: u32 = 3;

fn place() -> Place {
    Place {
        store_id: store(1),
        mode: Mode::Test,
        purpose: Purpose::StripeSecretKey,
        version: PLACE_VERSION,
    }
}

/// Every place that differs in at least one part.
fn other_places() -> Vec<Place> {
    let mut places = Vec::new();
    for store_id in [store(1), store(2)] {
        for mode in Mode::ALL {
            for purpose in Purpose::ALL {
                for version in [
                    0,
                    PLACE_VERSION - 1,
                    PLACE_VERSION,
                    PLACE_VERSION + 1,
                    u32::MAX,
                ] {
                    places.push(Place {
                        store_id,
                        mode,
                        purpose,
                        version,
                    });
                }
            }
        }
    }
    places.retain(|other| *other != place());
    assert_eq!(places.len(), 2 * 2 * Purpose::ALL.len() * 5 - 1);
    places
}

#[test]
fn c9_a_moved_secret_does_not_open_and_the_error_names_nothing() {
    let vault = ring(&[1]);
    let sealed = vault.seal(&place(), &"sk_test_EXAMPLE".into()).unwrap();
    for other in other_places() {
        let error = vault.open(&other, &sealed).unwrap_err();
        assert_eq!(error, VaultError::CannotOpen, "{other:?}");
        assert_eq!(error.to_string(), "this value cannot be opened here");
        assert_eq!(format!("{error:?}"), "CannotOpen");
    }
}

#[test]
fn c9_two_swapped_rows_open_for_neither_store() {
    let vault = ring(&[1]);
    let [a, b] = [store(1), store(2)].map(|store_id| Place {
        store_id,
        ..place()
    });
    let (sealed_a, sealed_b) = (
        vault.seal(&a, &"sk_a".into()).unwrap(),
        vault.seal(&b, &"sk_b".into()).unwrap(),
    );
    assert_eq!(
        vault.open(&a, &sealed_b).err(),
        Some(VaultError::CannotOpen)
    );
    assert_eq!(
        vault.open(&b, &sealed_a).err(),
        Some(VaultError::CannotOpen)
    );
}

#[test]
fn c10_the_secret_before_does_not_open_at_the_version_after() {
    let vault = ring(&[1]);
    let revoked = vault.seal(&place(), &"sk_test_REVOKED".into()).unwrap();
    let now = Place {
        version: PLACE_VERSION + 1,
        ..place()
    };
    assert_eq!(
        vault.open(&now, &revoked).err(),
        Some(VaultError::CannotOpen)
    );
}

#[test]
fn a_key_id_of_the_same_ring_does_not_open_what_another_key_sealed() {
    let vault = ring(&[2, 1]);
    let mut sealed = vault.seal(&place(), &"s".into()).unwrap();
    let older = vault.key_ids().nth(1).unwrap();
    older.as_str().clone_into(&mut sealed.key_id);
    assert_eq!(
        vault.open(&place(), &sealed).err(),
        Some(VaultError::CannotOpen)
    );
}

#[test]
fn personal_data_is_no_secret() {
    let vault = ring(&[1]);
    let field = vault::PersonalField {
        store_id: store(1),
        table: "t",
        column: "c",
        row: uuid::Uuid::nil(),
    };
    let personal = vault.seal_personal(&field, b"x").unwrap();
    assert_eq!(
        vault.open(&place(), &personal).err(),
        Some(VaultError::CannotOpen)
    );
}

#[test]
fn secrets_are_bounded() {
    let vault = ring(&[1]);
    let too_long = "x".repeat(MAX_SECRET_BYTES + 1).into();
    assert_eq!(
        vault.seal(&place(), &too_long).err(),
        Some(VaultError::TooLong {
            max_bytes: MAX_SECRET_BYTES
        })
    );
}

#[test]
fn the_same_secret_seals_differently_each_time() {
    let vault = ring(&[1]);
    let [one, two] = [(); 2].map(|()| vault.seal(&place(), &"s".into()).unwrap());
    assert_ne!(one.token, two.token);
}

proptest! {
    #[test]
    fn any_text_comes_back(secret in ".{0,300}", version: u32) {
        let vault = ring(&[1]);
        let place = Place { version, ..place() };
        let sealed = vault.seal(&place, &secret.as_str().into()).unwrap();
        prop_assert!(sealed.token.starts_with("gAAAA"));
        let opened = vault.open(&place, &sealed).unwrap();
        prop_assert_eq!(opened.expose_secret(), secret.as_str());
    }

    #[test]
    fn any_changed_character_is_refused(secret in ".{0,80}", at: prop::sample::Index, bit in 0u8..7) {
        let vault = ring(&[1]);
        let sealed = vault.seal(&place(), &secret.into()).unwrap();
        let mut bytes = sealed.token.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let changed = Sealed { token: String::from_utf8(bytes).unwrap(), ..sealed };
        prop_assert_eq!(vault.open(&place(), &changed).err(), Some(VaultError::CannotOpen));
    }

    #[test]
    fn any_text_as_a_token_is_refused(key_id in ".{0,20}", token in ".{0,200}") {
        let vault = ring(&[1]);
        let with_our_id = Sealed { key_id: vault.newest_key_id().to_string(), token: token.clone() };
        prop_assert_eq!(vault.open(&place(), &with_our_id).err(), Some(VaultError::CannotOpen));
        let with_any_id = Sealed { key_id, token };
        prop_assert!(vault.open(&place(), &with_any_id).is_err());
    }
}
