//! What a fault does to a request.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::chance::Chance;

/// No latency is longer; every caller has given up by then.
const MAX_LATENCY: Duration = Duration::from_mins(2);

/// What happens. In JSON a string, or an object with one name: `{"latency_ms": 250}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum FaultKind {
    /// An error from in front of Stripe's idempotency layer: no effect, and the key stays unused.
    #[serde(rename = "500")]
    ServerError,
    /// Stripe's own error while it executes, without an effect. Its idempotency key repeats it.
    #[serde(rename = "500_kept")]
    ServerErrorKept,
    /// The rate limiter.
    #[serde(rename = "429")]
    RateLimit,
    /// Another request works on the same object.
    #[serde(rename = "lock_timeout")]
    LockTimeout,
    /// Another request holds the idempotency key.
    #[serde(rename = "409")]
    KeyInUse,
    /// The key was rolled in the dashboard.
    #[serde(rename = "401")]
    ExpiredKey,
    /// A restricted key without the permission.
    #[serde(rename = "403")]
    NotPermitted,
    /// A proxy's page instead of JSON.
    #[serde(rename = "html_502")]
    Html502,
    /// A status without a body.
    #[serde(rename = "503")]
    Unavailable,
    /// A proxy that has waited for too long.
    #[serde(rename = "504")]
    GatewayTimeout,
    /// Any answer at all, before the effect.
    #[serde(rename = "answer")]
    Answer {
        status: u16,
        #[serde(default = "json")]
        content_type: String,
        body: String,
    },
    /// A success whose JSON is cut short, after the effect.
    #[serde(rename = "truncated_200")]
    Truncated,
    /// The connection is cut before the effect.
    #[serde(rename = "reset")]
    Reset,
    /// No answer comes until the caller gives up, and nothing happens.
    #[serde(rename = "before_effect_timeout")]
    BeforeEffectTimeout,
    /// The answer is late by this many milliseconds; the effect comes after the wait.
    #[serde(rename = "latency_ms")]
    LatencyMs(u64),
    /// Late by a time drawn from a log-normal distribution.
    #[serde(rename = "latency")]
    Latency { p50_ms: u32, p99_ms: u32 },
    /// The effect happens, and no answer comes until the caller gives up.
    #[serde(rename = "after_effect_timeout")]
    AfterEffectTimeout,
    /// The effect happens, and the connection is cut.
    #[serde(rename = "after_effect_reset")]
    AfterEffectReset,
    /// The effect happens, and on its way the answer becomes an error. The idempotency key has the true answer.
    #[serde(rename = "after_effect_500")]
    AfterEffect500,
    /// The effect happens, and Stripe answers with its own error, which the idempotency key repeats.
    #[serde(rename = "after_effect_500_kept")]
    AfterEffect500Kept,
}

impl FaultKind {
    /// What is wrong with its numbers, if anything.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::Latency { p50_ms, p99_ms } if *p50_ms == 0 || p99_ms < p50_ms => {
                Err("latency needs p50_ms of at least 1 and p99_ms of at least p50_ms")
            }
            Self::Answer { status, .. } if !(200..=599).contains(status) => {
                Err("the status of an answer is from 200 to 599")
            }
            _ => Ok(()),
        }
    }

    /// How long the request waits; none for other kinds than latency.
    pub(crate) fn latency(&self, chance: Chance<'_>) -> Option<Duration> {
        let wait = match self {
            Self::LatencyMs(ms) => Duration::from_millis(*ms),
            Self::Latency { p50_ms, p99_ms } => {
                let ms = chance.log_normal(f64::from(*p50_ms), f64::from(*p99_ms));
                Duration::try_from_secs_f64(ms / 1_000.0).unwrap_or(MAX_LATENCY)
            }
            _ => return None,
        };
        Some(wait.min(MAX_LATENCY))
    }

    /// The request has no effect, and its answer is not Stripe's.
    pub(crate) fn cuts_before(&self) -> bool {
        matches!(
            self,
            Self::Reset
                | Self::BeforeEffectTimeout
                | Self::Html502
                | Self::Unavailable
                | Self::GatewayTimeout
                | Self::Answer { .. }
        )
    }
}

fn json() -> String {
    "application/json".to_owned()
}
