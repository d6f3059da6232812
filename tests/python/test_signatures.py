"""The gateway accepts what Stripe's official SDK signs, and nothing else."""

import json
import time
import uuid

import pytest
import requests
import stripe

from connect_form import submit_form

SECRET = "whsec_FAKE_signed_by_the_official_sdk"


@pytest.fixture(scope="module")
def store(server):
    """The second store, connected through the form with a signing secret of our choosing."""
    second = next(store for store in server["stores"] if not store["connected"])
    answer = submit_form(second["connect_url"], second, SECRET)
    assert answer.status_code == 303, answer.text
    return second


def make_event():
    """As Stripe sends it: indented by two spaces."""
    event = {
        "id": f"evt_FAKE{uuid.uuid4().hex}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(time.time()),
        "livemode": False,
        "type": "payment_intent.succeeded",
        "data": {"object": {"id": "pi_FAKEelsewhere", "object": "payment_intent", "amount": 1250}},
    }
    return json.dumps(event, indent=2)


def sign(body, secret=SECRET, at=None):
    at = int(time.time()) if at is None else at
    return f"t={at},v1={stripe.WebhookSignature._compute_signature(f'{at}.{body}', secret)}"


def post(server, store, body, signature):
    url = f"{server['public_url']}/webhook/stripe/{store['id']}"
    headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
    return requests.post(url, data=body.encode(), headers=headers, timeout=10)


def test_what_the_sdk_signs_is_accepted(server, store):
    body = make_event()
    signature = sign(body)
    # The SDK believes it, too: so this is a signature, and not only what we take for one.
    assert stripe.Webhook.construct_event(body, signature, SECRET).type == "payment_intent.succeeded"
    for _ in range(2):
        answer = post(server, store, body, signature)
        assert (answer.status_code, answer.json()) == (200, {"received": True})


def test_a_signature_among_others_is_accepted(server, store):
    body = make_event()
    timestamp, good = sign(body).split(",")
    bad = sign(body, "whsec_FAKE_before_it_was_rolled").split(",")[1]
    for header in (f"{timestamp},{bad},{good}", f"{timestamp},{good},{bad}", f"{timestamp},v0=00,{good}"):
        stripe.Webhook.construct_event(body, header, SECRET)
        assert post(server, store, body, header).status_code == 200


@pytest.mark.parametrize("case", ["amount changed", "other secret", "too old", "in the future", "v0 only", "none"])
def test_what_the_sdk_would_refuse_is_refused(server, store, case):
    body = make_event()
    signature = {
        "amount changed": sign(body.replace("1250", "1")),
        "other secret": sign(body, "whsec_FAKE_of_somebody_else"),
        "too old": sign(body, at=int(time.time()) - 310),
        # Here we are stricter than the SDK.
        "in the future": sign(body, at=int(time.time()) + 310),
        "v0 only": sign(body).replace("v1=", "v0="),
        "none": "",
    }[case]
    if case != "in the future":
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, signature, SECRET)
    answer = post(server, store, body, signature)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "signature_invalid"
