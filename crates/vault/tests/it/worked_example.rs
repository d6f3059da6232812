//! The worked example of docs/vault.md holds, value by value: the page is what auditors and other languages rely on.

use std::collections::BTreeMap;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use vault::{KeyAge, LookupField, PersonalField, Place, Purpose, Sealed, Vault};

const PAGE: &str = include_str!("../../../../docs/vault.md");

/// The lines `name = value` between the marks of the worked example.
fn example() -> BTreeMap<&'static str, &'static str> {
    let (_, from) = PAGE.split_once("<!-- worked example -->").unwrap();
    let (example, _) = from.split_once("<!-- end of worked example -->").unwrap();
    example
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, value)| (name.trim(), value))
        .collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

fn derive(example: &BTreeMap<&str, &str>, info: &str) -> Vec<u8> {
    let mut key = vec![0; 32];
    let hkdf = Hkdf::<Sha256>::new(
        Some(example["salt"].as_bytes()),
        &bytes(example["master key"]),
    );
    hkdf.expand(&bytes(example[info]), &mut key).unwrap();
    key
}

fn vault(example: &BTreeMap<&str, &str>) -> Vault {
    Vault::from_keys(&SecretString::from(
        URL_SAFE.encode(bytes(example["master key"])),
    ))
    .unwrap()
}

#[test]
fn key_id_and_check_value() {
    let example = example();
    let vault = vault(&example);
    assert_eq!(vault.newest_key_id().as_str(), example["key id"]);
    assert_eq!(
        derive(&example, "key id info")[..8],
        bytes(example["key id"])
    );
    assert_eq!(vault.check_value(), example["check value"]);
    assert_eq!(
        vault.verify_check_value(example["check value"]),
        Ok(KeyAge::Newest)
    );
    assert!(
        example["check value"]
            .ends_with(&URL_SAFE_NO_PAD.encode(derive(&example, "check value info")))
    );
}

#[test]
fn secret() {
    let example = example();
    let key = derive(&example, "fernet info");
    assert_eq!(key, bytes(example["fernet key"]));
    let fernet = fernet::Fernet::new(&URL_SAFE.encode(&key)).unwrap();
    assert_eq!(
        fernet.decrypt(example["token"]).unwrap(),
        example["plaintext"].as_bytes()
    );

    let place = Place {
        store_id: example["store"].parse().unwrap(),
        mode: example["mode"].parse().unwrap(),
        purpose: Purpose::StripeSecretKey,
        version: example["version"].parse().unwrap(),
    };
    assert_eq!(place.purpose.as_str(), example["purpose"]);
    let sealed = Sealed {
        key_id: example["key id"].to_owned(),
        token: example["token"].to_owned(),
    };
    assert_eq!(
        vault(&example)
            .open(&place, &sealed)
            .unwrap()
            .expose_secret(),
        example["plaintext"]
    );
}

#[test]
fn personal_data() {
    let example = example();
    assert_eq!(
        derive(&example, "personal info"),
        bytes(example["personal key"])
    );
    let field = PersonalField {
        store_id: example["store"].parse().unwrap(),
        table: example["table"],
        column: example["column"],
        row: example["row"].parse().unwrap(),
    };
    let sealed = Sealed {
        key_id: example["key id"].to_owned(),
        token: example["personal token"].to_owned(),
    };
    let opened = vault(&example).open_personal(&field, &sealed).unwrap();
    assert_eq!(
        opened.expose_secret(),
        example["personal plaintext"].as_bytes()
    );

    // The page's key, nonce and associated data are the ones in the token.
    let raw = URL_SAFE_NO_PAD
        .decode(example["personal token"].strip_prefix("tgp1.").unwrap())
        .unwrap();
    assert_eq!(raw[..12], bytes(example["nonce"]));
    let cipher = Aes256Gcm::new_from_slice(&bytes(example["personal key"])).unwrap();
    let payload = Payload {
        msg: &raw[12..],
        aad: &bytes(example["associated data"]),
    };
    let nonce = Nonce::try_from(&raw[..12]).unwrap();
    assert_eq!(
        cipher.decrypt(&nonce, payload).unwrap(),
        example["personal plaintext"].as_bytes()
    );
}

#[test]
fn lookup() {
    let example = example();
    let key = derive(&example, "lookup info");
    assert_eq!(key, bytes(example["lookup key"]));
    let field = LookupField {
        store_id: example["store"].parse().unwrap(),
        mode: example["mode"].parse().unwrap(),
        name: example["lookup name"],
    };
    let vault = vault(&example);
    let hash = vault.lookup_hash(&field, example["looked for"]);
    assert_eq!(hash, example["lookup hash"]);
    assert_eq!(vault.lookup_hashes(&field, example["looked for"]), [hash]);
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).unwrap();
    mac.update(example["looked for"].as_bytes());
    let (key_id, tag) = example["lookup hash"].split_once(' ').unwrap();
    assert_eq!(key_id, example["key id"]);
    mac.verify_slice(&bytes(tag)).unwrap();
}

#[test]
fn every_purpose_is_on_the_page() {
    for purpose in Purpose::ALL {
        assert!(
            PAGE.contains(&format!("`{}`", purpose.as_str())),
            "{purpose:?}"
        );
    }
}
