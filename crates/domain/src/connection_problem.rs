//! What can be wrong with a store's connection to Stripe, in words for the merchant: what it means, and what to do.

/// Something about a connection that a person has to know or do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConnectionProblem {
    /// Stripe answers 401 to the secret key.
    KeyRefused,
    /// The keys were proven at a stand-in for Stripe and Stripe is asked now, or the other way round. Told, never stored: it
    /// depends on who is asked.
    ConnectedElsewhere,
    /// A restricted key lacks permissions that we need; the detail names them.
    PermissionsMissing,
    /// Stripe does not let the account take payments.
    ChargesDisabled,
    /// The key may not manage webhook endpoints, and nobody pasted a signing secret.
    WebhookNotPermitted,
    /// The account has the sixteen endpoints that Stripe allows, none of them ours.
    WebhookLimitReached,
    /// `PUBLIC_URL` is not a public https address: Stripe cannot reach us.
    WebhookUnreachable,
    /// Stripe could not register or mend the endpoint just now; it is tried again.
    WebhookNotRegistered,
    /// Stripe has events that never arrived here.
    WebhookNotArriving,
    /// What arrives is signed with another secret than the one that is stored.
    WebhookSecretWrong,
    /// The stored signing secret belongs to an endpoint of the other mode.
    WebhookSecretWrongMode,
    /// The key may not list events: a webhook that is lost cannot be found again.
    EventsNotPermitted,
    /// Events were given up after the last attempt; the detail tells how many.
    EventsParked,
    /// Somebody seems to try out stolen cards at the store; the detail tells how many were declined.
    CardTesting,
    /// Money was taken for a cart that has no order; the detail tells where it is in Stripe's dashboard.
    PaidWithoutOrder,
}

impl ConnectionProblem {
    /// Whether webhooks do not arrive, or not all of them, while it lasts.
    pub const fn loses_webhooks(self) -> bool {
        matches!(
            self,
            Self::WebhookNotPermitted
                | Self::WebhookLimitReached
                | Self::WebhookUnreachable
                | Self::WebhookNotRegistered
                | Self::WebhookNotArriving
                | Self::WebhookSecretWrong
                | Self::WebhookSecretWrongMode
        )
    }

    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::KeyRefused,
        Self::ConnectedElsewhere,
        Self::PermissionsMissing,
        Self::ChargesDisabled,
        Self::WebhookNotPermitted,
        Self::WebhookLimitReached,
        Self::WebhookUnreachable,
        Self::WebhookNotRegistered,
        Self::WebhookNotArriving,
        Self::WebhookSecretWrong,
        Self::WebhookSecretWrongMode,
        Self::EventsNotPermitted,
        Self::EventsParked,
        Self::CardTesting,
        Self::PaidWithoutOrder,
    ];

    /// The stored word, which is also the API's.
    pub const fn code(self) -> &'static str {
        match self {
            Self::KeyRefused => "key_refused",
            Self::ConnectedElsewhere => "connected_elsewhere",
            Self::PermissionsMissing => "permissions_missing",
            Self::ChargesDisabled => "charges_disabled",
            Self::WebhookNotPermitted => "webhook_not_permitted",
            Self::WebhookLimitReached => "webhook_limit_reached",
            Self::WebhookUnreachable => "webhook_unreachable",
            Self::WebhookNotRegistered => "webhook_not_registered",
            Self::WebhookNotArriving => "webhook_not_arriving",
            Self::WebhookSecretWrong => "webhook_secret_wrong",
            Self::WebhookSecretWrongMode => "webhook_secret_wrong_mode",
            Self::EventsNotPermitted => "events_not_permitted",
            Self::EventsParked => "events_parked",
            Self::CardTesting => "card_testing",
            Self::PaidWithoutOrder => "paid_without_order",
        }
    }

    /// The problem of a stored word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|problem| problem.code() == code)
    }

    /// What it means and what to do, for the merchant.
    pub const fn message(self) -> &'static str {
        match self {
            Self::KeyRefused => {
                "Stripe no longer accepts this key. Connect Stripe again with a new key; payments and events wait until then."
            }
            Self::ConnectedElsewhere => {
                "These keys were checked with another Stripe (the sandbox, or the real one) than the one that this gateway asks now. Nothing is asked with them: connect Stripe again, or start the gateway as it was."
            }
            Self::PermissionsMissing => {
                "The restricted key lacks permissions. Add them in Stripe's Dashboard under Developers, API keys; the key stays the same."
            }
            Self::ChargesDisabled => {
                "Stripe does not let this account take payments yet. Open Stripe's Dashboard and complete the account."
            }
            Self::WebhookNotPermitted => {
                "The key may not set up webhooks. Give it write permission for Webhook Endpoints, or add the endpoint by hand and paste its signing secret."
            }
            Self::WebhookLimitReached => {
                "The Stripe account has the 16 webhook endpoints that Stripe allows. Delete one that nobody needs; ours is then added by itself."
            }
            Self::WebhookUnreachable => {
                "Stripe cannot reach this gateway's address. Payments are found by asking Stripe regularly, which takes a little longer. The operator can set PUBLIC_URL to a public https address."
            }
            Self::WebhookNotRegistered => {
                "The webhook endpoint could not be set up at Stripe just now. It is tried again by itself; until then payments are found by asking Stripe."
            }
            Self::WebhookNotArriving => {
                "Stripe has events that did not arrive here. They were fetched from Stripe, so no payment is missing. Look at the endpoint's deliveries in Stripe's Dashboard."
            }
            Self::WebhookSecretWrong => {
                "Stripe's deliveries are signed with another secret than the one that is stored. Paste the endpoint's signing secret again."
            }
            Self::WebhookSecretWrongMode => {
                "The signing secret belongs to an endpoint of the other mode. Paste the secret of the endpoint in this mode."
            }
            Self::EventsNotPermitted => {
                "The key may not read events, so a lost webhook cannot be found again. Give it read permission for Events."
            }
            Self::EventsParked => {
                "Some events could not be worked through and were put aside. Look at their error, then replay them."
            }
            Self::CardTesting => {
                "Somebody seems to try out stolen cards at your shop: many payments are declined. New payments are slowed down until it is over. Put a CAPTCHA before your shop's checkout, look at Radar's rules in Stripe's Dashboard, and refund payments that you do not recognise."
            }
            Self::PaidWithoutOrder => {
                "Money was captured in Stripe's Dashboard for a cart that has no order. If its order does not come, because it sold out or the customer gave up, refund the payment there: nothing is sent for it."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_known_by_its_code_and_says_what_to_do() {
        for problem in ConnectionProblem::ALL {
            assert_eq!(ConnectionProblem::from_code(problem.code()), Some(problem));
            assert!(problem.message().ends_with('.'), "{problem:?}");
        }
        assert_eq!(ConnectionProblem::from_code("other"), None);
    }
}
