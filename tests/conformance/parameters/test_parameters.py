"""Each parameter alone, some together, and values that nobody should send."""

import random

import pytest

from harness import spec
from harness.kept import keep
from parameters import values
from parameters.bases import path_of, requests_of
from parameters.explore import explore, is_there, put, send
from parameters.requests import Api
from parameters.things import Things

SEED = 20261121
ENDPOINTS = list(spec.endpoints())
# The long form tries everything; the short one so many of each endpoint's parameters.
SHORT = {"alone": 4, "together": 2, "hostile": 6}
LONG = {"alone": None, "together": 12, "hostile": 120}


@pytest.fixture(scope="module")
def how_many(pytestconfig):
    return LONG if pytestconfig.getoption("--long") else SHORT


@pytest.fixture(scope="module")
def outcomes(pytestconfig):
    """Endpoint → parameter → what became of it; kept for the coverage report."""
    outcomes = {}
    yield outcomes
    if pytestconfig.getoption("--long"):
        keep("parameters", outcomes)


# What the sandbox does not have, as docs/sandbox-coverage.md says; it is answered as at Stripe.
ABSENT = {
    "GET /v1/accounts/{id}",
    "DELETE /v1/customers/{id}/discount",
    "DELETE /v1/subscriptions/{id}/discount",
}


@pytest.fixture
def things(sandbox):
    account = sandbox.account()
    things = Things(Api(sandbox.url, account["secret_key"]))
    things.account_id = account["account_id"]
    return things


def api_of(things):
    return things._api  # noqa: SLF001 (the fixture's own)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.name)
def test_parameters_are_taken_or_refused_as_stripe_does(endpoint, things, outcomes, how_many):
    api, dice = api_of(things), random.Random(f"{SEED} {endpoint.name}")
    assert is_there(api, endpoint) == (endpoint.name not in ABSENT)
    if endpoint.name in ABSENT:
        return
    leaves = list(spec.leaves(endpoint.fields))
    alone = leaves if how_many["alone"] is None else dice.sample(leaves, min(len(leaves), how_many["alone"]))
    found = outcomes.setdefault(endpoint.name, {})
    for leaf in alone:
        outcome = explore(api, things, endpoint, leaf, all_choices=how_many is LONG)
        merge(found.setdefault(leaf.name, {}), outcome)
    for _ in range(how_many["together"] if leaves else 0):
        params = requests_of(endpoint, things)[0](things)
        for leaf in dice.sample(leaves, dice.randint(1, min(len(leaves), 9))):
            name = next(part for part in reversed(leaf.path) if part not in ("0", "*"))
            put(params, leaf.path, values.fitting(name, leaf.kind, things))
        send(api, things, endpoint, params)
    for _ in range(how_many["hostile"]):
        params = requests_of(endpoint, things)[0](things)
        leaf = dice.choice(leaves) if leaves and dice.random() < 0.9 else None
        if leaf:
            put(params, leaf.path, dice.choice(values.HOSTILE))
        else:
            params[dice.choice(["colour", "a[b", "]", "ünknown", "__proto__", "x" * 300])] = dice.choice(values.HOSTILE)
        api(endpoint.method, path_of(endpoint, things), params)


def merge(known, outcome):
    """Where a name stands for several kinds of value, one that is taken counts."""
    known["accepted"] = known.get("accepted", False) or outcome.accepted
    if outcome.reflected is not None:
        known["reflected"] = known.get("reflected", True) and outcome.reflected
    if not known["accepted"]:
        known["refusal"] = outcome.refusal
    else:
        known.pop("refusal", None)
