//! What a restricted key must be allowed to do, what it had better be, and what it lacks.
//!
//! One table says it for the connect form, for the link that makes such a key at Stripe, for the probes and for the documentation.

use std::time::Duration;

use db::Conn;
use domain::connection_problem::ConnectionProblem;
use domain::{Mode, StoreId};
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use stripe_http::Client;
use stripe_http::access::{self, Probe};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};
use url::form_urlencoded;

use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;

/// One permission of a restricted key.
#[derive(Debug)]
pub struct Permission {
    /// As the person who makes the key reads it at Stripe.
    pub title: &'static str,
    /// As Stripe's messages name it (Stripe docs, "API permissions reference").
    pub scope: &'static str,
    /// What we do with it.
    pub purpose: &'static str,
    /// How much depends on it.
    pub need: Need,
    /// How to find out; `None` where nothing depends on it yet.
    probe: Option<Probe>,
}

impl Permission {
    /// Whether this version has a use for it.
    pub fn is_needed_now(&self) -> bool {
        self.need != Subscriptions
    }

    /// Whether payments work without it.
    pub fn is_optional(&self) -> bool {
        self.need != Required
    }
}

/// How much depends on a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Without it there are no payments.
    Required,
    /// Without it something is lost, and the merchant is told what.
    Useful,
    /// For subscriptions, which this version does not have yet.
    Subscriptions,
}

use Need::{Required, Subscriptions, Useful};

/// Every permission that we have a use for. A write permission includes reading.
#[rustfmt::skip]
pub const PERMISSIONS: [Permission; 15] = [
    new("Accounts: Read",             "connected_account_read", "to know which account the key belongs to",              Required, Some(Probe::Read("/v1/account"))),
    new("PaymentIntents: Write",      "payment_intent_write",   "to take payments",                                      Required, Some(Probe::Write("/v1/payment_intents"))),
    new("Charges and Refunds: Write", "charge_write",           "to see what was charged, and to refund it",             Required, Some(Probe::Write("/v1/refunds"))),
    new("Webhook Endpoints: Write",   "webhook_write",          "to set up the webhook for you",                         Useful,   Some(Probe::Write("/v1/webhook_endpoints"))),
    new(EVENTS,                       "event_read",             "to find payments whose webhook was lost",               Useful,   Some(Probe::List("/v1/events"))),
    new("Disputes: Read",             "dispute_read",           "to tell how a dispute stands",                          Useful,   Some(Probe::List("/v1/disputes"))),
    new("SetupIntents: Write",        "setup_intent_write",     "to prove that both keys belong to one account",         Useful,   Some(Probe::Write("/v1/setup_intents/seti_TillgateAsksForNone"))),
    new(CUSTOMERS,                    "customer_write",         "to keep a shopper's card, with consent",                Useful,   Some(Probe::Write("/v1/customers/cus_TillgateAsksForNone"))),
    new(PAYMENT_METHODS,              "payment_method_write",   "to give up a card that was kept",                       Useful,   Some(Probe::Write("/v1/payment_methods/pm_TillgateAsksForNone"))),
    new("Checkout Sessions: Write",   "checkout_session_write", "for subscriptions",                                     Subscriptions, None),
    new("Subscriptions: Write",       "subscription_write",     "for subscriptions",                                     Subscriptions, None),
    new("Invoices: Write",            "invoice_write",          "for subscriptions",                                     Subscriptions, None),
    new("Products: Write",            "product_write",          "for subscriptions",                                     Subscriptions, None),
    new("Prices: Write",              "plan_write",             "for subscriptions",                                     Subscriptions, None),
    new("Customer portal: Write",     "customer_portal_write",  "for subscriptions",                                     Subscriptions, None),
];

const EVENTS: &str = "Events: Read";
/// Without it nobody's card can be kept.
pub const CUSTOMERS: &str = "Customers: Write";
/// Without it a kept card could not be given up at Stripe.
pub const PAYMENT_METHODS: &str = "PaymentMethods: Write";
/// Between the titles in the detail of a problem.
const SEPARATOR: &str = ", ";
const WEBHOOK_SCOPE: &str = "webhook_write";
const EVENTS_SCOPE: &str = "event_read";

const fn new(
    title: &'static str,
    scope: &'static str,
    purpose: &'static str,
    need: Need,
    probe: Option<Probe>,
) -> Permission {
    Permission {
        title,
        scope,
        purpose,
        need,
        probe,
    }
}

/// At once, of an account that allows 25 a second in test mode (Stripe docs, "Rate limits").
const AT_ONCE: usize = 3;
/// A merchant waits for it.
const WITHIN: Duration = Duration::from_secs(10);

/// What the probes found. What nobody could tell is in neither list.
#[derive(Debug, Default)]
pub struct Probed {
    /// What the key may do.
    pub granted: Vec<&'static Permission>,
    /// What it may not.
    pub missing: Vec<&'static Permission>,
}

impl Probed {
    /// The titles of the missing permissions without which there are no payments.
    pub fn missing_required(&self) -> Vec<&'static str> {
        titles(&self.missing, |permission| permission.need == Required)
    }

    /// Whether the key may do this; `None` where nobody could tell.
    fn may(&self, scope: &str) -> Option<bool> {
        let has = |list: &[&Permission]| list.iter().any(|permission| permission.scope == scope);
        if has(&self.missing) {
            Some(false)
        } else {
            has(&self.granted).then_some(true)
        }
    }
}

fn titles(list: &[&'static Permission], wanted: impl Fn(&Permission) -> bool) -> Vec<&'static str> {
    list.iter()
        .filter(|permission| wanted(permission))
        .map(|permission| permission.title)
        .collect()
}

fn probed() -> impl Iterator<Item = (&'static Permission, Probe)> {
    PERMISSIONS
        .iter()
        .filter_map(|permission| Some((permission, permission.probe?)))
}

/// Whether a key is one that somebody chose permissions for.
pub fn is_restricted(secret_key: &SecretString) -> bool {
    secret_key.expose_secret().starts_with("rk_")
}

/// Asks Stripe for each permission, without any effect. A key that is not restricted may do everything and is not asked about.
pub async fn probe(client: &Client, secret_key: &SecretString) -> Probed {
    if !is_restricted(secret_key) {
        let granted = probed().map(|(permission, _)| permission).collect();
        return Probed {
            granted,
            missing: Vec::new(),
        };
    }
    let deadline = Instant::now() + WITHIN;
    let asking = probed().map(|(permission, probe)| ask(client, permission, probe, deadline));
    // Gathered first: a stream of a closure may not move between threads.
    let asking: Vec<_> = asking.collect();
    let answers: Vec<_> = stream::iter(asking).buffered(AT_ONCE).collect().await;
    let mut found = Probed::default();
    for (permission, answer) in answers {
        match answer {
            Ok(Ok(true)) => found.granted.push(permission),
            Ok(Ok(false)) => found.missing.push(permission),
            Ok(Err(error)) => {
                tracing::info!(scope = permission.scope, %error, "a permission could not be probed");
            }
            Err(_) => tracing::info!(
                scope = permission.scope,
                "a permission could not be probed in time"
            ),
        }
    }
    found
}

async fn ask(
    client: &Client,
    permission: &'static Permission,
    probe: Probe,
    deadline: Instant,
) -> (&'static Permission, Answer) {
    let answer = timeout_at(deadline, access::is_permitted(client, probe)).await;
    (permission, answer)
}

type Answer = Result<Result<bool, stripe_http::Error>, Elapsed>;

/// Probes a connection's key anew and brings its problems up to date: whether a missing permission was added, or one taken away.
pub async fn check_again(
    app: &App,
    store_id: StoreId,
    stripe: &StoreStripe,
) -> Result<Probed, ApiError> {
    let connection = &stripe.connection;
    let key = crate::sealing::open_secret_key(&app.vault, store_id, connection)?;
    let found = probe(&stripe.client, &key).await;
    let mut tx = app.db.begin().await?;
    let (mode, account_id) = (connection.mode, &connection.account_id);
    record(&mut tx, store_id, mode, account_id, &found, app.now()).await?;
    tx.commit().await?;
    Ok(found)
}

/// Opens and closes the problems that the probes tell about. Whether the webhook can be set up is told by the attempt.
pub(super) async fn record(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    found: &Probed,
    now: Timestamp,
) -> Result<(), ApiError> {
    let told_elsewhere = [EVENTS_SCOPE, WEBHOOK_SCOPE];
    let missing = titles(&found.missing, |one| !told_elsewhere.contains(&one.scope));
    let is_complete = found.granted.len() + found.missing.len() == probed().count();
    let lacks_some = if missing.is_empty() {
        is_complete.then_some(false)
    } else {
        Some(true)
    };
    let lacks_events = found.may(EVENTS_SCOPE).map(|may| !may);
    let missing = missing.join(SEPARATOR);
    for (problem, is_there, detail) in [
        (ConnectionProblem::PermissionsMissing, lacks_some, &*missing),
        (ConnectionProblem::EventsNotPermitted, lacks_events, EVENTS),
    ] {
        match is_there {
            Some(true) => {
                let detail = Some(detail);
                db::connection_problems::open(
                    conn, store_id, mode, account_id, problem, detail, now,
                )
                .await?;
            }
            Some(false) => {
                db::connection_problems::resolve(conn, store_id, mode, account_id, problem).await?;
            }
            None => {}
        }
    }
    Ok(())
}

/// Whether a connection's key is known to lack one of these permissions, by title.
pub async fn lacks_any(
    conn: &mut Conn,
    (store_id, mode, account_id): (StoreId, Mode, &str),
    titles: &[&str],
) -> Result<bool, ApiError> {
    let known = known_missing(conn, (store_id, mode, account_id)).await?;
    Ok(titles
        .iter()
        .any(|title| names(&known).any(|name| name == *title)))
}

/// Stripe has just refused something for want of this permission: told at once like what the probes find, which correct it.
pub async fn note_missing(app: &App, stripe: &StoreStripe, title: &str) -> Result<(), ApiError> {
    let (store_id, mode, account_id) = stripe.place();
    let key = crate::sealing::open_secret_key(&app.vault, store_id, &stripe.connection)?;
    if !is_restricted(&key) {
        // Nothing that could be added to it, and no probe would ever close the problem.
        return Ok(());
    }
    tracing::warn!(%store_id, %mode, account_id, title, "the store's restricted key lacks a permission");
    let mut tx = app.db.begin().await?;
    let known = known_missing(&mut tx, stripe.place()).await?;
    let others = names(&known).filter(|name| *name != title);
    let missing: Vec<&str> = others.chain([title]).collect();
    let (problem, detail) = (
        ConnectionProblem::PermissionsMissing,
        missing.join(SEPARATOR),
    );
    let (detail, now) = (Some(detail.as_str()), app.now());
    db::connection_problems::open(&mut tx, store_id, mode, account_id, problem, detail, now)
        .await?;
    Ok(tx.commit().await?)
}

/// The detail of a connection's open problem of permissions; empty where there is none.
async fn known_missing(
    conn: &mut Conn,
    (store_id, mode, account_id): (StoreId, Mode, &str),
) -> Result<String, ApiError> {
    let open = db::connection_problems::list(conn, store_id).await?;
    let found = open.into_iter().find(|one| {
        one.mode == mode
            && one.account_id == account_id
            && one.code == ConnectionProblem::PermissionsMissing.code()
    });
    Ok(found.and_then(|one| one.detail).unwrap_or_default())
}

/// The titles in the detail of a problem.
fn names(detail: &str) -> impl Iterator<Item = &str> {
    detail.split(SEPARATOR).filter(|name| !name.is_empty())
}

/// Stripe's page that makes a restricted key, with what we need chosen already. Stripe's Dashboard takes the names from the
/// address; where it does not, the form lists them.
pub fn create_key_url(mode: Mode) -> String {
    let base = match mode {
        Mode::Live => "https://dashboard.stripe.com/apikeys/create?",
        Mode::Test => "https://dashboard.stripe.com/test/apikeys/create?",
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("name", "Tillgate");
    for permission in PERMISSIONS.iter().filter(|one| one.is_needed_now()) {
        query.append_pair("permissions[]", &format!("rak_{}", permission.scope));
    }
    format!("{base}{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_names_what_is_needed_now_and_nothing_else() {
        let url = create_key_url(Mode::Test);
        assert!(url.starts_with(
            "https://dashboard.stripe.com/test/apikeys/create?name=Tillgate&permissions%5B%5D=rak_connected_account_read&"
        ));
        assert!(url.contains("rak_payment_intent_write") && url.contains("rak_webhook_write"));
        assert!(!url.contains("subscription"));
        assert!(
            create_key_url(Mode::Live).starts_with("https://dashboard.stripe.com/apikeys/create?")
        );
    }

    #[test]
    fn what_is_needed_now_can_be_probed() {
        for permission in &PERMISSIONS {
            assert_eq!(permission.probe.is_some(), permission.need != Subscriptions);
            let (_, access) = permission.title.rsplit_once(": ").unwrap();
            assert!(
                permission
                    .scope
                    .ends_with(&format!("_{}", access.to_lowercase()))
            );
        }
    }
}
