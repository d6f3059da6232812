//! Personal data opens in its own field of its own row and nowhere else.

use crate::rings::{ring, store};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use secrecy::ExposeSecret;
use uuid::Uuid;
use vault::{MAX_PERSONAL_BYTES, PersonalField, Sealed, VaultError};

fn field() -> PersonalField<'static> {
    PersonalField {
        store_id: store(1),
        table: "orders",
        column: "contact",
        row: Uuid::from_u128(7),
    }
}

#[test]
fn moved_personal_data_does_not_open_and_the_error_names_nothing() {
    let vault = ring(&[1]);
    let sealed = vault.seal_personal(&field(), b"ada@example.com").unwrap();
    let others = [
        PersonalField {
            store_id: store(2),
            ..field()
        },
        PersonalField {
            table: "carts",
            ..field()
        },
        PersonalField {
            column: "address",
            ..field()
        },
        PersonalField {
            row: Uuid::from_u128(8),
            ..field()
        },
        // The same characters, with the boundary moved.
        PersonalField {
            table: "orderscon",
            column: "tact",
            ..field()
        },
        PersonalField {
            table: "",
            column: "orderscontact",
            ..field()
        },
    ];
    for other in others {
        let error = vault.open_personal(&other, &sealed).unwrap_err();
        assert_eq!(error, VaultError::CannotOpen, "{other:?}");
        assert_eq!(error.to_string(), "this value cannot be opened here");
    }
}

#[test]
fn a_secret_is_no_personal_data() {
    let vault = ring(&[1]);
    let place = vault::Place {
        store_id: store(1),
        mode: domain::Mode::Test,
        purpose: vault::Purpose::OrderToken,
        version: 1,
    };
    let secret = vault.seal(&place, &"x".into()).unwrap();
    assert_eq!(
        vault.open_personal(&field(), &secret).err(),
        Some(VaultError::CannotOpen)
    );
}

#[test]
fn personal_data_is_bounded() {
    let vault = ring(&[1]);
    let longest = vault
        .seal_personal(&field(), &vec![7; MAX_PERSONAL_BYTES])
        .unwrap();
    assert_eq!(
        vault
            .open_personal(&field(), &longest)
            .unwrap()
            .expose_secret(),
        vec![7; MAX_PERSONAL_BYTES]
    );
    let too_long = vault.seal_personal(&field(), &vec![7; MAX_PERSONAL_BYTES + 1]);
    assert_eq!(
        too_long.err(),
        Some(VaultError::TooLong {
            max_bytes: MAX_PERSONAL_BYTES
        })
    );
    let endless = Sealed {
        token: longest.token.repeat(2),
        ..longest
    };
    assert_eq!(
        vault.open_personal(&field(), &endless).err(),
        Some(VaultError::CannotOpen)
    );
}

#[test]
fn truncated_values_are_refused_at_every_length() {
    let vault = ring(&[1]);
    let sealed = vault.seal_personal(&field(), b"ada").unwrap();
    for length in 0..sealed.token.len() {
        let cut = Sealed {
            token: sealed.token[..length].to_owned(),
            key_id: sealed.key_id.clone(),
        };
        assert_eq!(
            vault.open_personal(&field(), &cut).err(),
            Some(VaultError::CannotOpen),
            "{length}"
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_come_back(plaintext in prop::collection::vec(any::<u8>(), 0..600)) {
        let vault = ring(&[1]);
        let [one, two] = [(); 2].map(|()| vault.seal_personal(&field(), &plaintext).unwrap());
        let opened = vault.open_personal(&field(), &one).unwrap();
        prop_assert_eq!(opened.expose_secret(), plaintext.as_slice());
        prop_assert_ne!(&one.token, &two.token, "a fresh nonce each time");
    }

    #[test]
    fn any_flipped_bit_is_refused(
        plaintext in prop::collection::vec(any::<u8>(), 0..80), at: prop::sample::Index, bit in 0u8..8,
    ) {
        let vault = ring(&[1]);
        let sealed = vault.seal_personal(&field(), &plaintext).unwrap();
        let mut raw = URL_SAFE_NO_PAD.decode(sealed.token.strip_prefix("tgp1.").unwrap()).unwrap();
        let at = at.index(raw.len());
        raw[at] ^= 1 << bit;
        let changed = Sealed { token: format!("tgp1.{}", URL_SAFE_NO_PAD.encode(raw)), ..sealed };
        prop_assert_eq!(vault.open_personal(&field(), &changed).err(), Some(VaultError::CannotOpen));
    }

    #[test]
    fn any_text_as_a_token_is_refused(token in "(tgp1\\.)?.{0,200}") {
        let vault = ring(&[1]);
        let sealed = Sealed { key_id: vault.newest_key_id().to_string(), token };
        prop_assert_eq!(vault.open_personal(&field(), &sealed).err(), Some(VaultError::CannotOpen));
    }
}

#[test]
fn bytes_open_in_their_own_field_and_form_only() {
    let vault = ring(&[1]);
    let plaintext = b"ada@example.com";
    let sealed = vault.seal_personal_bytes(&field(), plaintext).unwrap();
    let opened = vault.open_personal_bytes(&field(), &sealed).unwrap();
    assert_eq!(opened.expose_secret(), plaintext);
    assert_eq!(sealed.bytes.len(), 1 + 12 + plaintext.len() + 16);
    assert_eq!(format!("{sealed:?}"), "SealedBytes(44 bytes)");

    let refused = |field: &PersonalField<'_>, bytes: Vec<u8>| {
        let key_id = sealed.key_id.clone();
        let outcome = vault.open_personal_bytes(field, &vault::SealedBytes { key_id, bytes });
        outcome.err() == Some(VaultError::CannotOpen)
    };
    let other_row = PersonalField {
        row: Uuid::from_u128(8),
        ..field()
    };
    assert!(refused(&other_row, sealed.bytes.clone()));
    for place in 0..sealed.bytes.len() {
        let mut changed = sealed.bytes.clone();
        changed[place] ^= 1;
        assert!(refused(&field(), changed), "byte {place}");
        assert!(refused(&field(), sealed.bytes[..place].to_vec()));
    }
    // The same nonce, ciphertext and tag in the other form.
    let token = vault.seal_personal(&field(), plaintext).unwrap().token;
    let raw = URL_SAFE_NO_PAD.decode(&token["tgp1.".len()..]).unwrap();
    assert!(refused(&field(), [&[1], raw.as_slice()].concat()));
    let as_text = Sealed {
        key_id: sealed.key_id.clone(),
        token: format!("tgp1.{}", URL_SAFE_NO_PAD.encode(&sealed.bytes[1..])),
    };
    assert!(vault.open_personal(&field(), &as_text).is_err());
}
