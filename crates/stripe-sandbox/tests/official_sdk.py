"""Stripe's official Python SDK, unmodified, against a running sandbox.

    SANDBOX_URL=http://127.0.0.1:PORT SANDBOX_SECRET_KEY=sk_test_… python official_sdk.py

Needs `stripe==16.1.0`. SANDBOX_SECRET_KEY defaults to the key of `examples/serve.rs`. Exits with 0
and a line per check if everything holds; an exception ends it otherwise.
"""

import http.server
import json
import os
import queue
import threading
import uuid

import stripe

stripe.api_base = os.environ["SANDBOX_URL"]
stripe.api_key = os.environ.get("SANDBOX_SECRET_KEY", "sk_test_FAKE_sandbox_demo")
stripe.max_network_retries = 0

CARD = {
    "currency": "usd",
    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
}


def check(what, condition):
    assert condition, what
    print(f"ok  {what}")


def raises(error, call):
    try:
        call()
    except error as raised:
        return raised
    raise AssertionError(f"{error.__name__} was not raised")


def account():
    own = stripe.Account.retrieve()
    check("account has an id and can charge", own.id.startswith("acct_") and own.charges_enabled)
    balance = stripe.Balance.retrieve()
    check("balance is parsed", balance.pending[0].currency == own.default_currency)
    stranger = raises(stripe.AuthenticationError, lambda: stripe.Account.retrieve(api_key="sk_test_FAKE_nobody"))
    check("an unknown key is AuthenticationError 401", stranger.http_status == 401)


def automatic():
    intent = stripe.PaymentIntent.create(amount=4999, metadata={"order": "1", "note": "ü & ="}, **CARD)
    check("create waits for a payment method", intent.status == "requires_payment_method")
    check("metadata survives the encoding", intent.metadata["note"] == "ü & =")
    changed = stripe.PaymentIntent.modify(intent.id, amount=5000, metadata={"order": "", "more": "2"})
    check("update merges metadata", changed.amount == 5000 and "order" not in changed.metadata and changed.metadata["more"] == "2")
    paid = stripe.PaymentIntent.confirm(intent.id, payment_method="pm_card_visa")
    check("confirm succeeds", paid.status == "succeeded" and paid.amount_received == 5000)
    read = stripe.PaymentIntent.retrieve(intent.id, expand=["latest_charge", "payment_method"])
    check("expand gives typed objects", isinstance(read.latest_charge, stripe.Charge) and read.payment_method.card.last4 == "4242")
    again = raises(stripe.InvalidRequestError, lambda: stripe.PaymentIntent.confirm(intent.id))
    check("confirming twice is payment_intent_unexpected_state", again.code == "payment_intent_unexpected_state")
    check("the error holds the PaymentIntent", again.error.payment_intent.id == intent.id)


def manual():
    held = stripe.PaymentIntent.create(amount=3000, capture_method="manual", confirm=True, payment_method="pm_card_visa", **CARD)
    check("manual capture holds", held.status == "requires_capture" and held.amount_capturable == 3000)
    taken = stripe.PaymentIntent.capture(held.id, amount_to_capture=2000)
    check("partial capture takes a part", taken.status == "succeeded" and taken.amount_received == 2000)
    held = stripe.PaymentIntent.create(amount=3000, capture_method="manual", confirm=True, payment_method="pm_card_visa", **CARD)
    gone = stripe.PaymentIntent.cancel(held.id, cancellation_reason="requested_by_customer")
    check("cancel releases", gone.status == "canceled" and gone.cancellation_reason == "requested_by_customer")
    late = raises(stripe.InvalidRequestError, lambda: stripe.PaymentIntent.capture(held.id))
    check("a canceled payment cannot be captured", late.code == "payment_intent_unexpected_state")


def declines():
    expected = {
        "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline"),
        "pm_card_visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
        "pm_card_visa_chargeDeclinedLostCard": ("card_declined", "lost_card"),
        "pm_card_chargeDeclinedExpiredCard": ("expired_card", "expired_card"),
        "pm_card_chargeDeclinedIncorrectCvc": ("incorrect_cvc", "incorrect_cvc"),
        "pm_card_chargeDeclinedProcessingError": ("processing_error", "processing_error"),
        "pm_card_radarBlock": ("card_declined", "fraudulent"),
    }
    for name, (code, decline_code) in expected.items():
        error = raises(stripe.CardError, lambda: stripe.PaymentIntent.create(amount=1000, confirm=True, payment_method=name, **CARD))
        check(f"{name} is {code}/{decline_code}", (error.code, error.error.decline_code, error.http_status) == (code, decline_code, 402))
        check("  and the payment stays payable", error.error.payment_intent.status == "requires_payment_method")
    asks = stripe.PaymentIntent.create(amount=1000, confirm=True, payment_method="pm_card_authenticationRequired", **CARD)
    check("3-D Secure asks for action", asks.status == "requires_action" and asks.next_action.type == "use_stripe_sdk")
    absent = raises(stripe.CardError, lambda: stripe.PaymentIntent.create(
        amount=1000, confirm=True, off_session=True, payment_method="pm_card_authenticationRequired", **CARD))
    check("off session it is authentication_required", absent.code == "authentication_required")


def refusals():
    unknown = raises(stripe.InvalidRequestError, lambda: stripe.PaymentIntent.create(amount=1000, colour="red", **CARD))
    check("unknown parameters are refused", (unknown.code, unknown.param) == ("parameter_unknown", "colour"))
    small = raises(stripe.InvalidRequestError, lambda: stripe.PaymentIntent.create(amount=1, **CARD))
    check("small amounts are refused", (small.code, small.param) == ("amount_too_small", "amount"))
    missing = raises(stripe.InvalidRequestError, lambda: stripe.PaymentIntent.retrieve("pi_nothing"))
    check("unknown ids are resource_missing", (missing.code, missing.http_status) == ("resource_missing", 404))
    key = str(uuid.uuid4())
    first = stripe.PaymentIntent.create(amount=1000, idempotency_key=key, **CARD)
    second = stripe.PaymentIntent.create(amount=1000, idempotency_key=key, **CARD)
    check("an idempotency key replays", first.id == second.id)
    check("and says so", second.last_response.headers["idempotent-replayed"] == "true")
    other = raises(stripe.IdempotencyError, lambda: stripe.PaymentIntent.create(amount=2000, idempotency_key=key, **CARD))
    check("with other parameters it is IdempotencyError 400", other.http_status == 400)


def paging():
    made = {stripe.PaymentIntent.create(amount=1000 + number, **CARD).id for number in range(25)}
    seen = [intent.id for intent in stripe.PaymentIntent.list(limit=10).auto_paging_iter()]
    check("auto paging sees each object once", made <= set(seen) and len(seen) == len(set(seen)))


def setup():
    intent = stripe.SetupIntent.create(usage="off_session")
    check("a SetupIntent is made", stripe.SetupIntent.retrieve(intent.id).client_secret == intent.client_secret)
    check("and canceled", stripe.SetupIntent.cancel(intent.id).status == "canceled")


def webhook():
    received = queue.Queue()

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.put((body, self.headers["Stripe-Signature"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = stripe.WebhookEndpoint.create(
        url=f"http://127.0.0.1:{server.server_port}/hook", enabled_events=["payment_intent.succeeded"])
    check("the signing secret is shown once", endpoint.secret.startswith("whsec_")
          and "secret" not in stripe.WebhookEndpoint.retrieve(endpoint.id))
    paid = stripe.PaymentIntent.create(amount=1000, confirm=True, payment_method="pm_card_visa", **CARD)
    body, signature = received.get(timeout=10)
    event = stripe.Webhook.construct_event(body, signature, endpoint.secret)
    check("construct_event accepts the delivery", event.type == "payment_intent.succeeded" and event.data.object.id == paid.id)
    check("the body is indented by two spaces", body.startswith(b'{\n  "id": "evt_') and json.loads(body)["livemode"] is False)
    forged = body.replace(b'"amount": 1000', b'"amount": 9000')
    raises(stripe.SignatureVerificationError, lambda: stripe.Webhook.construct_event(forged, signature, endpoint.secret))
    check("the event can be read", stripe.Event.retrieve(event.id).data.object.id == paid.id)
    changed = stripe.WebhookEndpoint.modify(endpoint.id, disabled=True)
    check("an endpoint can be disabled", changed.status == "disabled")
    check("and deleted", stripe.WebhookEndpoint.delete(endpoint.id).deleted)
    server.shutdown()


for part in (account, automatic, manual, declines, refusals, paging, setup, webhook):
    part()
print("all checks passed")
