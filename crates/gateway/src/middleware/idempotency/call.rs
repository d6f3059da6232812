//! One keyed call: whether it is the first, and what becomes of its key afterwards.

use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use db::idempotency::{self, Scope, Seen};
use domain::StoreId;
use jiff::SignedDuration;

use super::answer::Answer;
use super::key::{self, Caller};
use crate::app::App;
use crate::error::ApiError;
use crate::sealing;

/// As at Stripe ("Idempotent requests"): long enough for a client's retries, short enough for the table.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// A process that has not answered by then has died: two deadlines of a call to Stripe.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How long a second call waits for the first between looks, about three seconds in all: most calls to Stripe end
/// within one, and a client must not be held longer than it would take to ask again.
const WAITS_MS: [u64; 8] = [0, 25, 50, 100, 200, 400, 800, 1600];

/// A call with a key.
#[derive(Debug)]
pub(super) struct Call {
    store_id: StoreId,
    scope: Scope,
    request_hash: String,
}

/// What a call may do.
pub(super) enum Turn {
    /// Run.
    First,
    /// Give the first call's answer.
    Again(Answer),
}

impl Call {
    pub(super) fn new(caller: Caller, key: String, request_hash: String) -> Self {
        let Caller {
            store_id,
            scope,
            credential,
        } = caller;
        Self {
            store_id,
            scope: Scope {
                scope,
                credential,
                key,
            },
            request_hash,
        }
    }

    /// Claims the key, or finds what became of the first call. One that still runs is waited for.
    pub(super) async fn begin(&self, app: &App) -> Result<Turn, ApiError> {
        // Waiting only reads: SQLite has one writer, and the first call needs it.
        let mut may_be_free = true;
        for wait_ms in WAITS_MS {
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            if may_be_free && self.claim(app).await? {
                return Ok(Turn::First);
            }
            let seen = idempotency::find(&mut app.db.read().await?, &self.scope).await?;
            may_be_free = seen.is_none();
            if let Some(seen) = seen
                && let Some(turn) = self.turn_after(app, seen).await?
            {
                return Ok(turn);
            }
        }
        Err(ApiError::idempotency(
            "idempotency_key_in_use",
            "The first request with this Idempotency-Key is still running. Wait a moment, then send it again.",
        ))
    }

    async fn claim(&self, app: &App) -> Result<bool, ApiError> {
        let now = app.now();
        let (lease_until, expires_at) = (now + LEASE, now + KEPT_FOR);
        let hash = &self.request_hash;
        let mut tx = app.db.begin().await?;
        let claimed =
            idempotency::claim(&mut tx, &self.scope, hash, lease_until, expires_at, now).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// `None` while the first call runs.
    async fn turn_after(&self, app: &App, seen: Seen) -> Result<Option<Turn>, ApiError> {
        if seen.request_hash != self.request_hash {
            return Err(ApiError::idempotency(
                "idempotency_key_reused",
                "This Idempotency-Key was used for another request. Use a new key, or send the same request again.",
            ));
        }
        if let Some(sealed) = seen.answer() {
            let packed = sealing::open_idempotent_answer(&app.vault, self.store_id, sealed)?;
            return Ok(Some(Turn::Again(Answer::unpack(&packed, &self.place())?)));
        }
        let now = app.now();
        if seen.lease_until > now {
            return Ok(None);
        }
        let mut tx = app.db.begin().await?;
        let taken_over = idempotency::take_over(&mut tx, &self.scope, now + LEASE, now).await?;
        tx.commit().await?;
        Ok(taken_over.then_some(Turn::First))
    }

    /// Keeps the answer, or frees the key where the call may be tried again. The answer goes out either way: if the
    /// database fails now, the key is free again when its lease ends.
    pub(super) async fn finish<B: MessageBody + 'static>(
        &self,
        app: &App,
        response: ServiceResponse<B>,
    ) -> ServiceResponse {
        let (request, response) = response.into_parts();
        let (response, answer) = Answer::of(response);
        match answer {
            Some(answer) => self.keep(app, &answer).await,
            None => self.release(app).await,
        }
        ServiceResponse::new(request, response)
    }

    async fn keep(&self, app: &App, answer: &Answer) {
        if let Err(error) = self.try_keep(app, answer).await {
            tracing::warn!(?error, "the answer to an Idempotency-Key could not be kept");
        }
    }

    async fn try_keep(&self, app: &App, answer: &Answer) -> Result<(), ApiError> {
        let packed = answer.pack(&self.place())?;
        let sealed = sealing::seal_idempotent_answer(&app.vault, self.store_id, &packed)?;
        let mut tx = app.db.begin().await?;
        idempotency::keep(&mut tx, &self.scope, sealed).await?;
        Ok(tx.commit().await?)
    }

    /// Frees the key.
    pub(super) async fn release(&self, app: &App) {
        if let Err(error) = self.try_release(app).await {
            tracing::warn!(
                ?error,
                "an Idempotency-Key could not be freed; it is free when its lease ends"
            );
        }
    }

    async fn try_release(&self, app: &App) -> Result<(), ApiError> {
        let mut tx = app.db.begin().await?;
        idempotency::release(&mut tx, &self.scope).await?;
        Ok(tx.commit().await?)
    }

    /// What an answer is bound to, so that one that is moved to another row does not open there.
    fn place(&self) -> String {
        let Scope {
            scope,
            credential,
            key,
        } = &self.scope;
        key::hash(&[
            scope.as_bytes(),
            credential.as_bytes(),
            key.as_bytes(),
            self.request_hash.as_bytes(),
        ])
    }
}
