//! The bodies of Stripe's events at rest: compressed, because they are long, alike and kept for months, then sealed as
//! bytes.

use std::cell::RefCell;

use db::columns::SealedBytes;
use domain::StoreId;
use lz4_flex::block::{
    CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size,
};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use vault::{MAX_PERSONAL_BYTES, PersonalField, Sealed, Vault, VaultError};
use zeroize::Zeroizing;

/// Before sealing: this byte, then the body as it came.
const PLAIN: u8 = 0;
/// Before sealing: this byte, the body's length (4 bytes, little-endian), then one LZ4 block.
const LZ4: u8 = 1;
const HEAD_BYTES: usize = 5;
/// How sealed bodies began before they were compressed: text, as the vault seals short fields.
const TEXT_PREFIX: &[u8] = b"tgp1.";

/// Seals the body of an event for its row in the inbox, as received.
pub fn seal_event(
    vault: &Vault,
    store_id: StoreId,
    event_id: &str,
    body: &[u8],
) -> Result<SealedBytes, VaultError> {
    let field = field(store_id, event_id);
    let sealed = with_packed(body, |packed| vault.seal_personal_bytes(&field, packed))?;
    Ok(SealedBytes {
        key_id: sealed.key_id,
        bytes: sealed.bytes,
    })
}

/// Opens the body of an event, byte for byte as received.
pub fn open_event(
    vault: &Vault,
    store_id: StoreId,
    event_id: &str,
    payload: SealedBytes,
) -> Result<SecretSlice<u8>, VaultError> {
    let field = field(store_id, event_id);
    let SealedBytes { key_id, bytes } = payload;
    if bytes.starts_with(TEXT_PREFIX) {
        let token = String::from_utf8(bytes).map_err(|_| VaultError::CannotOpen)?;
        return vault.open_personal(&field, &Sealed { key_id, token });
    }
    let packed = vault.open_personal_bytes(&field, &vault::SealedBytes { key_id, bytes })?;
    let body = unpack(packed.expose_secret()).ok_or(VaultError::CannotOpen)?;
    // Copied at its exact length: shrinking a buffer in place may leave the old one behind unwiped.
    Ok(SecretSlice::from(Box::<[u8]>::from(body.as_slice())))
}

/// What a thread needs to compress, used again: making it takes a third of the time.
#[derive(Default)]
struct Press {
    table: CompressTable,
    packed: Vec<u8>,
}

/// A press keeps this much. Few bodies are longer.
const MAX_KEPT_BYTES: usize = 64 * 1024;

thread_local! {
    static PRESS: RefCell<Press> = RefCell::default();
}

/// Hands on the body, compressed. Not wiped afterwards: neither is the network's buffer, from which it comes.
fn with_packed<T>(body: &[u8], seal: impl FnOnce(&[u8]) -> T) -> T {
    PRESS.with_borrow_mut(|press| {
        let outcome = seal(press.pack(body));
        if press.packed.len() > MAX_KEPT_BYTES {
            press.packed = Vec::new();
        }
        outcome
    })
}

impl Press {
    fn pack(&mut self, body: &[u8]) -> &[u8] {
        let Self { table, packed } = self;
        let room = HEAD_BYTES + get_maximum_output_size(body.len());
        if packed.len() < room {
            packed.resize(room, 0);
        }
        let (head, block) = packed.split_at_mut(HEAD_BYTES);
        let compressed = compress_into_with_table(body, block, table);
        if let (Ok(compressed), Ok(length)) = (compressed, u32::try_from(body.len()))
            && compressed < body.len()
        {
            let [a, b, c, d] = length.to_le_bytes();
            head.copy_from_slice(&[LZ4, a, b, c, d]);
            return &packed[..HEAD_BYTES + compressed];
        }
        // Too short to gain, or noise.
        packed[0] = PLAIN;
        packed[1..=body.len()].copy_from_slice(body);
        &packed[..=body.len()]
    }
}

fn unpack(packed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    match packed {
        [PLAIN, body @ ..] => Some(Zeroizing::new(body.to_vec())),
        [LZ4, a, b, c, d, block @ ..] => {
            let length = usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).ok()?;
            if length > MAX_PERSONAL_BYTES {
                return None;
            }
            let mut body = Zeroizing::new(vec![0; length]);
            let written = decompress_into(block, &mut body).ok()?;
            (written == length).then_some(body)
        }
        _ => None,
    }
}

/// An event's row has Stripe's id; the vault wants a UUID, so it gets the id's digest.
fn field(store_id: StoreId, event_id: &str) -> PersonalField<'static> {
    let mut row = [0; 16];
    row.copy_from_slice(&Sha256::digest(event_id.as_bytes())[..16]);
    PersonalField {
        store_id,
        table: "stripe_events",
        column: "payload",
        row: Uuid::from_bytes(row),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "evt_1EXAMPLE";

    fn new_vault() -> (Vault, StoreId) {
        let vault = Vault::from_keys(&Vault::generate_key()).unwrap();
        (vault, StoreId::generate())
    }

    #[test]
    fn an_event_opens_as_received_and_for_its_own_row_only() {
        let (vault, store_id) = new_vault();
        let body = br#"{"id": "evt_1EXAMPLE"}"#;
        let sealed = seal_event(&vault, store_id, ID, body).unwrap();
        let open = |store_id, event_id| open_event(&vault, store_id, event_id, sealed.clone());
        assert_eq!(open(store_id, ID).unwrap().expose_secret(), body);
        assert!(open(store_id, "evt_2EXAMPLE").is_err());
        assert!(open(StoreId::generate(), ID).is_err());
        let damaged = SealedBytes {
            bytes: vec![0xFF; 64],
            ..sealed.clone()
        };
        assert!(open_event(&vault, store_id, ID, damaged).is_err());
    }

    #[test]
    fn what_was_sealed_as_text_still_opens() {
        let (vault, store_id) = new_vault();
        let body = br#"{"id": "evt_1EXAMPLE"}"#;
        let sealed = vault.seal_personal(&field(store_id, ID), body).unwrap();
        let stored = SealedBytes {
            key_id: sealed.key_id,
            bytes: sealed.token.into_bytes(),
        };
        let opened = open_event(&vault, store_id, ID, stored).unwrap();
        assert_eq!(opened.expose_secret(), body);
    }

    #[test]
    fn bodies_of_every_size_come_back_and_long_ones_take_less_room() {
        let (vault, store_id) = new_vault();
        let json = r#"{"object": "payment_intent", "amount": 4999, "name": "Ada"}"#;
        let noise: Vec<u8> = (0..MAX_PERSONAL_BYTES).map(|_| rand::random()).collect();
        for (body, at_most) in [
            (Vec::new(), 64),
            (b"{}".to_vec(), 64),
            (json.repeat(60).into_bytes(), 400),
            (vec![b' '; MAX_PERSONAL_BYTES], 8 * 1024),
            (noise, MAX_PERSONAL_BYTES + 64),
        ] {
            let sealed = seal_event(&vault, store_id, ID, &body).unwrap();
            assert!(sealed.bytes.len() <= at_most, "{}", sealed.bytes.len());
            let opened = open_event(&vault, store_id, ID, sealed).unwrap();
            assert!(opened.expose_secret() == body);
        }
        let too_long = vec![0; MAX_PERSONAL_BYTES + 100];
        let noise: Vec<u8> = too_long.iter().map(|_| rand::random()).collect();
        assert!(seal_event(&vault, store_id, ID, &noise).is_err());
    }

    #[test]
    fn what_is_sealed_but_wrongly_packed_does_not_open() {
        let (vault, store_id) = new_vault();
        let mut too_long = vec![LZ4];
        too_long.extend_from_slice(&u32::MAX.to_le_bytes());
        for packed in [
            &[][..],
            b"{}",
            &[LZ4, 1, 0],
            &[LZ4, 9, 0, 0, 0, 0x10, b'a'],
            &too_long,
        ] {
            let sealed = vault.seal_personal_bytes(&field(store_id, ID), packed);
            let sealed = sealed.unwrap();
            let stored = SealedBytes {
                key_id: sealed.key_id,
                bytes: sealed.bytes,
            };
            let outcome = open_event(&vault, store_id, ID, stored);
            assert!(outcome.is_err(), "{packed:?}");
        }
    }
}
