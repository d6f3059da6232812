//! A request that is under way: whose it is, and whether it may go on.

use serde_json::{Map, Value};

use crate::faults::{self, Asker, FaultKind, Meeting};
use crate::ids;
use crate::state::{ApiKey, LedgerKey, RequestRecord, Standing, World};
use crate::v1::permissions::Permissions;
use crate::v1::wire::{Answered, Incoming};
use crate::v1::{Caller, StripeError, auth};

/// A request with what is known of its key.
pub(super) struct Request {
    pub(super) id: String,
    pub(super) incoming: Incoming,
    pub(super) owner: Option<(LedgerKey, Caller)>,
    pub(super) key: Option<String>,
    /// What a restricted key may do.
    permissions: Option<Permissions>,
    refused: Option<Refused>,
}

/// Why nothing else is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refused {
    ExpiredKey,
    TooMany,
}

impl Request {
    /// Finds out whose request it is, and counts it.
    pub(super) fn arrive(
        world: &mut World,
        incoming: Incoming,
        key: Option<String>,
        now: i64,
    ) -> Self {
        let found = key.as_deref().and_then(|key| world.keys.get(key)).cloned();
        let refused = found.as_ref().and_then(|key| refuse(world, key, now));
        Self {
            id: ids::request(),
            incoming,
            owner: found.as_ref().map(|key| (key.ledger.clone(), key.caller)),
            key,
            permissions: found.and_then(|key| key.permissions),
            refused,
        }
    }

    pub(super) fn account(&self) -> Option<&str> {
        let (ledger, _) = self.owner.as_ref()?;
        Some(&ledger.account_id)
    }

    /// Refuses a key that works no longer, and what is too much.
    pub(super) fn check_door(&self) -> Result<(), StripeError> {
        match self.refused {
            Some(Refused::ExpiredKey) => Err(auth::expired_key(self.key_text())),
            Some(Refused::TooMany) => Err(faults::rate_limit()),
            None => Ok(()),
        }
    }

    /// Refuses what a restricted key may not do.
    pub(super) fn check_permission(&self) -> Result<(), StripeError> {
        let Some(permissions) = &self.permissions else {
            return Ok(());
        };
        match permissions.missing(&self.incoming.method, &self.incoming.path) {
            None => Ok(()),
            Some((title, name)) => Err(auth::not_permitted(
                self.key_text(),
                self.account().unwrap_or_default(),
                Some((&title, &name)),
            )),
        }
    }

    /// Refuses expansions of objects that a restricted key may not read.
    pub(super) fn check_reads(&self, objects: &[&str]) -> Result<(), StripeError> {
        let Some(permissions) = &self.permissions else {
            return Ok(());
        };
        let mut paths = objects.iter().map(|object| path_of(object));
        match paths.find_map(|path| permissions.missing("GET", &path)) {
            None => Ok(()),
            Some((title, name)) => Err(auth::not_permitted(
                self.key_text(),
                self.account().unwrap_or_default(),
                Some((&title, &name)),
            )),
        }
    }

    pub(super) fn is_publishable(&self) -> bool {
        matches!(&self.owner, Some((_, Caller::Publishable)))
    }

    /// The refusal of a fault, in Stripe's words for this request.
    pub(super) fn refusal(&self, kind: &FaultKind) -> Option<StripeError> {
        let (method, path) = (&self.incoming.method, &self.incoming.path);
        let missing = Permissions::default().missing(method, path);
        let asker = Asker {
            api_key: self.key_text(),
            account_id: self.account().unwrap_or_default(),
            idempotency_key: self.incoming.idempotency_key.as_deref(),
            permission: missing.as_ref().map(|(title, name)| (&**title, &**name)),
        };
        faults::refusal(kind, asker)
    }

    /// An error as the answer to this request.
    pub(super) fn refused(&self, error: StripeError) -> Answered {
        let livemode = self
            .owner
            .as_ref()
            .is_some_and(|(ledger, _)| ledger.livemode);
        let (status, should_retry) = (error.status, error.should_retry);
        Answered {
            status,
            body: error.body(&self.id, livemode),
            should_retry,
            replay_of: None,
        }
    }

    /// As it stands in the log before it is answered.
    pub(super) fn record(
        &self,
        params: Option<&Map<String, Value>>,
        meeting: &Meeting,
        now: i64,
    ) -> RequestRecord {
        let incoming = &self.incoming;
        RequestRecord {
            id: self.id.clone(),
            created: now,
            method: incoming.method.clone(),
            path: incoming.path.clone(),
            authorization: self.key.as_deref().map(|key| match self.owner {
                Some(_) => key.to_owned(),
                // Perhaps a real one, sent here by mistake.
                None => auth::redacted(key),
            }),
            account: self.account().map(str::to_owned),
            livemode: self.owner.as_ref().map(|(ledger, _)| ledger.livemode),
            idempotency_key: incoming.idempotency_key.clone(),
            stripe_version: incoming.stripe_version.clone(),
            user_agent: incoming.user_agent.clone(),
            params: params.map_or(Value::Null, |tree| Value::Object(tree.clone())),
            status: None,
            replayed: false,
            param_bytes: 0,
            faults: meeting.log.clone(),
        }
    }

    fn key_text(&self) -> &str {
        self.key.as_deref().unwrap_or_default()
    }
}

/// Where objects of a kind are read.
fn path_of(object: &str) -> String {
    match object {
        "test_helpers.test_clock" => "/v1/test_helpers/test_clocks".to_owned(),
        other => format!("/v1/{}s", other.replace('.', "/")),
    }
}

/// A key that works no longer, or an account that asks too often.
fn refuse(world: &mut World, key: &ApiKey, now: i64) -> Option<Refused> {
    let closed = world
        .ledgers
        .get(&key.ledger)
        .is_some_and(|ledger| ledger.standing == Standing::Closed);
    if closed || key.is_expired(now) {
        return Some(Refused::ExpiredKey);
    }
    (!world.limiter.admit(&key.ledger, now)).then_some(Refused::TooMany)
}
