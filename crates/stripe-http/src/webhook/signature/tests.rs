//! All 132 vectors (both official SDKs were run on them) and what no vector can say.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;

use super::*;
use crate::webhook::{Event, EventError};

#[derive(serde::Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(serde::Deserialize)]
struct Vector {
    name: String,
    ours: String,
    header: Option<String>,
    secret: String,
    now: f64,
    tolerance: u64,
    payload_b64: String,
}

/// Signature first, then the envelope, as the webhook route does it.
fn answer(vector: &Vector) -> &'static str {
    let payload = BASE64_STANDARD.decode(&vector.payload_b64).unwrap();
    let header = vector.header.as_ref().map(String::as_bytes);
    let secret = SecretString::from(vector.secret.as_str());
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole seconds, as a clock would give them"
    )]
    let now_unix_s = vector.now.floor() as i64;
    // The SDKs switch the check off with 0; our public function has no such switch.
    let tolerance_s = Some(vector.tolerance).filter(|limit| *limit > 0);
    if let Err(error) = verify_within(header, &payload, [&secret], now_unix_s, tolerance_s) {
        return reason(error);
    }
    match Event::parse(&payload) {
        Ok(_) => "ok",
        Err(EventError::NotJson) => "not_json",
        Err(EventError::NotAnEvent) => "not_an_event",
    }
}

fn reason(error: SignatureError) -> &'static str {
    match error {
        SignatureError::NoHeader => "no_header",
        SignatureError::HeaderTooLong => "header_too_long",
        SignatureError::NoSecret => "no_secret",
        SignatureError::NoPayload => "no_payload",
        SignatureError::BadHeader => "bad_header",
        SignatureError::NoV1Signature => "no_v1_signature",
        SignatureError::NoMatch => "no_match",
        SignatureError::OutsideTolerance => "outside_tolerance",
    }
}

/// `W1`, `W2`, `W4`, `W7`: accept or reject, and the reason, of every vector; no exception needed.
#[test]
fn w1_every_signature_vector_holds() {
    let text = include_str!("../../../tests/vectors/stripe_signatures.json");
    let Vectors { vectors } = serde_json::from_str(text).unwrap();
    assert_eq!(vectors.len(), 132);
    for vector in &vectors {
        assert_eq!(answer(vector), vector.ours, "{}", vector.name);
    }
}

const NOW: i64 = 1_760_000_000;
const BODY: &[u8] = br#"{"id":"evt_1"}"#;

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

fn verify_at(
    header: &str,
    secrets: &[SecretString],
    now_unix_s: i64,
) -> Result<(), SignatureError> {
    verify(Some(header.as_bytes()), BODY, secrets, now_unix_s)
}

#[test]
fn w3_the_tolerance_is_300_s_both_ways() {
    let secrets = [secret("whsec_FAKE")];
    let header = sign(BODY, &secrets[0], NOW);
    for now in [NOW - 300, NOW, NOW + 300] {
        assert_eq!(verify_at(&header, &secrets, now), Ok(()), "{now}");
    }
    for now in [NOW - 301, NOW + 301, i64::MIN, i64::MAX] {
        assert_eq!(
            verify_at(&header, &secrets, now),
            Err(SignatureError::OutsideTolerance),
            "{now}"
        );
    }
}

#[test]
fn w4_any_of_several_secrets_fits() {
    let (old, new, other) = (
        secret("whsec_FAKE_OLD"),
        secret("whsec_FAKE_NEW"),
        secret("whsec_FAKE_OTHER"),
    );
    let header = sign(BODY, &old, NOW);
    let both = [new.clone(), old.clone()];
    assert_eq!(verify_at(&header, &both, NOW), Ok(()));
    assert_eq!(verify_at(&header, &[secret(" "), old], NOW), Ok(()));
    assert_eq!(
        verify_at(&header, &[new, other], NOW),
        Err(SignatureError::NoMatch)
    );
    assert_eq!(verify_at(&header, &[], NOW), Err(SignatureError::NoSecret));
}

#[test]
fn w2_a_blank_secret_never_verifies() {
    for blank in ["", " ", "\t\r\n", "\u{a0}"] {
        let blank = [secret(blank)];
        let header = sign(BODY, &blank[0], NOW);
        assert_eq!(
            verify_at(&header, &blank, NOW),
            Err(SignatureError::NoSecret)
        );
    }
}

#[test]
fn the_header_bound_is_8_kib() {
    let secrets = [secret("whsec_FAKE")];
    let mut header = sign(BODY, &secrets[0], NOW);
    header.push_str(&",".repeat(8192 - header.len()));
    assert_eq!(verify_at(&header, &secrets, NOW), Ok(()));
    header.push(',');
    assert_eq!(
        verify_at(&header, &secrets, NOW),
        Err(SignatureError::HeaderTooLong)
    );
}

proptest! {
    #[test]
    fn what_we_sign_is_believed(body in prop::collection::vec(any::<u8>(), 1..200), key in "[!-~]{1,60}") {
        let secret = secret(&key);
        let header = sign(&body, &secret, NOW);
        prop_assert_eq!(verify(Some(header.as_bytes()), &body, [&secret], NOW), Ok(()));
    }

    #[test]
    fn any_bit_flipped_is_refused(
        body in prop::collection::vec(any::<u8>(), 1..200),
        place in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let secret = secret("whsec_FAKE");
        let header = sign(&body, &secret, NOW).into_bytes();
        let mut sent = [header.clone(), body].concat();
        sent[place.index(header.len() + 1)] ^= 1 << bit;
        let (header, body) = sent.split_at(header.len());
        prop_assert!(verify(Some(header), body, [&secret], NOW).is_err());
    }

    #[test]
    fn a_flipped_bit_of_the_body_is_refused(
        mut body in prop::collection::vec(any::<u8>(), 1..200),
        place in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let secret = secret("whsec_FAKE");
        let header = sign(&body, &secret, NOW);
        let index = place.index(body.len());
        body[index] ^= 1 << bit;
        let answer = verify(Some(header.as_bytes()), &body, [&secret], NOW);
        prop_assert_eq!(answer, Err(SignatureError::NoMatch));
    }

    #[test]
    fn no_header_and_no_body_panic(header in prop::collection::vec(any::<u8>(), 0..300), body in prop::collection::vec(any::<u8>(), 0..50)) {
        let answer = verify(Some(&header), &body, [&secret("whsec_FAKE")], NOW);
        prop_assert!(answer.is_err());
        prop_assert!(Event::parse(&body).is_err());
    }
}
