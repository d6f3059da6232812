//! The path of every request to the API: key, log, fault, idempotency, parameters, handler, answer.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::faults::{self, FaultKind, Meeting};
use crate::params::{self, Malformed};
use crate::spec;
use crate::state::{Ledger, LedgerKey, Shared};
use crate::v1::execute::execute;
use crate::v1::idempotency::{Begun, Fingerprint, KeptAnswer};
use crate::v1::request::Request;
use crate::v1::wire::{Answered, Ending, Incoming, Outgoing};
use crate::v1::{Caller, StripeError, auth, routes};

/// Answers one request.
pub(crate) async fn answer(shared: &Arc<Shared>, incoming: Incoming) -> Outgoing {
    let key = auth::key_of(incoming.authorization.as_deref());
    let tree = decode(&incoming);
    let (request, meeting) = {
        let mut world = shared.world_unseen();
        let request = Request::arrive(&mut world, incoming, key, shared.now());
        let seed = world.seed;
        let meeting = world.faults.meet(
            seed,
            &request.incoming.method,
            &request.incoming.path,
            request.account(),
        );
        let record = request.record(tree.as_ref().ok(), &meeting, shared.now());
        let bytes = request.incoming.query.len() + request.incoming.body.len();
        world.requests.add(record, bytes);
        (request, meeting)
    };
    let refusal = meeting.kind.as_ref().and_then(|kind| request.refusal(kind));
    let cut = meeting.kind.as_ref().is_some_and(FaultKind::cuts_before);
    let answered = if refusal.is_some() || cut {
        tokio::time::sleep(meeting.latency).await;
        Err(refusal.unwrap_or_else(faults::server_error))
    } else {
        run(shared, &request, tree, &meeting).await
    };
    let mut answered = answered.unwrap_or_else(|error| request.refused(error));
    // What a publishable key sees is less than the object, and stays so.
    if matches!(&request.owner, Some((_, Caller::Secret))) {
        spec::complete(&mut answered.body);
    }
    let outgoing = Outgoing::new(&request.id, &request.incoming, answered).after(meeting);
    shared.world_unseen().requests.amend(&request.id, |record| {
        record.status = (outgoing.ending == Ending::Sent).then_some(outgoing.status);
        record.replayed = outgoing
            .headers
            .iter()
            .any(|(name, _)| *name == "Idempotent-Replayed");
    });
    outgoing
}

/// Query and body are one set of parameters, as at Stripe.
fn decode(incoming: &Incoming) -> Result<Map<String, Value>, Malformed> {
    let mut tree = params::parse(incoming.query.as_bytes())?;
    for (name, value) in params::parse(&incoming.body)? {
        tree.insert(name, value);
    }
    Ok(tree)
}

async fn run(
    shared: &Arc<Shared>,
    request: &Request,
    tree: Result<Map<String, Value>, Malformed>,
    meeting: &Meeting,
) -> Result<Answered, StripeError> {
    let incoming = &request.incoming;
    let Some((ledger, caller)) = &request.owner else {
        return Err(request
            .key
            .as_deref()
            .map_or_else(auth::no_key, auth::unknown_key));
    };
    request.check_door()?;
    if let Some(account) = incoming
        .stripe_account
        .as_deref()
        .filter(|id| *id != ledger.account_id)
    {
        return Err(auth::foreign_account(
            request.key.as_deref().unwrap_or_default(),
            account,
        ));
    }
    check_version(incoming.stripe_version.as_deref())?;
    let Some((route, path_ids)) = routes::find(&incoming.method, &incoming.path) else {
        return Err(routes::unrecognized(&incoming.method, &incoming.path));
    };
    auth::check_kind(*caller, route.publishable_allowed)?;
    request.check_permission()?;
    if with_ledger(shared, ledger, |ledger| {
        ledger.standing.forbids(ledger.livemode, route)
    })? {
        return Err(auth::cannot_charge());
    }
    let tree = tree.map_err(malformed)?;
    let key = incoming
        .idempotency_key
        .as_deref()
        .filter(|_| incoming.method == "POST");
    if let Some(key) = key {
        let fingerprint = Fingerprint::new(*caller, &incoming.path, &tree);
        let begun = with_ledger(shared, ledger, |ledger| {
            ledger.idempotency.begin(key, &fingerprint, shared.now())
        })??;
        if let Begun::Replay(kept) = begun {
            return Ok(Answered {
                status: kept.status,
                body: serde_json::from_str(&kept.body).unwrap_or_default(),
                should_retry: kept.should_retry,
                replay_of: Some(kept.request_id),
            });
        }
    }
    tokio::time::sleep(meeting.latency).await;
    let owner = (ledger, *caller);
    let executed = match meeting.kind {
        Some(FaultKind::ServerErrorKept) => Err(faults::server_error().retry(false)),
        Some(FaultKind::AfterEffect500Kept) => {
            execute(shared, request, owner, route, path_ids, tree)
                .and_then(|_| Err(faults::server_error().retry(false)))
        }
        _ => execute(shared, request, owner, route, path_ids, tree),
    };
    let keep = !matches!(&executed, Err(error) if error.before_execution());
    let answered = executed.unwrap_or_else(|error| request.refused(error));
    if let Some(key) = key {
        let kept = keep.then(|| KeptAnswer::new(&answered, *caller, &request.id));
        with_ledger(shared, ledger, |ledger| {
            ledger.idempotency.finish(key, kept);
        })?;
    }
    if incoming.method != "GET" {
        shared.touch();
    }
    Ok(answered)
}

pub(super) fn with_ledger<T>(
    shared: &Shared,
    key: &LedgerKey,
    work: impl FnOnce(&mut Ledger) -> T,
) -> Result<T, StripeError> {
    shared
        .world_unseen()
        .ledgers
        .get_mut(key)
        .map(work)
        .ok_or_else(faults::server_error)
}

fn check_version(version: Option<&str>) -> Result<(), StripeError> {
    let Some(version) = version else {
        return Ok(());
    };
    let date = version.split('.').next().unwrap_or_default();
    if date.parse::<jiff::civil::Date>().is_ok() {
        return Ok(());
    }
    Err(StripeError::invalid(format!(
        "Invalid Stripe API version: {version}"
    )))
}

fn malformed(problem: Malformed) -> StripeError {
    match problem {
        Malformed::TooManyParameters => StripeError::invalid("Too many parameters"),
        Malformed::Name(name) => {
            StripeError::invalid(format!("Invalid parameter name: {name}")).param(&name)
        }
        Malformed::Conflict(name) => StripeError::invalid(format!(
            "Parameter {name} was given both as a value and as a hash"
        ))
        .param(&name),
        Malformed::NotUtf8 => StripeError::invalid("Invalid request: the parameters are not UTF-8"),
    }
}
