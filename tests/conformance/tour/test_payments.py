"""A payment's life: made, changed, confirmed, held, captured, canceled, declined."""

import pytest
import stripe

from harness.shop import raises

CARD = {"currency": "eur", "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}


def test_a_payment_is_made_changed_and_paid(shop):
    intents = shop.v1.payment_intents
    intent = intents.create({"amount": 4999, "metadata": {"order": "1", "note": "ü & =", "gone": "x"}, **CARD})
    assert intent.status == "requires_payment_method"
    assert intent.metadata["note"] == "ü & ="
    changed = intents.update(intent.id, {"amount": 5000, "metadata": {"gone": "", "more": "2"}, "description": "Beans"})
    assert changed.metadata.to_dict() == {"order": "1", "note": "ü & =", "more": "2"}
    paid = intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.amount_received) == ("succeeded", 5000)
    read = intents.retrieve(intent.id, {"expand": ["latest_charge", "payment_method"]})
    assert read.latest_charge.paid and read.latest_charge.amount == 5000
    assert read.payment_method.card.last4 == "4242"
    charge = shop.v1.charges.retrieve(read.latest_charge.id)
    assert charge.payment_intent == intent.id and charge.outcome.type == "authorized"
    assert [one.id for one in shop.v1.charges.list({"payment_intent": intent.id})] == [charge.id]
    again = raises(stripe.InvalidRequestError, intents.confirm, intent.id)
    assert (again.code, again.error.payment_intent.id) == ("payment_intent_unexpected_state", intent.id)
    assert shop.event_types()[0] == "payment_intent.created"
    assert {"charge.succeeded", "payment_intent.succeeded"} <= set(shop.event_types())


def test_a_held_payment_is_captured_in_part_or_let_go(shop):
    hold = {"capture_method": "manual"}
    held = shop.paid(3000, **hold)
    assert (held.status, held.amount_capturable) == ("requires_capture", 3000)
    charge = shop.v1.charges.retrieve(held.latest_charge)
    assert not charge.captured and charge.payment_method_details.card.capture_before > charge.created
    taken = shop.v1.payment_intents.capture(held.id, {"amount_to_capture": 2000})
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 2000, 0)
    held = shop.paid(3000, **hold)
    gone = shop.v1.payment_intents.cancel(held.id, {"cancellation_reason": "requested_by_customer"})
    assert (gone.status, gone.cancellation_reason) == ("canceled", "requested_by_customer")
    late = raises(stripe.InvalidRequestError, shop.v1.payment_intents.capture, held.id)
    assert late.code == "payment_intent_unexpected_state"
    assert {"payment_intent.amount_capturable_updated", "charge.captured", "payment_intent.canceled"} <= set(
        shop.event_types())


@pytest.mark.parametrize("card, code, decline_code", [
    ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
    ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ("pm_card_radarBlock", "card_declined", "fraudulent"),
])
def test_a_card_is_declined_as_stripe_declines_it(shop, card, code, decline_code):
    error = raises(stripe.CardError, shop.paid, 1000, card=card)
    assert (error.http_status, error.code, error.error.decline_code) == (402, code, decline_code)
    assert error.user_message and error.error.charge.startswith("ch_")
    intent = shop.v1.payment_intents.retrieve(error.error.payment_intent.id)
    assert (intent.status, intent.last_payment_error.code) == ("requires_payment_method", code)
    assert "payment_intent.payment_failed" in shop.event_types()


def test_a_challenge_is_asked_for_and_passed(shop):
    asks = shop.paid(card="pm_card_authenticationRequired")
    assert (asks.status, asks.next_action.type) == ("requires_action", "use_stripe_sdk")
    redirects = shop.v1.payment_intents.create({
        "amount": 2000, "currency": "eur", "confirm": True, "return_url": "https://shop.example/back",
        "payment_method": "pm_card_authenticationRequired", "automatic_payment_methods": {"enabled": True}})
    assert redirects.next_action.redirect_to_url.return_url == "https://shop.example/back"
    path = f"/payment_intents/{redirects.id}/authenticate"
    shop.control("POST", path, {"outcome": "success"})
    assert shop.v1.payment_intents.retrieve(redirects.id).status == "succeeded"
    assert "payment_intent.requires_action" in shop.event_types()


def test_off_session_a_challenge_is_a_decline(shop):
    error = raises(stripe.CardError, shop.paid, card="pm_card_authenticationRequired", off_session=True)
    assert error.code == "authentication_required"


def test_payments_are_listed_page_by_page(shop):
    made = {shop.v1.payment_intents.create({"amount": 1000 + number, **CARD}).id for number in range(25)}
    pages = shop.v1.payment_intents.list({"limit": 10})
    assert (len(pages.data), pages.has_more, pages.url) == (10, True, "/v1/payment_intents")
    assert sorted(intent.id for intent in pages.auto_paging_iter()) == sorted(made)
    newest = pages.data[0]
    earlier = shop.v1.payment_intents.list({"limit": 3, "ending_before": pages.data[4].id})
    assert [one.id for one in earlier] == [one.id for one in pages.data[1:4]]
    assert shop.v1.payment_intents.list({"created": {"gt": newest.created}}).data == []
