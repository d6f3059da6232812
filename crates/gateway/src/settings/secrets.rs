//! The three secrets that a deployment must have. Development makes what is missing; production refuses.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use vault::{Vault, VaultError};

use super::sources::{Fault, Found, LoadError, Problem, Reader, unreadable};
use super::{Environment, data_file, strength};
use data_file::FOLDER;

/// HS256 wants a key of its hash's size (RFC 7518, section 3.2).
const TOKEN_KEY_BYTES: usize = 32;
/// A rotation needs two; the bound keeps verification cheap.
const MAX_TOKEN_KEYS: usize = 16;
/// As many services as reasonably share one gateway, each with its own.
const MAX_INTERNAL_SECRETS: usize = 16;
/// Below this a secret can be guessed.
const MIN_INTERNAL_SECRET_BYTES: usize = 32;
/// They travel in a header on every call.
const MAX_INTERNAL_SECRET_BYTES: usize = 512;

/// One required secret: how it is checked and made.
#[derive(Clone, Copy)]
struct Required {
    name: &'static str,
    /// Its file in `data/`.
    file: &'static str,
    check: fn(&str, Environment) -> Result<(), Problem>,
    generate: fn() -> SecretString,
}

const REQUIRED: [Required; 3] = [
    Required {
        name: "VAULT_KEYS",
        file: "vault_keys",
        check: check_vault_keys,
        generate: Vault::generate_key,
    },
    Required {
        name: "TOKEN_KEYS",
        file: "token_keys",
        check: check_token_keys,
        generate: random_text,
    },
    Required {
        name: "INTERNAL_SECRETS",
        file: "internal_secrets",
        check: check_internal_secrets,
        generate: random_text,
    },
];

const MISSING: &str = "is missing. Make one with: head -c 32 /dev/urandom | base64 | tr '+/' '-_'";

/// The required secrets, in the order of [`REQUIRED`]; `None` is still to be generated.
pub(super) struct Secrets([Option<SecretString>; 3]);

/// All of them, usable.
pub(super) struct Complete {
    pub(super) vault_keys: SecretString,
    pub(super) token_keys: Vec<SecretSlice<u8>>,
    pub(super) internal_secrets: Vec<SecretString>,
    /// The files that were made.
    pub(super) generated: Vec<PathBuf>,
}

/// Finds and checks what is set or was generated before; notes what cannot be used.
pub(super) fn find(reader: &mut Reader<'_>, environment: Environment) -> Secrets {
    Secrets(REQUIRED.map(|required| find_one(reader, environment, required)))
}

fn find_one(
    reader: &mut Reader<'_>,
    environment: Environment,
    required: Required,
) -> Option<SecretString> {
    let name = required.name;
    let secret = match (reader.secret(name), environment) {
        (Found::Faulty, _) => return None,
        (Found::Value(secret), _) => secret,
        (Found::Absent, Environment::Production) => {
            reader.fault(name, MISSING);
            return None;
        }
        (Found::Absent, Environment::Development) => {
            match data_file::find(&path(reader.sources.folder, required)) {
                Ok(secret) => secret?,
                Err(error) => {
                    reader.fault(
                        name,
                        format!("{FOLDER}/{} {}", required.file, unreadable(&error)),
                    );
                    return None;
                }
            }
        }
    };
    if let Err(problem) = (required.check)(secret.expose_secret(), environment) {
        reader.fault(name, problem);
    }
    Some(secret)
}

impl Secrets {
    /// Generates what is missing into `data/` of `folder`. Only called when no setting has a fault.
    pub(super) fn complete(self, folder: &Path) -> Result<Complete, LoadError> {
        let mut generated = Vec::new();
        let mut completed = Vec::with_capacity(REQUIRED.len());
        for (required, found) in REQUIRED.into_iter().zip(self.0) {
            let secret = if let Some(secret) = found {
                secret
            } else {
                let path = path(folder, required);
                let secret = generate(&path, required)?;
                generated.push(path);
                secret
            };
            completed.push(secret);
        }
        let [vault_keys, token_keys, internal_secrets] = <[SecretString; 3]>::try_from(completed)
            .unwrap_or_else(|_| unreachable!("one secret for each entry of REQUIRED"));
        Ok(Complete {
            vault_keys,
            token_keys: parts(&token_keys).filter_map(decode_token_key).collect(),
            internal_secrets: parts(&internal_secrets).map(SecretString::from).collect(),
            generated,
        })
    }
}

fn generate(path: &Path, required: Required) -> Result<SecretString, LoadError> {
    data_file::keep(path, (required.generate)()).map_err(|error| LoadError {
        faults: vec![Fault {
            name: required.name,
            problem: format!(
                "{FOLDER}/{} cannot be written: {}",
                required.file,
                error.kind()
            )
            .into(),
        }],
    })
}

fn path(folder: &Path, required: Required) -> PathBuf {
    folder.join(FOLDER).join(required.file)
}

/// 256 random bits as 43 characters.
fn random_text() -> SecretString {
    URL_SAFE_NO_PAD
        .encode(rand::random::<[u8; TOKEN_KEY_BYTES]>())
        .into()
}

fn parts(list: &SecretString) -> impl Iterator<Item = &str> {
    list.expose_secret().split(',').map(str::trim)
}

fn check_vault_keys(list: &str, environment: Environment) -> Result<(), Problem> {
    Vault::from_keys(&list.into()).map_err(|error| match error {
        VaultError::BadKey { position, fault } => format!("entry {position} {fault}"),
        other => other.to_string(),
    })?;
    if environment == Environment::Production {
        for (index, key) in list.split(',').enumerate() {
            let bytes = URL_SAFE.decode(key.trim()).unwrap_or_default();
            check_strength(index, &bytes)?;
        }
    }
    Ok(())
}

fn check_token_keys(list: &str, environment: Environment) -> Result<(), Problem> {
    for (index, key) in bounded_parts(list, MAX_TOKEN_KEYS)? {
        let Some(key) = decode_token_key(key) else {
            return Err(format!(
                "entry {} is not {TOKEN_KEY_BYTES} bytes in base64url (43 characters)",
                index + 1
            )
            .into());
        };
        if environment == Environment::Production {
            check_strength(index, key.expose_secret())?;
        }
    }
    Ok(())
}

fn check_internal_secrets(list: &str, environment: Environment) -> Result<(), Problem> {
    for (index, secret) in bounded_parts(list, MAX_INTERNAL_SECRETS)? {
        let position = index + 1;
        // Anything else cannot stand in the header X-Internal-Secret.
        if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!(
                "entry {position} must be of visible ASCII characters without spaces"
            )
            .into());
        }
        if secret.len() > MAX_INTERNAL_SECRET_BYTES {
            return Err(format!(
                "entry {position} is longer than {MAX_INTERNAL_SECRET_BYTES} bytes"
            )
            .into());
        }
        if environment == Environment::Production {
            if secret.len() < MIN_INTERNAL_SECRET_BYTES {
                return Err(format!(
                    "entry {position} is shorter than {MIN_INTERNAL_SECRET_BYTES} bytes"
                )
                .into());
            }
            if strength::is_obvious(secret) {
                return Err(format!("entry {position} is a placeholder, not a secret").into());
            }
            check_strength(index, secret.as_bytes())?;
        }
    }
    Ok(())
}

/// The entries of a list with their index; no more than `max`, none twice.
fn bounded_parts(list: &str, max: usize) -> Result<impl Iterator<Item = (usize, &str)>, Problem> {
    let parts: Vec<&str> = list.split(',').map(str::trim).collect();
    if parts.len() > max {
        return Err(format!("lists more than {max} entries").into());
    }
    match (1..parts.len()).find(|&index| parts[..index].contains(&parts[index])) {
        Some(index) => Err(format!("entry {} is there twice", index + 1).into()),
        None => Ok(parts.into_iter().enumerate()),
    }
}

fn check_strength(index: usize, bytes: &[u8]) -> Result<(), Problem> {
    match strength::weakness(bytes) {
        Some(weakness) => Err(format!("entry {} is not random: it {weakness}", index + 1).into()),
        None => Ok(()),
    }
}

/// Padding is optional: common tools add it, RFC 7515 leaves it away.
fn decode_token_key(text: &str) -> Option<SecretSlice<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    (bytes.len() == TOKEN_KEY_BYTES).then(|| bytes.into())
}
