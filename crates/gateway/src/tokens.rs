//! Signed capability tokens: connect tokens and checkout tokens.
//!
//! JWTs with one algorithm (HS256), required typed claims and a short life (RFC 8725, "JSON Web Token Best Current
//! Practices"). Everything that lives longer is opaque and server-side.

use domain::{CheckoutId, StoreId};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The life of a connect token: long enough to fetch keys from Stripe's dashboard.
pub const CONNECT_TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(15);
/// The life of a checkout token.
pub const CHECKOUT_TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(30);
/// How long after its end a checkout token still shows what became of the checkout.
const OUTCOME_READABLE: SignedDuration = SignedDuration::from_hours(24);
/// Ours have under 500 characters.
const MAX_TOKEN_CHARS: usize = 2048;
const ISSUER: &str = "tillgate";

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was ours, but its time is over.
    #[error("the token has expired")]
    Expired,
    /// Not ours, or not for this.
    #[error("the token is not valid")]
    Invalid,
}

/// What a token permits; a token for one purpose is nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Entering a store's keys once.
    Connect,
    /// Paying one checkout.
    Checkout,
}

impl Audience {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Checkout => "checkout",
        }
    }
}

/// What a valid connect token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectClaims {
    /// The store whose keys may be entered.
    pub store_id: StoreId,
    /// Names the token, so that it can be used up.
    pub token_id: Uuid,
}

/// What a valid checkout token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckoutClaims {
    /// The store of the checkout.
    pub store_id: StoreId,
    /// The checkout.
    pub checkout_id: CheckoutId,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    store_id: String,
    iat: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<u64>,
    exp: u64,
}

/// `TOKEN_KEYS`: the first signs, all verify.
pub struct TokenKeys(Vec<SecretSlice<u8>>);

impl TokenKeys {
    /// Wraps keys of at least 32 bytes each, newest first; there must be one.
    pub fn new(keys: Vec<SecretSlice<u8>>) -> Self {
        Self(keys)
    }

    /// A token with which `store_id`'s keys may be entered until `now` + [`CONNECT_TOKEN_LIFE`].
    pub fn mint_connect(
        &self,
        claims: ConnectClaims,
        now: Timestamp,
    ) -> Result<SecretString, TokenError> {
        self.mint(
            Audience::Connect,
            claims.token_id.to_string(),
            claims.store_id,
            now,
            CONNECT_TOKEN_LIFE,
        )
    }

    /// Reads a connect token.
    pub fn verify_connect(&self, token: &str, now: Timestamp) -> Result<ConnectClaims, TokenError> {
        let claims = self.verify(token, ISSUER, Audience::Connect.as_str(), now)?;
        Ok(ConnectClaims {
            store_id: claims.store_id.parse().map_err(|_| TokenError::Invalid)?,
            token_id: claims.sub.parse().map_err(|_| TokenError::Invalid)?,
        })
    }

    /// A token with which a checkout may be paid until `now` + [`CHECKOUT_TOKEN_LIFE`].
    pub fn mint_checkout(
        &self,
        claims: CheckoutClaims,
        now: Timestamp,
    ) -> Result<SecretString, TokenError> {
        self.mint(
            Audience::Checkout,
            claims.checkout_id.to_string(),
            claims.store_id,
            now,
            CHECKOUT_TOKEN_LIFE,
        )
    }

    /// Reads a checkout token with which the checkout may still be paid.
    pub fn verify_checkout(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<CheckoutClaims, TokenError> {
        checkout_claims(&self.verify(token, ISSUER, Audience::Checkout.as_str(), now)?)
    }

    /// Reads a checkout token with which the checkout's outcome may still be seen: a shopper may come back from
    /// their bank after the time for paying is over.
    pub fn read_checkout(&self, token: &str, now: Timestamp) -> Result<CheckoutClaims, TokenError> {
        let claims = self.authentic(token, ISSUER, Audience::Checkout.as_str(), unix_s(now)?)?;
        let readable_until_s = claims
            .exp
            .saturating_add(OUTCOME_READABLE.as_secs().unsigned_abs());
        if readable_until_s <= unix_s(now)? {
            Err(TokenError::Expired)
        } else {
            checkout_claims(&claims)
        }
    }

    fn mint(
        &self,
        audience: Audience,
        sub: String,
        store_id: StoreId,
        now: Timestamp,
        life: SignedDuration,
    ) -> Result<SecretString, TokenError> {
        let claims = Claims {
            iss: ISSUER.into(),
            aud: audience.as_str().into(),
            sub,
            store_id: store_id.to_string(),
            iat: unix_s(now)?,
            nbf: None,
            exp: unix_s(now.saturating_add(life).map_err(|_| TokenError::Invalid)?)?,
        };
        let key = self.0.first().ok_or(TokenError::Invalid)?;
        let token = jsonwebtoken::encode(
            &Header::new(Algorithm::HS256),
            &claims,
            &EncodingKey::from_secret(key.expose_secret()),
        );
        token
            .map(SecretString::from)
            .map_err(|_| TokenError::Invalid)
    }

    fn verify(
        &self,
        token: &str,
        issuer: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<Claims, TokenError> {
        let claims = self.authentic(token, issuer, audience, unix_s(now)?)?;
        // Our own clock and no leeway: jsonwebtoken would read the system's and allow a minute.
        if claims.exp <= unix_s(now)? {
            Err(TokenError::Expired)
        } else {
            Ok(claims)
        }
    }

    /// Everything but the expiry.
    fn authentic(
        &self,
        token: &str,
        issuer: &str,
        audience: &str,
        now_s: u64,
    ) -> Result<Claims, TokenError> {
        if token.len() > MAX_TOKEN_CHARS {
            return Err(TokenError::Invalid);
        }
        let claims = self
            .0
            .iter()
            .find_map(|key| decode(token, key))
            .ok_or(TokenError::Invalid)?;
        let not_yet = claims.iat > now_s || claims.nbf.is_some_and(|nbf| nbf > now_s);
        if claims.iss != issuer || claims.aud != audience || not_yet {
            Err(TokenError::Invalid)
        } else {
            Ok(claims)
        }
    }
}

fn checkout_claims(claims: &Claims) -> Result<CheckoutClaims, TokenError> {
    Ok(CheckoutClaims {
        store_id: claims.store_id.parse().map_err(|_| TokenError::Invalid)?,
        checkout_id: claims.sub.parse().map_err(|_| TokenError::Invalid)?,
    })
}

fn unix_s(instant: Timestamp) -> Result<u64, TokenError> {
    u64::try_from(instant.as_second()).map_err(|_| TokenError::Invalid)
}

fn decode(token: &str, key: &SecretSlice<u8>) -> Option<Claims> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let decoded = jsonwebtoken::decode::<Claims>(
        token,
        &DecodingKey::from_secret(key.expose_secret()),
        &validation,
    )
    .ok()?;
    // RFC 7515, section 4.1.11: extensions that are not understood must be refused.
    decoded.header.crit.is_none().then_some(decoded.claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Vectors {
        vectors: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        name: String,
        token: String,
        ours: String,
    }

    fn keys(secret: &str) -> TokenKeys {
        TokenKeys::new(vec![SecretSlice::from(secret.as_bytes().to_vec())])
    }

    #[test]
    fn a3_every_jwt_vector_holds() {
        let vectors: Vectors =
            serde_json::from_str(include_str!("../tests/vectors/extra_jwt_attacks.json")).unwrap();
        assert_eq!(vectors.vectors.len(), 49);
        let keys = keys("test-portal-jwt-secret-0123456789abcdef");
        let now = Timestamp::from_second(1_760_000_000).unwrap();
        for vector in vectors.vectors {
            let got = if keys.verify(&vector.token, "portal", "portal", now).is_ok() {
                "accept"
            } else {
                "reject"
            };
            assert_eq!(got, vector.ours, "{}", vector.name);
        }
    }

    #[test]
    fn a_token_serves_one_purpose_until_it_expires() {
        let keys = keys("an-obviously-fake-token-key-of-32-bytes");
        let now = Timestamp::from_second(1_760_000_000).unwrap();
        let claims = CheckoutClaims {
            store_id: StoreId::generate(),
            checkout_id: CheckoutId::generate(),
        };
        let token = keys.mint_checkout(claims, now).unwrap();
        let token = token.expose_secret();
        assert_eq!(keys.verify_checkout(token, now), Ok(claims));
        assert_eq!(keys.verify_connect(token, now), Err(TokenError::Invalid));
        let last = now + CHECKOUT_TOKEN_LIFE - SignedDuration::from_secs(1);
        assert_eq!(keys.verify_checkout(token, last), Ok(claims));
        assert_eq!(
            keys.verify_checkout(token, now + CHECKOUT_TOKEN_LIFE),
            Err(TokenError::Expired)
        );
    }

    #[test]
    fn older_keys_still_verify() {
        let now = Timestamp::from_second(1_760_000_000).unwrap();
        let claims = ConnectClaims {
            store_id: StoreId::generate(),
            token_id: Uuid::now_v7(),
        };
        let old = keys("an-obviously-fake-token-key-number-1");
        let token = old.mint_connect(claims, now).unwrap();
        let secrets = [
            "an-obviously-fake-token-key-number-2",
            "an-obviously-fake-token-key-number-1",
        ];
        let ring = TokenKeys::new(
            secrets
                .map(|secret| SecretSlice::from(secret.as_bytes().to_vec()))
                .into(),
        );
        assert_eq!(ring.verify_connect(token.expose_secret(), now), Ok(claims));
    }
}
