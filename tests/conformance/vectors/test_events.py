"""The sandbox's events have the fields of `stripe_events`, and its stories go as the scenarios say."""

import pytest
import stripe

from harness import spec, vectors

VECTORS = vectors.load("events")
SCENARIOS = {one["name"]: [event["type"] for event in one["events"]] for one in vectors.load("scenarios")}


def decline(shop):
    try:
        shop.paid(card="pm_card_visa_chargeDeclined")
    except stripe.CardError as error:
        return error.error.payment_intent.id


def fail_then_success(shop):
    shop.v1.payment_intents.confirm(decline(shop), {"payment_method": "pm_card_visa"})


def three_ds(shop):
    asks = shop.paid(card="pm_card_authenticationRequired")
    shop.control("POST", f"/payment_intents/{asks.id}/authenticate", {"outcome": "success"})


def captured(shop, **how):
    shop.v1.payment_intents.capture(shop.paid(4999, capture_method="manual").id, how)


def refunded(shop, *amounts):
    paid = shop.paid(4999)
    for amount in amounts:
        shop.v1.refunds.create({"payment_intent": paid.id, "amount": amount})


def disputed(shop, text):
    paid = shop.paid(card="pm_card_createDispute")
    (dispute,) = shop.v1.disputes.list({"payment_intent": paid.id}).data
    shop.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": text}, "submit": True})


STORIES = {
    "pay": lambda shop: shop.paid(),
    "fail_then_success": fail_then_success,
    "fail_only": decline,
    "three_ds": three_ds,
    "authorize_only": lambda shop: shop.paid(capture_method="manual"),
    "authorize_capture": captured,
    "partial_capture": lambda shop: captured(shop, amount_to_capture=3000),
    "two_partial_refunds": lambda shop: refunded(shop, 1000, 2000),
    "dispute_lost": lambda shop: disputed(shop, "losing_evidence"),
    "dispute_won": lambda shop: disputed(shop, "winning_evidence"),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_scenario_brings_its_events_with_their_fields(shop, name):
    STORIES[name](shop)
    events = shop.events()
    types = [event.type for event in events]
    for kind in SCENARIOS[name]:
        assert types.count(kind) >= SCENARIOS[name].count(kind), f"{kind} is not among {types}"
    lacking = {}
    for event in events:
        vector = VECTORS.get(event.type)
        if vector:
            # The vectors have every field of the SDK's classes, those too that Stripe leaves out.
            optional = spec.may_be_absent(vector["data"]["object"]["object"])
            fields = vector["data"]["object"].keys() - event.data.object.to_dict().keys() - optional
            lacking.update({event.type: fields} if fields else {})
            assert set(vector) - {"account"} <= set(event.to_dict()), event.type
    assert not lacking
