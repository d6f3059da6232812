//! Who may call a route, as the document tells it and as the matrix of credentials in the tests holds it.

use serde_json::{Value, json};

/// What a caller proves its right with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Credential {
    /// `Authorization: Bearer tgk_…`: the merchant's back end.
    ApiKey,
    /// `Authorization: Bearer TOKEN`, from `POST /orders`: the shopper of that order.
    OrderToken,
    /// `Authorization: Bearer TOKEN`, from `POST /checkouts`: the shopper of that checkout.
    CheckoutToken,
    /// The token of a payment link, in the path or as the bearer token.
    LinkToken,
    /// `X-Internal-Secret`: another service of the deployment.
    InternalSecret,
    /// `Stripe-Signature`, made with the store's own signing secret.
    StripeSignature,
}

impl Credential {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ApiKey,
        Self::OrderToken,
        Self::CheckoutToken,
        Self::LinkToken,
        Self::InternalSecret,
        Self::StripeSignature,
    ];

    /// Its name among the document's security schemes.
    pub const fn scheme(self) -> &'static str {
        match self {
            Self::ApiKey => "apiKey",
            Self::OrderToken => "orderToken",
            Self::CheckoutToken => "checkoutToken",
            Self::LinkToken => "linkToken",
            Self::InternalSecret => "internalSecret",
            Self::StripeSignature => "stripeSignature",
        }
    }

    /// What it is called in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::ApiKey => "store API key",
            Self::OrderToken => "order token",
            Self::CheckoutToken => "checkout token",
            Self::LinkToken => "payment link's token",
            Self::InternalSecret => "internal secret",
            Self::StripeSignature => "Stripe's signature",
        }
    }

    /// The security scheme of the document.
    pub fn definition(self) -> Value {
        let bearer = |description: &str| json!({ "type": "http", "scheme": "bearer", "description": description });
        match self {
            Self::ApiKey => bearer(
                "A store API key, `tgk_test_…` or `tgk_live_…`. It reaches its own store's data of its own mode, and nothing else.",
            ),
            Self::OrderToken => bearer(
                "The `order_token` that `POST /orders` answered with. It reaches that order.",
            ),
            Self::CheckoutToken => bearer(
                "The `checkout_token` that `POST /checkouts` answered with. It reaches that checkout for 30 minutes.",
            ),
            Self::LinkToken => {
                bearer("The token of a payment link. It reaches what that link pays.")
            }
            Self::InternalSecret => json!({
                "type": "apiKey", "in": "header", "name": "X-Internal-Secret",
                "description": "One of the deployment's `INTERNAL_SECRETS`. For back ends only, never for a browser.",
            }),
            Self::StripeSignature => json!({
                "type": "apiKey", "in": "header", "name": "Stripe-Signature",
                "description": "Made by Stripe with the signing secret of the store's webhook endpoint.",
            }),
        }
    }
}

/// The merchant's back end.
pub const API_KEY: Access = Access::Needs(&[Credential::ApiKey]);

/// Who may call a route.
#[derive(Debug, Clone, Copy)]
pub enum Access {
    /// Anybody, for a reason. Who sends one of these credentials all the same gets more, and is refused if it is wrong.
    Anyone {
        /// Why no credential is asked for.
        because: &'static str,
        /// What may be sent.
        or: &'static [Credential],
    },
    /// Whoever has one of these.
    Needs(&'static [Credential]),
}

impl Access {
    /// Anybody, for this reason.
    pub const fn anyone(because: &'static str) -> Self {
        Self::Anyone { because, or: &[] }
    }

    /// What may be sent.
    pub const fn credentials(self) -> &'static [Credential] {
        match self {
            Self::Anyone { or, .. } => or,
            Self::Needs(credentials) => credentials,
        }
    }

    /// Whether nothing has to be sent.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Anyone { .. })
    }

    /// The group of the document that tells of it: one for each kind of caller.
    pub fn tag(self) -> Tag {
        let credentials = self.credentials();
        let has = |credential| credentials.contains(&credential);
        if has(Credential::StripeSignature) {
            Tag::Stripe
        } else if has(Credential::InternalSecret) {
            Tag::Platform
        } else if credentials == [Credential::ApiKey] && !self.is_open() {
            Tag::BackEnd
        } else {
            Tag::Storefront
        }
    }

    /// The requirement of the document.
    pub fn security(self) -> Value {
        let mut list: Vec<Value> = Vec::new();
        if self.is_open() {
            list.push(json!({}));
        }
        for credential in self.credentials() {
            list.push(json!({ credential.scheme(): [] }));
        }
        Value::Array(list)
    }

    /// In words, for people.
    pub fn words(self) -> String {
        let names: Vec<&str> = (self.credentials().iter())
            .map(|credential| credential.words())
            .collect();
        match self {
            Self::Anyone { because, or: [] } => format!("Anyone. {because}"),
            Self::Anyone { because, .. } => {
                format!("Anyone; also with a {}. {because}", names.join(" or "))
            }
            Self::Needs(_) => format!("With a {}.", names.join(" or ")),
        }
    }
}

/// A kind of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tag {
    /// Shops' pages and shoppers.
    Storefront,
    /// Merchants' back ends.
    BackEnd,
    /// Other services of the deployment.
    Platform,
    /// Stripe.
    Stripe,
    /// Operators.
    Operators,
}

impl Tag {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 5] = [
        Self::Storefront,
        Self::BackEnd,
        Self::Platform,
        Self::Stripe,
        Self::Operators,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Storefront => "Storefront",
            Self::BackEnd => "Merchant's back end",
            Self::Platform => "Platform",
            Self::Stripe => "Stripe",
            Self::Operators => "Operators",
        }
    }

    /// Who that is.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Storefront => {
                "Called by a shop's page in the shopper's browser: nothing here is secret, and tokens reach one thing only."
            }
            Self::BackEnd => "Called by a shop's own server, with the store's API key.",
            Self::Platform => {
                "Called by the platform that runs this gateway, with an internal secret."
            }
            Self::Stripe => "Called by Stripe: the webhook endpoints.",
            Self::Operators => "Called by load balancers and monitors.",
        }
    }
}
