//! The path of every request to the API: key, log, fault, idempotency, parameters, handler, answer.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::faults::{self, FaultKind, Meeting};
use crate::params::{self, Malformed};
use crate::spec::{self, Endpoint};
use crate::state::{Ledger, LedgerKey, Shared};
use crate::v1::idempotency::{Begun, Fingerprint, KeptAnswer};
use crate::v1::request::Request;
use crate::v1::routes::Route;
use crate::v1::wire::{Answered, Ending, Incoming, Outgoing};
use crate::v1::{Call, Caller, StripeError, auth, expand, routes};

/// Answers one request.
pub(crate) async fn answer(shared: &Arc<Shared>, incoming: Incoming) -> Outgoing {
    let key = auth::key_of(incoming.authorization.as_deref());
    let tree = decode(&incoming);
    let (request, meeting) = {
        let mut world = shared.world();
        let request = Request::arrive(&mut world, incoming, key, shared.now());
        let seed = world.seed;
        let meeting = world.faults.meet(
            seed,
            &request.incoming.method,
            &request.incoming.path,
            request.account(),
        );
        let record = request.record(tree.as_ref().ok(), &meeting, shared.now());
        world.requests.add(record);
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
    shared.world().requests.amend(&request.id, |record| {
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
        let fingerprint = Fingerprint::new(&incoming.path, &tree);
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
    Ok(answered)
}

/// Validates and runs the handler under the lock, then lets the events go.
fn execute(
    shared: &Shared,
    request: &Request,
    (key, caller): (&LedgerKey, Caller),
    route: &Route,
    path_ids: Vec<String>,
    mut tree: Map<String, Value>,
) -> Result<Answered, StripeError> {
    let endpoint = route.endpoint();
    let expansions = expansions(&mut tree, endpoint)?;
    let params = params::validate(
        tree,
        endpoint.accepts(request.incoming.stripe_version.as_deref()),
    )?;
    let origin = shared.origin(
        Some(request.id.clone()),
        request.incoming.idempotency_key.clone(),
    );
    let (result, due) = with_ledger(shared, key, |ledger| {
        let origin = ledger.catch_up(origin);
        let path = request.incoming.path.clone();
        let mut call = Call {
            ledger,
            caller,
            params,
            ids: path_ids,
            origin,
            path,
        };
        let mut result = (route.handler)(&mut call);
        if let Ok(object) = &mut result {
            expand::expand(object, &expansions, endpoint, call.ledger);
        }
        (result, call.ledger.take_due())
    })?;
    shared.dispatch(due);
    let body = result
        .map_err(|error| blame_parameter(error, &request.incoming.path))
        .map_err(|error| hint_other_mode(shared, key, error))?;
    Ok(Answered {
        status: 200,
        body,
        should_retry: None,
        replay_of: None,
    })
}

/// `expand` is every endpoint's parameter.
fn expansions(
    tree: &mut Map<String, Value>,
    endpoint: &Endpoint,
) -> Result<Vec<String>, StripeError> {
    let paths = match tree.shift_remove("expand") {
        None => return Ok(Vec::new()),
        Some(Value::Object(paths)) => paths,
        Some(_) => return Err(StripeError::invalid("Invalid array").param("expand")),
    };
    let paths: Vec<String> = paths
        .values()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    expand::check(&paths, endpoint)?;
    Ok(paths)
}

/// An object that is not there is a 404 only where the path names it: an id in a parameter is a wrong
/// parameter.
fn blame_parameter(mut error: StripeError, path: &str) -> StripeError {
    let missing = error.field("code") == Some("resource_missing");
    if missing && !path.split('/').any(|part| part == missing_id(&error)) {
        error.status = 400;
    }
    error
}

/// The id in "No such charge: 'ch_…'".
fn missing_id(error: &StripeError) -> &str {
    let message = error.field("message").unwrap_or_default();
    message.split('\'').nth(1).unwrap_or_default()
}

/// Stripe says so where the same account has the object in its other mode.
fn hint_other_mode(shared: &Shared, key: &LedgerKey, error: StripeError) -> StripeError {
    if error.field("code") != Some("resource_missing") {
        return error;
    }
    let message = error.field("message").unwrap_or_default().to_owned();
    let id = missing_id(&error);
    let other = LedgerKey {
        account_id: key.account_id.clone(),
        livemode: !key.livemode,
    };
    let exists = shared
        .world()
        .ledgers
        .get(&other)
        .is_some_and(|ledger| ledger.holds(id));
    if !exists {
        return error;
    }
    let (there, here) = if key.livemode {
        ("test", "live")
    } else {
        ("live", "test")
    };
    error.with(
        "message",
        format!("{message}; a similar object exists in {there} mode, but a {here} mode key was used to make this request."),
    )
}

fn with_ledger<T>(
    shared: &Shared,
    key: &LedgerKey,
    work: impl FnOnce(&mut Ledger) -> T,
) -> Result<T, StripeError> {
    shared
        .world()
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
