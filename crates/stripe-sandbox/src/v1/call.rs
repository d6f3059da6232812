//! What a handler of the API gets: whose request, on which object, with which parameters.

use serde::{Deserialize, Serialize};

use crate::params::Params;
use crate::state::Ledger;
use crate::v1::StripeError;

/// One authenticated, validated request. The ledger is the caller's own: other accounts and the other
/// mode are not reachable from a handler.
pub(crate) struct Call<'a> {
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) caller: Caller,
    pub(crate) params: Params,
    /// The ids in the path, in order.
    pub(crate) ids: Vec<String>,
    pub(crate) origin: Origin,
    /// The path without the query; Stripe repeats it in lists.
    pub(crate) path: String,
}

/// Which of the account's keys signed the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Caller {
    Secret,
    Publishable,
}

/// Why something happens: it stands in the events that follow from it.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// Seconds since 1970, as the objects see it: on a test clock, its time.
    pub(crate) now: i64,
    /// When it is told.
    pub(crate) told: i64,
    pub(crate) request_id: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    /// Where this sandbox answers, for links to its hosted pages.
    pub(crate) base_url: String,
}

impl Origin {
    /// What happens without a request.
    pub(crate) fn of_itself(now: i64) -> Self {
        Self {
            now,
            told: now,
            request_id: None,
            idempotency_key: None,
            base_url: String::new(),
        }
    }
}

impl Call<'_> {
    /// The object that the path names.
    pub(crate) fn id(&self) -> &str {
        self.ids.first().map_or("", String::as_str)
    }

    /// With a publishable key, an object is opened only by its own client secret.
    pub(crate) fn check_client_secret(
        &self,
        kind: &str,
        client_secret: &str,
    ) -> Result<(), StripeError> {
        match (self.caller, self.params.text("client_secret")) {
            (Caller::Secret, None) => Ok(()),
            (_, Some(given)) if given == client_secret => Ok(()),
            (Caller::Publishable, None) => {
                Err(StripeError::invalid("Missing required param: client_secret.")
                    .code("parameter_missing")
                    .param("client_secret"))
            }
            (_, Some(_)) => Err(StripeError::invalid(format!(
                "The client_secret provided does not match the client_secret associated with the {kind}."
            ))
            .param("client_secret")),
        }
    }
}
