//! Rotation: the newest key seals, all open, and a start with other keys is refused (security.md C11, C12).

use crate::rings::{key, ring, store};
use domain::Mode;
use secrecy::ExposeSecret;
use uuid::Uuid;
use vault::{KeyAge, KeyFault, PersonalField, Place, Purpose, Vault, VaultError};

fn place() -> Place {
    Place {
        store_id: store(1),
        mode: Mode::Live,
        purpose: Purpose::StripeWebhookSecret,
        version: 1,
    }
}

fn field() -> PersonalField<'static> {
    PersonalField {
        store_id: store(1),
        table: "orders",
        column: "contact",
        row: Uuid::nil(),
    }
}

#[test]
fn c11_a_key_is_added_everything_moves_and_the_old_one_is_dropped() {
    let before = ring(&[1]);
    let sealed = before.seal(&place(), &"whsec_EXAMPLE".into()).unwrap();
    let personal = before.seal_personal(&field(), b"ada").unwrap();
    assert_eq!(sealed.key_id, before.newest_key_id().as_str());

    let during = ring(&[2, 1]);
    assert_eq!(
        during.open(&place(), &sealed).unwrap().expose_secret(),
        "whsec_EXAMPLE"
    );
    let resealed = during.reseal(&place(), &sealed).unwrap().unwrap();
    let personal_resealed = during
        .reseal_personal(&field(), &personal)
        .unwrap()
        .unwrap();
    for moved in [&resealed, &personal_resealed] {
        assert_eq!(moved.key_id, during.newest_key_id().as_str());
    }
    assert_eq!(
        during.reseal(&place(), &resealed).unwrap(),
        None,
        "a second run has nothing to do"
    );
    assert_eq!(
        during
            .reseal_personal(&field(), &personal_resealed)
            .unwrap(),
        None
    );

    let after = ring(&[2]);
    assert_eq!(
        after.open(&place(), &resealed).unwrap().expose_secret(),
        "whsec_EXAMPLE"
    );
    assert_eq!(
        after
            .open_personal(&field(), &personal_resealed)
            .unwrap()
            .expose_secret(),
        b"ada"
    );
    let lost = VaultError::UnknownKey(before.newest_key_id().clone());
    assert_eq!(after.open(&place(), &sealed).unwrap_err(), lost);
    assert_eq!(after.open_personal(&field(), &personal).unwrap_err(), lost);
}

#[test]
fn every_key_of_the_ring_opens_whatever_its_position() {
    let all = ring(&[9, 8, 7, 6]);
    for n in [6, 7, 8, 9] {
        let sealed = ring(&[n]).seal(&place(), &"s".into()).unwrap();
        assert_eq!(
            all.open(&place(), &sealed).unwrap().expose_secret(),
            "s",
            "key {n}"
        );
        assert!(all.key_ids().any(|id| id.as_str() == sealed.key_id));
    }
    assert_eq!(all.newest_key_id(), all.key_ids().next().unwrap());
}

#[test]
fn a_value_that_was_moved_is_not_resealed_in_its_new_place() {
    let sealed = ring(&[1]).seal(&place(), &"s".into()).unwrap();
    let elsewhere = Place {
        store_id: store(2),
        ..place()
    };
    assert_eq!(
        ring(&[2, 1]).reseal(&elsewhere, &sealed).unwrap_err(),
        VaultError::CannotOpen
    );
}

#[test]
fn c12_a_start_with_other_keys_is_refused_and_names_the_key_that_is_missing() {
    let stored = ring(&[1]).check_value();
    assert_eq!(ring(&[1]).verify_check_value(&stored), Ok(KeyAge::Newest));
    assert_eq!(ring(&[2, 1]).verify_check_value(&stored), Ok(KeyAge::Older));

    let refused = ring(&[2, 3]).verify_check_value(&stored).unwrap_err();
    let id = ring(&[1]).newest_key_id().clone();
    assert_eq!(
        refused.to_string(),
        format!("sealed under key {id}, which is not in VAULT_KEYS")
    );
}

#[test]
fn c12_a_damaged_check_value_is_refused() {
    let vault = ring(&[1]);
    let stored = vault.check_value();
    assert_eq!(vault.check_value(), stored, "the same at every start");
    for length in 0..stored.len() {
        assert_eq!(
            vault.verify_check_value(&stored[..length]),
            Err(VaultError::CannotOpen),
            "{length}"
        );
    }
    for damaged in [
        format!("{stored}x"),
        format!("{stored}."),
        stored.replace("tgc1", "tgc2"),
    ] {
        assert_eq!(
            vault.verify_check_value(&damaged),
            Err(VaultError::CannotOpen),
            "{damaged}"
        );
    }
    // The id of a key in the ring with the proof of another.
    let proof_of_other = ring(&[2]).check_value();
    let forged = format!(
        "tgc1.{}.{}",
        vault.newest_key_id(),
        proof_of_other.rsplit('.').next().unwrap()
    );
    assert_eq!(
        vault.verify_check_value(&forged),
        Err(VaultError::CannotOpen)
    );
}

#[test]
fn c12_faults_in_vault_keys_are_told_by_position_and_without_the_key() {
    let error = |list: String| Vault::from_keys(&list.into()).unwrap_err();
    assert_eq!(error(String::new()), VaultError::NoKeys);
    let cut = key(2)[..40].to_owned();
    let bad = error(format!("{},{cut}", key(1)));
    assert_eq!(
        bad,
        VaultError::BadKey {
            position: 2,
            fault: KeyFault::Malformed
        }
    );
    assert!(!bad.to_string().contains(&cut) && !format!("{bad:?}").contains(&cut));
}
