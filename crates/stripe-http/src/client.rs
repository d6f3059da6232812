//! One store's way to Stripe: sends, repeats with the same idempotency key, gives up in time.

use std::time::Duration;

use reqwest::header::HeaderValue;
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout_at};

use crate::answer::Answer;
use crate::error::{Error, Outcome};
use crate::request::{Path, Request, bearer};
use crate::{IdempotencyKey, Transport, retry};

/// Acts at Stripe with one key. Not `Clone`: make one for each request or job from
/// [`Transport::client`] and let it drop, which wipes the key. (What the HTTP stack copies into its
/// own buffers for the `Authorization` header is marked sensitive, but freed without wiping.)
#[derive(Debug)]
pub struct Client {
    transport: Transport,
    key: SecretString,
}

impl Client {
    pub(crate) fn new(transport: Transport, key: SecretString) -> Self {
        Self { transport, key }
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: Path<'_>) -> Result<T, Error> {
        self.send(Request::read(path)).await
    }

    pub(crate) async fn get_with<T: DeserializeOwned>(
        &self,
        path: Path<'_>,
        params: &impl Serialize,
    ) -> Result<T, Error> {
        self.send(Request::read_with(path, params)?).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: Path<'_>,
        params: &impl Serialize,
        key: &IdempotencyKey,
    ) -> Result<T, Error> {
        self.send(Request::mutation(path, params, key)?).await
    }

    /// As [`Client::post`], with Stripe's id of the request.
    pub(crate) async fn post_with_id<T: DeserializeOwned>(
        &self,
        path: Path<'_>,
        params: &impl Serialize,
        key: &IdempotencyKey,
    ) -> Result<(T, Option<String>), Error> {
        self.send_with_id(Request::mutation(path, params, key)?)
            .await
    }

    pub(crate) async fn delete<T: DeserializeOwned>(&self, path: Path<'_>) -> Result<T, Error> {
        self.send(Request::deletion(path)).await
    }

    async fn send<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, Error> {
        let (object, _) = self.send_with_id(request).await?;
        Ok(object)
    }

    async fn send_with_id<T: DeserializeOwned>(
        &self,
        request: Request<'_>,
    ) -> Result<(T, Option<String>), Error> {
        let authorization = bearer(&self.key)?;
        let started = Instant::now();
        let mut attempts = 0;
        let mut answered = None;
        let result = self
            .send_until(
                &request,
                &authorization,
                started,
                &mut attempts,
                &mut answered,
            )
            .await;

        let (status, request_id) = answered.unzip();
        let request_id = request_id.flatten();
        tracing::debug!(
            method = request.method(),
            path = request.template(),
            status,
            stripe_request_id = request_id,
            attempts,
            elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            ok = result.is_ok(),
            "stripe request"
        );
        result.map(|object| (object, request_id))
    }

    async fn send_until<T: DeserializeOwned>(
        &self,
        request: &Request<'_>,
        authorization: &HeaderValue,
        started: Instant,
        attempts: &mut u32,
        answered: &mut Option<(u16, Option<String>)>,
    ) -> Result<T, Error> {
        let config = &self.transport.config;
        let deadline = started + config.total_timeout;
        // What the attempts so far may have done.
        let mut earlier = Outcome::NotDone;
        loop {
            *attempts += 1;
            let attempt = timeout_at(deadline, self.attempt(request, authorization)).await;
            let failure = match attempt {
                Ok(Ok(answer)) => {
                    *answered = Some((answer.status, answer.request_id.clone()));
                    match answer.decode() {
                        Ok(object) => return Ok(object),
                        Err(error) => Failure::of_answer(error, &answer),
                    }
                }
                Ok(Err(source)) => Failure::of_connection(source),
                Err(_) => Failure::of_deadline(),
            };
            let error = settle(failure.error, request, earlier);
            earlier = error.outcome();
            if !failure.repeat || *attempts > retry::MAX_RETRIES {
                return Err(error);
            }
            let wait = retry::wait(
                config.backoff_base,
                *attempts - 1,
                rand::random(),
                failure.retry_after,
            );
            // A wait that ends after the deadline cannot end in an answer.
            if Instant::now() + wait >= deadline {
                return Err(error);
            }
            sleep(wait).await;
        }
    }

    async fn attempt(
        &self,
        request: &Request<'_>,
        authorization: &HeaderValue,
    ) -> Result<Answer, reqwest::Error> {
        let response = request.build(&self.transport, authorization).send().await?;
        Answer::read(response).await
    }
}

/// One failed attempt and what to do about it.
struct Failure {
    error: Error,
    repeat: bool,
    retry_after: Option<Duration>,
}

impl Failure {
    fn of_answer(error: Error, answer: &Answer) -> Self {
        let repeat = error.api_error().is_some_and(|api_error| {
            retry::is_worth_repeating(
                answer.status,
                api_error.code.as_deref(),
                answer.should_retry,
            )
        });
        Self {
            error,
            repeat,
            retry_after: answer.retry_after,
        }
    }

    fn of_connection(source: reqwest::Error) -> Self {
        // Without a connection nothing was sent.
        let outcome = if source.is_connect() {
            Outcome::NotDone
        } else {
            Outcome::Unknown
        };
        // The URL may hold a client secret.
        let error = Error::Connection {
            outcome,
            source: source.without_url(),
        };
        Self {
            error,
            repeat: true,
            retry_after: None,
        }
    }

    fn of_deadline() -> Self {
        Self {
            error: Error::Timeout {
                outcome: Outcome::Unknown,
            },
            repeat: false,
            retry_after: None,
        }
    }
}

/// Judges the last failure in the light of the attempts before it. A read never has an outcome.
fn settle(error: Error, request: &Request<'_>, earlier: Outcome) -> Error {
    if !request.is_mutation() {
        error.with_outcome(Outcome::NotDone)
    } else if earlier == Outcome::Unknown && !error.settles_earlier_attempts() {
        error.with_outcome(Outcome::Unknown)
    } else {
        error
    }
}
