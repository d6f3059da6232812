"""What holds for every endpoint: idempotency, retries, expansion, metadata, errors, versions."""

import time
import uuid

import pytest
import stripe

from harness.shop import raises

CARD = {"amount": 2000, "currency": "eur"}


def test_an_idempotency_key_replays_the_first_answer(shop):
    options = {"idempotency_key": str(uuid.uuid4())}
    first = shop.v1.payment_intents.create(CARD, options)
    second = shop.v1.payment_intents.create(CARD, options)
    assert first.id == second.id
    assert second.last_response.headers["idempotent-replayed"] == "true"
    assert second.last_response.headers["original-request"] == first.last_response.request_id
    other = raises(stripe.IdempotencyError, shop.v1.payment_intents.create, {**CARD, "amount": 2100}, options)
    assert (other.http_status, other.error.type) == (400, "idempotency_error")
    raises(stripe.IdempotencyError, shop.v1.customers.create, {"name": "Jenny"}, options)


def test_a_decline_is_replayed_too(shop):
    key = {"idempotency_key": str(uuid.uuid4())}
    card = {"confirm": True, "payment_method": "pm_card_visa_chargeDeclined",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
    errors = [raises(stripe.CardError, shop.v1.payment_intents.create, {**CARD, **card}, key) for _ in range(2)]
    assert errors[0].error.payment_intent.id == errors[1].error.payment_intent.id
    assert errors[1].headers["idempotent-replayed"] == "true"


@pytest.fixture
def fault(shop):
    """Adds a fault that the shop's next payment meets."""
    def add(kind):
        shop.control("POST", "/faults", {
            "account": shop.account["account_id"], "path_prefix": "/v1/payment_intents", "times": 1, "kind": kind})
    yield add
    shop.control("DELETE", "/faults")


@pytest.mark.parametrize("kind", ["500", "503", "html_502", "409", "reset", "after_effect_reset", "after_effect_500"])
def test_the_sdk_tries_again_with_the_same_key(shop, fault, kind):
    fault(kind)
    patient = shop.client_with(shop.account["secret_key"], max_network_retries=2)
    intent = patient.v1.payment_intents.create({
        **CARD, "confirm": True, "payment_method": "pm_card_visa",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}})
    assert intent.status == "succeeded"
    assert [one.id for one in shop.v1.payment_intents.list()] == [intent.id]
    assert len(shop.v1.charges.list().data) == 1
    sent = [one for one in shop.control("GET", "/requests")["requests"]
            if one["account"] == shop.account["account_id"] and (one["method"], one["path"]) == (
                "POST", "/v1/payment_intents")]
    assert len(sent) == 2
    assert sent[0]["idempotency_key"] and len({one["idempotency_key"] for one in sent}) == 1


def test_faults_are_the_errors_that_the_sdk_knows(shop, fault):
    for kind, error, status in [
        ("429", stripe.RateLimitError, 429), ("401", stripe.AuthenticationError, 401),
        ("403", stripe.PermissionError, 403), ("500", stripe.APIError, 500),
        ("reset", stripe.APIConnectionError, None),
    ]:
        fault(kind)
        assert raises(error, shop.v1.payment_intents.list).http_status == status
    fault("lock_timeout")
    assert raises(stripe.RateLimitError, shop.v1.payment_intents.list).error.code == "lock_timeout"


def test_errors_have_the_class_code_and_param_of_stripe(shop):
    create = shop.v1.payment_intents.create
    for params, code, param in [
        ({**CARD, "colour": "red"}, "parameter_unknown", "colour"),
        ({"currency": "eur"}, "parameter_missing", "amount"),
        ({**CARD, "amount": "many"}, "parameter_invalid_integer", "amount"),
        ({**CARD, "amount": 1}, "amount_too_small", "amount"),
        ({**CARD, "amount": 100_000_000}, "amount_too_large", "amount"),
        ({**CARD, "currency": "zzz"}, None, "currency"),
        ({**CARD, "customer": "cus_nobody"}, "resource_missing", "customer"),
        ({**CARD, "capture_method": "never"}, None, "capture_method"),
    ]:
        error = raises(stripe.InvalidRequestError, create, params)
        assert (error.http_status, error.code, error.param) == (400, code, param), params
        assert error.error.type == "invalid_request_error" and error.user_message
        assert error.request_id.startswith("req_")
    missing = raises(stripe.InvalidRequestError, shop.v1.payment_intents.retrieve, "pi_nothing")
    assert (missing.http_status, missing.code, missing.param) == (404, "resource_missing", "intent")
    nowhere = raises(stripe.InvalidRequestError, shop.client.raw_request, "get", "/v1/nothing")
    assert nowhere.http_status == 404 and "Unrecognized request URL" in str(nowhere)
    version = shop.client_with(shop.account["secret_key"])
    bad = raises(stripe.InvalidRequestError, version.v1.balance.retrieve, None, {"stripe_version": "yesterday"})
    assert "Invalid Stripe API version" in str(bad)


def test_what_is_expanded_is_the_whole_object(shop):
    paid = shop.paid()
    intents = shop.v1.payment_intents
    assert isinstance(intents.retrieve(paid.id).latest_charge, str)
    deep = intents.retrieve(paid.id, {"expand": ["latest_charge.payment_intent", "payment_method"]})
    assert deep.latest_charge.payment_intent.id == paid.id
    assert isinstance(deep.payment_method, stripe.PaymentMethod)
    listed = intents.list({"expand": ["data.latest_charge"]}).data[0]
    assert isinstance(listed.latest_charge, stripe.Charge)
    error = raises(stripe.InvalidRequestError, intents.retrieve, paid.id, {"expand": ["colour"]})
    assert "cannot be expanded" in str(error)


def test_metadata_is_merged_and_has_bounds(shop):
    customers = shop.v1.customers
    customer = customers.create({"metadata": {"a": "1", "b": "2"}})
    merged = customers.update(customer.id, {"metadata": {"b": "", "c": "3"}})
    assert merged.metadata.to_dict() == {"a": "1", "c": "3"}
    assert customers.update(customer.id, {"metadata": ""}).metadata.to_dict() == {}
    for metadata in ({"k" * 41: "v"}, {"k": "v" * 501}, {f"k{number}": "v" for number in range(51)}):
        raises(stripe.InvalidRequestError, customers.update, customer.id, {"metadata": metadata})


def test_an_event_that_came_late_or_forged_is_refused(shop):
    shop.v1.customers.create({"name": "Jenny"})
    shop.sandbox.settle()
    body, signature = shop.receiver.take()[0]
    secret = shop.endpoint.secret
    event = shop.client.construct_event(body, signature, secret)
    assert event.type == "customer.created" and body.startswith(b'{\n  "id": "evt_')
    refused = stripe.SignatureVerificationError
    raises(refused, stripe.Webhook.construct_event, body.replace(b"Jenny", b"Jimmy"), signature, secret)
    raises(refused, stripe.Webhook.construct_event, body, signature, "whsec_FAKE_of_another_endpoint")
    parts = dict(part.split("=", 1) for part in signature.split(","))
    assert list(parts) == ["t", "v1"] or set(parts) == {"t", "v1", "v0"}
    assert abs(int(parts["t"]) - time.time()) < 300 and len(parts["v1"]) == 64
