//! Running a request that may run: parameters, handler, expansions, events.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Map, Value};

use crate::faults;
use crate::params;
use crate::spec::Endpoint;
use crate::state::{LedgerKey, Shared};
use crate::v1::pipeline::with_ledger;
use crate::v1::request::Request;
use crate::v1::routes::Route;
use crate::v1::wire::Answered;
use crate::v1::{Call, Caller, StripeError, expand, metadata_limit};

/// Validates and runs the handler under the lock, then lets the events go.
pub(super) fn execute(
    shared: &Shared,
    request: &Request,
    (key, caller): (&LedgerKey, Caller),
    route: &Route,
    path_ids: Vec<String>,
    mut tree: Map<String, Value>,
) -> Result<Answered, StripeError> {
    let endpoint = route.endpoint();
    let expansions = expansions(request, &mut tree, endpoint)?;
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
        let before = ledger.events.len();
        let path = request.incoming.path.clone();
        let mut call = Call {
            ledger,
            caller,
            params,
            ids: path_ids,
            origin,
            path,
        };
        let result = handle(&mut call, route, &expansions);
        let acted = call.ledger.events.len() > before;
        let result = result.map_err(|error| if acted { error.acted() } else { error });
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

/// A handler that panics is a defect of the sandbox's: it is answered as Stripe answers its own, and
/// neither the caller nor the idempotency key waits for ever.
fn handle(call: &mut Call<'_>, route: &Route, expansions: &[String]) -> Result<Value, StripeError> {
    let handled = catch_unwind(AssertUnwindSafe(|| {
        metadata_limit::check(call, route.endpoint())?;
        let mut object = (route.handler)(call)?;
        expand::expand(&mut object, expansions, route.endpoint(), call.ledger);
        Ok(object)
    }));
    handled.unwrap_or_else(|_| {
        tracing::error!(
            method = route.method,
            path = route.path,
            "the sandbox has a defect: a request was not finished"
        );
        Err(faults::server_error())
    })
}

/// `expand` is every endpoint's parameter.
fn expansions(
    request: &Request,
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
    let read = expand::check(&paths, endpoint)?;
    if request.is_publishable() {
        // The shopper may see the card, and nothing that is the merchant's business.
        if let Some(path) = paths.iter().find(|path| *path != "payment_method") {
            return Err(expand::refuse(path));
        }
    }
    request.check_reads(&read)?;
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
        .world_unseen()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AccountSpec;
    use crate::params::Params;
    use crate::state::Ledger;
    use crate::v1::Origin;

    #[test]
    fn a_defect_is_answered_as_stripe_answers_its_own() {
        let spec = AccountSpec {
            account_id: "acct_1".to_owned(),
            publishable_key: "pk_test_FAKE".to_owned(),
            secret_key: "sk_test_FAKE".to_owned(),
            country: "DE".to_owned(),
            default_currency: "eur".to_owned(),
            business_name: "Shop".to_owned(),
        };
        let mut ledger = Ledger::new(spec, false, 0);
        let mut call = Call {
            ledger: &mut ledger,
            caller: Caller::Secret,
            params: Params::default(),
            ids: Vec::new(),
            origin: Origin::of_itself(0),
            path: "/v1/balance".to_owned(),
        };
        let route = Route {
            handler: |_| panic!("a defect"),
            ..*crate::v1::routes::find("GET", "/v1/balance").unwrap().0
        };
        let answer = handle(&mut call, &route, &[]).unwrap_err();
        assert_eq!((answer.status, answer.before_execution()), (500, false));
    }
}
