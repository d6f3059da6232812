"""Subscriptions, on test clocks that make the months pass."""

import time

import pytest
import stripe

from harness.shop import raises

DAY_S = 86_400


@pytest.fixture
def club(shop):
    """A monthly price of 15 €."""
    return shop.v1.prices.create({
        "currency": "eur", "unit_amount": 1500, "recurring": {"interval": "month"},
        "product_data": {"name": "Beans club"}})


@pytest.fixture
def clock(shop):
    return shop.v1.test_helpers.test_clocks.create({"frozen_time": int(time.time()), "name": "Months"})


def advance(shop, clock, seconds):
    clocks = shop.v1.test_helpers.test_clocks
    now = clocks.retrieve(clock.id).frozen_time
    moved = clocks.advance(clock.id, {"frozen_time": now + seconds})
    assert moved.status in ("advancing", "ready")
    for _ in range(100):
        if clocks.retrieve(clock.id).status == "ready":
            return
    raise AssertionError("the clock does not get ready")


def test_a_subscription_begins_renews_and_ends(shop, club, clock):
    customer, _ = shop.customer_with_card(test_clock=clock.id)
    subscriptions = shop.v1.subscriptions
    made = subscriptions.create({
        "customer": customer.id, "items": [{"price": club.id, "quantity": 2}], "metadata": {"plan": "beans"},
        "expand": ["latest_invoice.payments", "pending_setup_intent"]})
    assert (made.status, made.latest_invoice.amount_paid, made.latest_invoice.status) == ("active", 3000, "paid")
    (item,) = made.to_dict()["items"]["data"]
    assert item["current_period_end"] > item["current_period_start"]
    advance(shop, clock, 32 * DAY_S)
    invoices = shop.v1.invoices.list({"subscription": made.id})
    assert [(one.status, one.billing_reason) for one in invoices] == [
        ("paid", "subscription_cycle"), ("paid", "subscription_create")]
    ends = subscriptions.update(made.id, {"cancel_at_period_end": True})
    assert ends.cancel_at_period_end and ends.cancel_at
    subscriptions.update(made.id, {"cancel_at_period_end": False})
    gone = subscriptions.cancel(made.id, {"cancellation_details": {"feedback": "too_expensive"}})
    assert (gone.status, gone.cancellation_details.feedback) == ("canceled", "too_expensive")
    assert subscriptions.list({"customer": customer.id}).data == []
    assert [one.id for one in subscriptions.list({"status": "canceled"})] == [made.id]
    assert {"customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
            "invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded",
            "invoice_payment.paid"} <= set(shop.event_types())


def test_a_trial_becomes_a_subscription(shop, club, clock):
    customer, _ = shop.customer_with_card(test_clock=clock.id)
    trial = shop.v1.subscriptions.create({
        "customer": customer.id, "items": [{"price": club.id}], "trial_period_days": 7})
    assert trial.status == "trialing" and trial.trial_end - trial.trial_start == 7 * DAY_S
    advance(shop, clock, 5 * DAY_S)
    assert "customer.subscription.trial_will_end" in shop.event_types()
    advance(shop, clock, 3 * DAY_S)
    assert shop.v1.subscriptions.retrieve(trial.id).status == "active"


def test_a_first_payment_is_waited_for(shop, club):
    customer = shop.v1.customers.create({"name": "Jenny"})
    made = shop.v1.subscriptions.create({
        "customer": customer.id, "items": [{"price": club.id}], "payment_behavior": "default_incomplete",
        "payment_settings": {"save_default_payment_method": "on_subscription"},
        "expand": ["latest_invoice.confirmation_secret"]})
    assert made.status == "incomplete"
    intent = made.latest_invoice.confirmation_secret.client_secret.split("_secret_")[0]
    assert shop.v1.payment_intents.confirm(intent, {
        "payment_method": "pm_card_visa", "return_url": "https://shop.example/back"}).status == "succeeded"
    read = shop.v1.subscriptions.retrieve(made.id)
    assert read.status == "active" and read.default_payment_method


def test_a_renewal_that_fails_is_past_due(shop, club, clock):
    customer, _ = shop.customer_with_card(test_clock=clock.id)
    made = shop.v1.subscriptions.create({"customer": customer.id, "items": [{"price": club.id}]})
    bad = shop.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    shop.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": bad.id}})
    advance(shop, clock, 32 * DAY_S)
    late = shop.v1.subscriptions.retrieve(made.id, {"expand": ["latest_invoice"]})
    assert (late.status, late.latest_invoice.status) == ("past_due", "open")
    assert late.latest_invoice.attempt_count >= 1 and late.latest_invoice.next_payment_attempt
    assert "invoice.payment_failed" in shop.event_types()
    good = shop.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    paid = shop.v1.invoices.pay(late.latest_invoice.id, {"payment_method": good.id})
    assert paid.status == "paid"
    assert shop.v1.subscriptions.retrieve(made.id).status == "active"


def test_items_change_with_their_share(shop, club):
    customer, _ = shop.customer_with_card()
    made = shop.v1.subscriptions.create({"customer": customer.id, "items": [{"price": club.id}]})
    items = shop.v1.subscription_items
    (item,) = items.list({"subscription": made.id}).data
    more = items.update(item.id, {"quantity": 3})
    assert more.quantity == 3
    other = shop.v1.prices.create({
        "currency": "eur", "unit_amount": 500, "recurring": {"interval": "month"}, "product_data": {"name": "Filters"}})
    added = items.create({"subscription": made.id, "price": other.id, "metadata": {"a": "1"}})
    assert items.retrieve(added.id).price.id == other.id
    pending = shop.v1.invoice_items.list({"customer": customer.id, "pending": True})
    assert len(pending.data) >= 2
    preview = shop.v1.invoices.create_preview({"customer": customer.id, "subscription": made.id})
    assert preview.lines.data
    assert items.delete(added.id).deleted is True
    paused = shop.v1.subscriptions.update(made.id, {"pause_collection": {"behavior": "void"}})
    assert paused.pause_collection.behavior == "void"


def test_what_is_wrong_with_a_subscription_is_named(shop, club):
    customer = shop.v1.customers.create({"name": "Jenny"})
    new = {"customer": customer.id, "items": [{"price": club.id}]}
    for params, param in [({"items": [{"price": "price_nothing"}]}, "items[0][price]"),
                          ({"customer": "cus_nobody"}, "customer"), ({"trial_end": 1}, "trial_end")]:
        error = raises(stripe.InvalidRequestError, shop.v1.subscriptions.create, {**new, **params})
        assert (error.http_status, error.param) == (400, param), str(error)
    raises(stripe.InvalidRequestError, shop.v1.subscriptions.create, new)  # nothing to pay with


def test_a_clock_is_listed_and_deleted_with_its_customers(shop, clock):
    customer, _ = shop.customer_with_card(test_clock=clock.id)
    clocks = shop.v1.test_helpers.test_clocks
    assert [one.id for one in clocks.list()] == [clock.id]
    raises(stripe.InvalidRequestError, clocks.advance, clock.id, {"frozen_time": clock.frozen_time - 1})
    assert clocks.delete(clock.id).deleted is True
    gone = raises(stripe.InvalidRequestError, clocks.retrieve, clock.id)
    assert gone.http_status == 404
    assert {"test_helpers.test_clock.created", "test_helpers.test_clock.deleted"} <= set(shop.event_types())
    assert customer.id
