//! Fernet's official vectors (github.com/fernet/spec) and 34 more answered by Python's `cryptography`.

use aes::cipher::{BlockEncryptMut, KeyIvInit, block_padding::Pkcs7};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecretMut;
use serde::Deserialize;
use sha2::Sha256;

use super::*;

const GENERATE: &str = include_str!("../tests/vectors/generate.json");
const VERIFY: &str = include_str!("../tests/vectors/verify.json");
const INVALID: &str = include_str!("../tests/vectors/invalid.json");
const PYTHON: &str = include_str!("../tests/vectors/extra_python_cryptography.json");

/// What Python's lenient base64 takes and we refuse: a token has one spelling here, the one that sealing writes.
const OTHER_SPELLINGS: [&str; 4] = [
    "standard_alphabet",
    "trailing_newline",
    "inner_space",
    "noncanonical_last_char",
];

fn token_key(secret: &str) -> TokenKey {
    let mut key = Key::default();
    key.expose_secret_mut()
        .copy_from_slice(&URL_SAFE.decode(secret).unwrap());
    TokenKey::new(&key)
}

/// The spec's generation, written a second time from its text.
fn generate_by_the_spec(secret: &str, time_s: u64, iv: &[u8], plaintext: &[u8]) -> String {
    let key = URL_SAFE.decode(secret).unwrap();
    let ciphertext = cbc::Encryptor::<aes::Aes128>::new_from_slices(&key[16..], iv)
        .unwrap()
        .encrypt_padded_vec_mut::<Pkcs7>(plaintext);
    let mut token = [&[0x80], &time_s.to_be_bytes()[..], iv, &ciphertext].concat();
    let mac = Hmac::<Sha256>::new_from_slice(&key[..16])
        .unwrap()
        .chain_update(&token)
        .finalize()
        .into_bytes();
    token.extend_from_slice(&mac);
    URL_SAFE.encode(token)
}

/// The vectors' moments, all in one hour, `1985-10-26T01:mm:ss-07:00`, as Unix time.
fn unix_time_s(moment: &str) -> u64 {
    let (minute, second) = (&moment[14..16], &moment[17..19]);
    assert!(
        moment.starts_with("1985-10-26T01:") && moment.ends_with("-07:00"),
        "{moment}"
    );
    499_161_600 + 60 * minute.parse::<u64>().unwrap() + second.parse::<u64>().unwrap()
}

#[derive(Deserialize)]
struct Official {
    #[serde(default)]
    desc: String,
    token: String,
    now: String,
    #[serde(default)]
    iv: Vec<u8>,
    #[serde(default)]
    src: String,
    ttl_sec: Option<u64>,
    secret: String,
}

fn official(json: &str, count: usize) -> Vec<Official> {
    let vectors: Vec<Official> = serde_json::from_str(json).unwrap();
    assert_eq!(vectors.len(), count);
    vectors
}

#[test]
fn official_generate() {
    for v in official(GENERATE, 1) {
        assert_eq!(
            generate_by_the_spec(&v.secret, unix_time_s(&v.now), &v.iv, v.src.as_bytes()),
            v.token
        );
        assert_eq!(
            *token_key(&v.secret).open(&v.token).unwrap(),
            v.src.as_bytes()
        );

        // What we seal is what the spec generates from the same time and IV.
        let ours = token_key(&v.secret).seal(v.src.as_bytes()).unwrap();
        let raw = URL_SAFE.decode(&ours).unwrap();
        let time_s = u64::from_be_bytes(raw[1..9].try_into().unwrap());
        assert_eq!(
            generate_by_the_spec(&v.secret, time_s, &raw[9..25], v.src.as_bytes()),
            ours
        );
    }
}

#[test]
fn official_verify() {
    for v in official(VERIFY, 1) {
        let key = token_key(&v.secret);
        assert_eq!(
            key.0
                .decrypt_at_time(&v.token, v.ttl_sec, unix_time_s(&v.now))
                .unwrap(),
            v.src.as_bytes()
        );
        assert_eq!(*key.open(&v.token).unwrap(), v.src.as_bytes());
    }
}

#[test]
fn official_invalid() {
    // Refused for their time alone. A kept secret has no age, so these two open here.
    let by_time = ["far-future TS (unacceptable clock skew)", "expired TTL"];
    for v in official(INVALID, 8) {
        let key = token_key(&v.secret);
        assert!(
            key.0
                .decrypt_at_time(&v.token, v.ttl_sec, unix_time_s(&v.now))
                .is_err(),
            "{}",
            v.desc
        );
        assert_eq!(
            key.open(&v.token).is_ok(),
            by_time.contains(&v.desc.as_str()),
            "{}",
            v.desc
        );
    }
}

#[derive(Deserialize)]
struct FromPython {
    name: String,
    keys: Vec<String>,
    token: String,
    ttl_sec: Option<u64>,
    now: Option<u64>,
    expect: String,
    plaintext_b64: Option<String>,
}

#[test]
fn python_cryptography() {
    let file: serde_json::Value = serde_json::from_str(PYTHON).unwrap();
    let vectors: Vec<FromPython> = serde_json::from_value(file["vectors"].clone()).unwrap();
    assert_eq!(vectors.len(), 34);
    let mut other_spellings = 0;
    for v in vectors {
        let opened = v.keys.iter().find_map(|secret| match v.now {
            Some(now) => token_key(secret)
                .0
                .decrypt_at_time(&v.token, v.ttl_sec, now)
                .ok(),
            None => token_key(secret)
                .open(&v.token)
                .ok()
                .map(|plaintext| plaintext.to_vec()),
        });
        if OTHER_SPELLINGS.contains(&v.name.as_str()) {
            other_spellings += 1;
            assert_eq!((v.expect.as_str(), opened), ("ok", None), "{}", v.name);
            continue;
        }
        let expected =
            (v.expect == "ok").then(|| STANDARD.decode(v.plaintext_b64.unwrap()).unwrap());
        assert_eq!(opened, expected, "{}", v.name);
    }
    assert_eq!(other_spellings, OTHER_SPELLINGS.len());
}

#[test]
fn surplus_padding_is_another_spelling() {
    let key = token_key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let token = key.seal(b"x").unwrap();
    assert!(token.ends_with("==") && key.open(&token).is_ok());
    for spelling in [
        format!("{token}===="),
        token.trim_end_matches('=').to_owned(),
    ] {
        assert_eq!(key.open(&spelling).err(), Some(VaultError::CannotOpen));
    }
}

#[test]
fn a_clock_that_was_set_back_locks_nothing_up() {
    let key = token_key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let year_2200_s = 7_258_118_400;
    let token = key
        .0
        .encrypt_at_time(b"sealed on a machine whose clock runs ahead", year_2200_s);
    assert!(
        key.0.decrypt(&token).is_err(),
        "the crate itself looks at the clock"
    );
    assert!(key.open(&token).is_ok());
}

#[test]
fn lengths_are_bounded() {
    let key = token_key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let longest = key.seal(&vec![b'x'; MAX_SECRET_BYTES]).unwrap();
    assert_eq!(longest.len(), MAX_TOKEN_BYTES);
    assert_eq!(key.open(&longest).unwrap().len(), MAX_SECRET_BYTES);
    let too_long = VaultError::TooLong {
        max_bytes: MAX_SECRET_BYTES,
    };
    assert_eq!(
        key.seal(&vec![b'x'; MAX_SECRET_BYTES + 1]).err(),
        Some(too_long)
    );
    assert_eq!(
        key.open(&"A".repeat(MAX_TOKEN_BYTES + 4)).err(),
        Some(VaultError::CannotOpen)
    );
}
