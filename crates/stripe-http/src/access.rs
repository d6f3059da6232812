//! Whether a restricted key may do something, asked without any effect.
//!
//! Stripe looks at a key's permissions before it looks at the request itself (Stripe docs, "Restricted API keys": a request
//! that the key may not make is a 403 with `more_permissions_required`), so a request that is refused for another reason was
//! permitted.

use serde::Serialize;
use serde::de::IgnoredAny;
use uuid::Uuid;

use crate::request::Path;
use crate::{Client, Error, IdempotencyKey};

/// A request that does nothing, whatever the key may do.
#[derive(Debug, Clone, Copy)]
pub enum Probe {
    /// `GET` of one object, such as `/v1/account`.
    Read(&'static str),
    /// `GET` of a list, one object at most.
    List(&'static str),
    /// `POST` without parameters, to a path where Stripe requires some or where the object is not there.
    Write(&'static str),
}

#[derive(Serialize)]
struct NoParams {}

#[derive(Serialize)]
struct One {
    limit: u8,
}

/// Whether the client's key has the permission that a probe needs. An error says that nobody could tell now.
pub async fn is_permitted(client: &Client, probe: Probe) -> Result<bool, Error> {
    let answer: Result<IgnoredAny, Error> = match probe {
        Probe::Read(path) => client.get(Path::fixed(path)).await,
        Probe::List(path) => client.get_with(Path::fixed(path), &One { limit: 1 }).await,
        Probe::Write(path) => {
            let key = IdempotencyKey::from(Uuid::new_v4());
            client.post(Path::fixed(path), &NoParams {}, &key).await
        }
    };
    match answer {
        Ok(_) | Err(Error::Invalid(_) | Error::NotFound(_) | Error::UnexpectedState(_)) => Ok(true),
        Err(Error::Permission(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
