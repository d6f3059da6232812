//! Whether Stripe lets an account work.

use serde::{Deserialize, Serialize};

use crate::v1::Route;

/// What Stripe has decided about an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    #[default]
    Active,
    /// Cannot take live payments: something is asked of the merchant.
    Restricted,
    /// Its keys are refused.
    Closed,
}

impl Standing {
    /// Whether a request would take a live payment for an account that may take none.
    pub(crate) fn forbids(self, livemode: bool, route: &Route) -> bool {
        const CHARGING: [&str; 2] = ["/v1/payment_intents", "/v1/payment_intents/{id}/confirm"];
        livemode
            && self == Self::Restricted
            && route.method == "POST"
            && CHARGING.contains(&route.path)
    }
}
