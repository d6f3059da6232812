//! Our webhook endpoint in a merchant's Stripe account: registered, adopted and mended through the API, so that
//! nobody has to set up anything.
//!
//! Only endpoints that carry our mark for this store are ever touched (`wanted`). Several gateways may do this at the
//! same time: the key under which an endpoint is created is made of what it has to be and of the newest one that was
//! stored ([`ensure`]), so that they, and whoever comes after a crash, get the same endpoint with its secret.

mod ensure;
mod first_delivery;
mod record;
mod wanted;

pub use ensure::{Ensured, ensure};

use domain::connection_problem::ConnectionProblem;

use crate::app::App;
use crate::connect::findings;
use crate::error::ApiError;
use crate::stripe::StoreStripe;

/// The problems that [`report`] opens and closes.
const ABOUT_ENDPOINTS: [ConnectionProblem; 4] = [
    ConnectionProblem::WebhookNotPermitted,
    ConnectionProblem::WebhookLimitReached,
    ConnectionProblem::WebhookUnreachable,
    ConnectionProblem::WebhookNotRegistered,
];

/// Records what [`ensure`] came to, for people.
pub async fn report(app: &App, stripe: &StoreStripe, ensured: &Ensured) -> Result<(), ApiError> {
    let found = match ensured {
        Ensured::Off | Ensured::Registered { .. } | Ensured::Impossible { missing: false, .. } => {
            None
        }
        // Whoever pasted a secret has an endpoint without us.
        Ensured::Impossible { .. } if record::has_pasted_secret(app, stripe).await? => None,
        Ensured::Impossible { problem, .. } => Some(*problem),
        Ensured::Failed { missing: true, .. } => Some(ConnectionProblem::WebhookNotRegistered),
        // What is registered goes on.
        Ensured::Failed { missing: false, .. } => return Ok(()),
    };
    let findings = ABOUT_ENDPOINTS.map(|problem| (problem, found == Some(problem)));
    findings::settle(app, stripe, &findings).await
}
