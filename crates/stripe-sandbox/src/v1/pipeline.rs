//! The path of every request to the API: key, log, fault, idempotency, parameters, handler, answer.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::config::API_VERSION;
use crate::faults::{self, FaultKind};
use crate::ids;
use crate::params::{self, Malformed, Params};
use crate::state::{LedgerKey, RequestRecord, Shared};
use crate::v1::idempotency::{Begun, Fingerprint, KeptAnswer};
use crate::v1::routes::Route;
use crate::v1::{Call, Caller, StripeError, auth, expand, routes};

/// A request as it came in.
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) authorization: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) stripe_version: Option<String>,
    pub(crate) stripe_account: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// The answer, and whether it reaches the caller.
pub(crate) struct Outgoing {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: OutgoingBody,
    pub(crate) ending: Ending,
}

pub(crate) enum OutgoingBody {
    Json(Value),
    /// What a broken proxy would send.
    Raw {
        content_type: &'static str,
        text: String,
    },
}

/// What becomes of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Sent,
    /// The connection is cut instead.
    Cut,
    /// Nothing comes until the caller gives up.
    Withheld,
}

/// A request that is under way.
struct Request {
    id: String,
    incoming: Incoming,
    owner: Option<(LedgerKey, Caller)>,
    key: Option<String>,
}

/// What a request has come to.
struct Answered {
    status: u16,
    body: Value,
    should_retry: Option<bool>,
    /// The request that was answered first, if this is a replay.
    replay_of: Option<String>,
}

/// Answers one request.
pub(crate) async fn answer(shared: &Arc<Shared>, incoming: Incoming) -> Outgoing {
    let key = auth::key_of(incoming.authorization.as_deref());
    let tree = decode(&incoming);
    let (request, fault) = {
        let mut world = shared.world();
        let owner = key.as_deref().and_then(|key| world.owner(key));
        let account = owner.as_ref().map(|(ledger, _)| ledger.account_id.clone());
        let fault = world
            .faults
            .take(&incoming.method, &incoming.path, account.as_deref());
        let request = Request {
            id: ids::request(),
            incoming,
            owner,
            key,
        };
        world
            .requests
            .add(record(&request, tree.as_ref().ok(), fault, shared.now()));
        (request, fault)
    };
    let answered = match fault.and_then(FaultKind::refusal) {
        Some(refusal) => Err(refusal),
        None if fault.is_some_and(FaultKind::cuts_before) => Err(faults::server_error()),
        None => run(shared, &request, tree, fault).await,
    };
    let answered = answered.unwrap_or_else(|error| refused(&request, error));
    let outgoing = ending(outgoing(&request, answered), fault);
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
    fault: Option<FaultKind>,
) -> Result<Answered, StripeError> {
    let incoming = &request.incoming;
    let Some((ledger, caller)) = &request.owner else {
        return Err(request
            .key
            .as_deref()
            .map_or_else(auth::no_key, auth::unknown_key));
    };
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
    let tree = tree.map_err(malformed)?;
    let key = incoming
        .idempotency_key
        .as_deref()
        .filter(|_| incoming.method == "POST");
    if let Some(key) = key {
        let fingerprint = Fingerprint {
            path: incoming.path.clone(),
            params: tree.clone(),
        };
        let begun = with_ledger(shared, ledger, |ledger| {
            ledger.idempotency.begin(key, &fingerprint, shared.now())
        })??;
        if let Begun::Replay(kept) = begun {
            return Ok(Answered {
                status: kept.status,
                body: kept.body,
                should_retry: kept.should_retry,
                replay_of: Some(kept.request_id),
            });
        }
    }
    if let Some(FaultKind::LatencyMs(latency_ms)) = fault {
        tokio::time::sleep(Duration::from_millis(latency_ms)).await;
    }
    let executed = execute(shared, request, (ledger, *caller), route, path_ids, tree);
    let keep = !matches!(&executed, Err(error) if error.before_execution());
    let answered = executed.unwrap_or_else(|error| refused(request, error));
    if let Some(key) = key {
        let kept = keep.then(|| KeptAnswer {
            status: answered.status,
            body: answered.body.clone(),
            should_retry: answered.should_retry,
            request_id: request.id.clone(),
        });
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
    let expansions = expansions(&mut tree)?;
    let params = params::validate(tree, route.params)?;
    let origin = shared.origin(
        Some(request.id.clone()),
        request.incoming.idempotency_key.clone(),
    );
    let (result, due) = with_ledger(shared, key, |ledger| {
        let path = request.incoming.path.clone();
        let mut call = Call {
            ledger,
            caller,
            params,
            ids: path_ids,
            origin,
            path,
        };
        let result = (route.handler)(&mut call).and_then(|mut object| {
            expand::expand(&mut object, &expansions, call.ledger)?;
            Ok(object)
        });
        (result, call.ledger.take_due())
    })?;
    shared.dispatch(due);
    let body = result.map_err(|error| hint_other_mode(shared, key, error))?;
    Ok(Answered {
        status: 200,
        body,
        should_retry: None,
        replay_of: None,
    })
}

/// `expand` is every endpoint's parameter.
fn expansions(tree: &mut Map<String, Value>) -> Result<Vec<String>, StripeError> {
    const EXPAND: &[params::Field] = &[params::Field::new(
        "expand",
        params::Kind::List(&params::Kind::Text),
    )];
    let mut only = Map::new();
    if let Some(value) = tree.shift_remove("expand") {
        only.insert("expand".to_owned(), value);
    }
    let params: Params = params::validate(only, EXPAND)?;
    Ok(params.texts("expand").unwrap_or_default())
}

/// Stripe says so where the same account has the object in its other mode.
fn hint_other_mode(shared: &Shared, key: &LedgerKey, error: StripeError) -> StripeError {
    if error.status != 404 {
        return error;
    }
    let message = error.field("message").unwrap_or_default().to_owned();
    let id = message.split('\'').nth(1).unwrap_or_default();
    let other = LedgerKey {
        account_id: key.account_id.clone(),
        livemode: !key.livemode,
    };
    let exists = shared
        .world()
        .ledgers
        .get(&other)
        .is_some_and(|ledger| ledger.object(id).is_some());
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
    work: impl FnOnce(&mut crate::state::Ledger) -> T,
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

fn refused(request: &Request, error: StripeError) -> Answered {
    let livemode = request
        .owner
        .as_ref()
        .is_some_and(|(ledger, _)| ledger.livemode);
    let (status, should_retry) = (error.status, error.should_retry);
    Answered {
        status,
        body: error.body(&request.id, livemode),
        should_retry,
        replay_of: None,
    }
}

fn outgoing(request: &Request, answered: Answered) -> Outgoing {
    let version = request
        .incoming
        .stripe_version
        .clone()
        .unwrap_or_else(|| API_VERSION.to_owned());
    let mut headers = vec![
        ("Request-Id", request.id.clone()),
        ("Stripe-Version", version),
    ];
    if let Some(key) = &request.incoming.idempotency_key {
        headers.push(("Idempotency-Key", key.clone()));
    }
    if let Some(original) = answered.replay_of {
        headers.push(("Idempotent-Replayed", "true".to_owned()));
        headers.push(("Original-Request", original));
    }
    if let Some(should_retry) = answered.should_retry {
        headers.push(("Stripe-Should-Retry", should_retry.to_string()));
    }
    if answered.status == 401 {
        headers.push(("WWW-Authenticate", "Bearer realm=\"Stripe\"".to_owned()));
    }
    let body = OutgoingBody::Json(answered.body);
    Outgoing {
        status: answered.status,
        headers,
        body,
        ending: Ending::Sent,
    }
}

/// Lets a fault change what the caller gets to see.
fn ending(mut outgoing: Outgoing, fault: Option<FaultKind>) -> Outgoing {
    match fault {
        Some(FaultKind::Reset | FaultKind::AfterEffectReset) => outgoing.ending = Ending::Cut,
        Some(FaultKind::AfterEffectTimeout) => outgoing.ending = Ending::Withheld,
        Some(FaultKind::AfterEffect500) => {
            outgoing.status = 500;
            outgoing.body = OutgoingBody::Json(faults::server_error().body("req_unknown", false));
        }
        Some(FaultKind::Html502) => {
            outgoing.status = 502;
            outgoing.body = OutgoingBody::Raw {
                content_type: "text/html",
                text: "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>".to_owned(),
            };
        }
        Some(FaultKind::Truncated) => {
            if let OutgoingBody::Json(body) = &outgoing.body {
                let whole = body.to_string();
                let text = whole.chars().take(whole.chars().count() / 2).collect();
                outgoing.body = OutgoingBody::Raw {
                    content_type: "application/json",
                    text,
                };
            }
        }
        _ => {}
    }
    outgoing
}

fn record(
    request: &Request,
    params: Option<&Map<String, Value>>,
    fault: Option<FaultKind>,
    now: i64,
) -> RequestRecord {
    let incoming = &request.incoming;
    RequestRecord {
        id: request.id.clone(),
        created: now,
        method: incoming.method.clone(),
        path: incoming.path.clone(),
        authorization: request.key.clone(),
        account: request
            .owner
            .as_ref()
            .map(|(ledger, _)| ledger.account_id.clone()),
        livemode: request.owner.as_ref().map(|(ledger, _)| ledger.livemode),
        idempotency_key: incoming.idempotency_key.clone(),
        stripe_version: incoming.stripe_version.clone(),
        user_agent: incoming.user_agent.clone(),
        params: params.map_or(Value::Null, |tree| Value::Object(tree.clone())),
        status: None,
        replayed: false,
        fault: fault.and_then(|kind| serde_json::to_value(kind).ok()),
    }
}
