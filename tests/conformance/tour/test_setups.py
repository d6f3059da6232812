"""Cards that are set up for later."""

import stripe

from harness.shop import raises

NO_REDIRECTS = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}


def test_a_card_is_set_up_for_later(shop):
    setups, customer = shop.v1.setup_intents, shop.v1.customers.create({"name": "Jenny"})
    made = setups.create({"customer": customer.id, "usage": "off_session", "description": "For later",
                          "metadata": {"a": "1"}, **NO_REDIRECTS})
    assert (made.status, made.client_secret.startswith(f"{made.id}_secret_")) == ("requires_payment_method", True)
    changed = setups.update(made.id, {"description": "For the club", "metadata": {"a": "", "b": "2"}})
    assert (changed.description, changed.metadata.to_dict()) == ("For the club", {"b": "2"})
    done = setups.confirm(made.id, {"payment_method": "pm_card_visa"})
    assert done.status == "succeeded"
    read = setups.retrieve(made.id, {"expand": ["payment_method", "latest_attempt"]})
    assert read.payment_method.customer == customer.id and read.latest_attempt.status == "succeeded"
    attempts = shop.v1.setup_attempts.list({"setup_intent": made.id})
    assert [one.status for one in attempts] == ["succeeded"]
    assert [one.id for one in setups.list({"customer": customer.id})] == [made.id]
    raises(stripe.InvalidRequestError, setups.cancel, made.id)
    other = setups.cancel(setups.create({}).id, {"cancellation_reason": "abandoned"})
    assert (other.status, other.cancellation_reason) == ("canceled", "abandoned")
    assert {"setup_intent.created", "setup_intent.succeeded", "setup_intent.canceled",
            "payment_method.attached"} <= set(shop.event_types())


def test_a_set_up_is_declined_or_asks_for_the_owner(shop):
    setups = shop.v1.setup_intents
    error = raises(stripe.CardError, setups.create, {
        "confirm": True, "payment_method": "pm_card_visa_chargeDeclined", **NO_REDIRECTS})
    assert error.code == "card_declined"
    failed = setups.retrieve(error.error.setup_intent.id)
    assert failed.last_setup_error.code == "card_declined"
    asks = setups.create({"confirm": True, "payment_method": "pm_card_authenticationRequired", **NO_REDIRECTS})
    assert (asks.status, asks.next_action.type) == ("requires_action", "use_stripe_sdk")
    assert {"setup_intent.setup_failed", "setup_intent.requires_action"} <= set(shop.event_types())
