"""Refunds, disputes, and what they do to the balance."""

import pytest
import stripe

from harness.shop import raises


def test_a_payment_is_refunded_in_parts_and_never_beyond(shop):
    refunds, paid = shop.v1.refunds, shop.paid(3000)
    first = refunds.create({"payment_intent": paid.id, "amount": 1000, "reason": "requested_by_customer",
                            "metadata": {"case": "7"}})
    assert (first.status, first.amount, first.charge, first.payment_intent) == (
        "succeeded", 1000, paid.latest_charge, paid.id)
    too_much = raises(stripe.InvalidRequestError, refunds.create, {"payment_intent": paid.id, "amount": 2001})
    assert (too_much.http_status, too_much.param) == (400, "amount")
    rest = refunds.create({"charge": paid.latest_charge})
    assert rest.amount == 2000
    charge = shop.v1.charges.retrieve(paid.latest_charge, {"expand": ["refunds"]})
    assert (charge.refunded, charge.amount_refunded, len(charge.refunds.data)) == (True, 3000, 2)
    again = raises(stripe.InvalidRequestError, refunds.create, {"charge": paid.latest_charge})
    assert again.code == "charge_already_refunded"
    assert [one.id for one in refunds.list({"charge": paid.latest_charge})] == [rest.id, first.id]
    assert refunds.update(first.id, {"metadata": {"case": "8"}}).metadata["case"] == "8"
    assert refunds.retrieve(first.id, {"expand": ["charge"]}).charge.id == charge.id
    raises(stripe.InvalidRequestError, refunds.cancel, first.id)
    types = shop.event_types()
    assert types.count("refund.created") == types.count("charge.refunded") == 2


def test_a_held_payment_is_canceled_not_refunded(shop):
    held = shop.paid(capture_method="manual")
    error = raises(stripe.InvalidRequestError, shop.v1.refunds.create, {"payment_intent": held.id})
    assert error.http_status == 400


@pytest.mark.parametrize("card, ends, event", [
    ("pm_card_pendingRefund", "succeeded", "refund.updated"),
    ("pm_card_refundFail", "failed", "refund.failed"),
])
def test_a_refund_ends_later(shop, card, ends, event):
    paid = shop.paid(card=card)
    refund = shop.v1.refunds.create({"payment_intent": paid.id})
    assert refund.status in ("pending", "succeeded")
    if shop.v1.refunds.retrieve(refund.id).status != ends:
        shop.control("POST", f"/refunds/{refund.id}/{'succeed' if ends == 'succeeded' else 'fail'}")
    read = shop.v1.refunds.retrieve(refund.id)
    assert read.status == ends
    assert event in shop.event_types()


@pytest.mark.parametrize("evidence, status", [("winning_evidence", "won"), ("losing_evidence", "lost")])
def test_a_dispute_is_answered(shop, evidence, status):
    paid = shop.paid(card="pm_card_createDispute")
    (dispute,) = shop.v1.disputes.list({"payment_intent": paid.id}).data
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 2000)
    assert dispute.evidence_details.submission_count == 0 and dispute.balance_transactions[0].fee > 0
    staged = shop.v1.disputes.update(dispute.id, {
        "evidence": {"customer_name": "Jenny", "uncategorized_text": evidence}, "submit": False,
        "metadata": {"case": "9"}})
    assert (staged.status, staged.evidence.customer_name) == ("needs_response", "Jenny")
    shop.v1.disputes.update(dispute.id, {"submit": True})
    ended = shop.v1.disputes.retrieve(dispute.id, {"expand": ["charge", "payment_intent"]})
    assert ended.status == status and ended.charge.disputed
    types = set(shop.event_types())
    assert {"charge.dispute.created", "charge.dispute.closed", "charge.dispute.funds_withdrawn"} <= types
    assert ("charge.dispute.funds_reinstated" in types) == (status == "won")


def test_a_dispute_is_given_up(shop):
    paid = shop.paid(card="pm_card_createDisputeProductNotReceived")
    (dispute,) = shop.v1.disputes.list({"charge": paid.latest_charge}).data
    assert dispute.reason == "product_not_received"
    assert shop.v1.disputes.close(dispute.id).status == "lost"
    raises(stripe.InvalidRequestError, shop.v1.disputes.close, dispute.id)


def test_the_balance_is_the_sum_of_its_transactions(shop):
    paid = shop.paid(5000)
    shop.v1.refunds.create({"payment_intent": paid.id, "amount": 1500})
    shop.paid(1000, card="pm_card_bypassPending")
    transactions = list(shop.v1.balance_transactions.list({"limit": 2}).auto_paging_iter())
    assert [one.type for one in transactions] == ["charge", "refund", "charge"]
    assert [one.amount for one in transactions] == [1000, -1500, 5000]
    for one in transactions:
        assert one.net == one.amount - one.fee
        assert sum(part.amount for part in one.fee_details) == one.fee
    balance = shop.v1.balance.retrieve()
    held = sum(one.amount for one in [*balance.available, *balance.pending])
    assert held == sum(one.net for one in transactions)
    assert balance.available[0].amount == transactions[0].net
    charge = shop.v1.charges.retrieve(paid.latest_charge, {"expand": ["balance_transaction"]})
    assert charge.balance_transaction.source == charge.id
    assert shop.v1.balance_transactions.retrieve(charge.balance_transaction.id).net == transactions[2].net
    assert len(shop.v1.balance_transactions.list({"type": "refund"}).data) == 1


def test_a_charge_is_read_changed_and_captured(shop):
    held = shop.paid(2500, capture_method="manual", description="Beans")
    charges = shop.v1.charges
    taken = charges.capture(held.latest_charge, {"amount": 2000})
    assert taken.captured and taken.amount_captured == 2000
    changed = charges.update(taken.id, {"description": "More beans", "metadata": {"a": "1"},
                                        "fraud_details": {"user_report": "safe"}})
    assert (changed.description, changed.metadata["a"], changed.fraud_details.user_report) == (
        "More beans", "1", "safe")
    assert shop.v1.payment_intents.retrieve(held.id).amount_received == 2000
