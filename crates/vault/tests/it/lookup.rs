//! Keyed hashes: equal for equal texts of one field, and telling nothing anywhere else.

use std::collections::BTreeSet;

use domain::Mode;
use vault::LookupField;

use crate::rings::{ring, store};

fn field(number: u8, mode: Mode, name: &str) -> LookupField<'_> {
    LookupField {
        store_id: store(number),
        mode,
        name,
    }
}

#[test]
fn a_hash_is_one_fields_and_one_keys() {
    let email = field(1, Mode::Live, "email");
    let text = "ada@example.com";
    let of = |vault: &vault::Vault, field| vault.lookup_hash(&field, text);
    let vault = ring(&[1]);
    assert_eq!(of(&vault, email), of(&ring(&[1]), email));
    let others = [
        of(&vault, email),
        of(&vault, field(2, Mode::Live, "email")),
        of(&vault, field(1, Mode::Test, "email")),
        of(&vault, field(1, Mode::Live, "phone")),
        of(&ring(&[2]), email),
        vault.lookup_hash(&email, "eva@example.com"),
        vault.lookup_hash(&email, ""),
    ];
    let distinct: BTreeSet<&str> = others
        .iter()
        .map(|hash| hash.rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(distinct.len(), others.len());
    assert!(others.iter().all(|hash| !hash.contains("ada")));
}

#[test]
fn c11_what_an_older_key_hashed_is_still_found() {
    let field = field(1, Mode::Live, "email");
    let before = ring(&[1]).lookup_hash(&field, "ada@example.com");
    let during = ring(&[2, 1]);
    let hashes = during.lookup_hashes(&field, "ada@example.com");
    assert_eq!(hashes.len(), 2);
    assert_eq!(hashes[0], during.lookup_hash(&field, "ada@example.com"));
    assert_eq!(hashes[1], before);
    assert!(hashes[0].starts_with(during.newest_key_id().as_str()));
}
