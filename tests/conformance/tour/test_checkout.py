"""Checkout sessions: hosted pages that a customer pays on."""

import stripe

from harness.shop import raises

URLS = {"success_url": "https://shop.example/ok?session={CHECKOUT_SESSION_ID}", "cancel_url": "https://shop.example/no"}
COFFEE = {"quantity": 2, "price_data": {"currency": "eur", "unit_amount": 900, "product_data": {"name": "Coffee"}}}


def test_a_session_is_paid(shop):
    sessions = shop.v1.checkout.sessions
    made = sessions.create({
        "mode": "payment", "line_items": [COFFEE], "client_reference_id": "order-7", "metadata": {"order": "7"},
        "customer_email": "jenny@example.com", "payment_intent_data": {"description": "Order 7"}, **URLS})
    assert (made.status, made.payment_status, made.amount_total) == ("open", "unpaid", 1800)
    assert made.url.startswith(shop.sandbox.url)
    (line,) = sessions.line_items.list(made.id).data
    assert (line.amount_total, line.quantity, line.description) == (1800, 2, "Coffee")
    assert sessions.update(made.id, {"metadata": {"order": "8"}}).metadata["order"] == "8"
    shop.control("POST", f"/checkout/sessions/{made.id}/pay", {})
    paid = sessions.retrieve(made.id, {"expand": ["payment_intent", "line_items", "customer"]})
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    assert paid.payment_intent.status == "succeeded" and paid.payment_intent.description == "Order 7"
    assert [one.id for one in sessions.list({"payment_intent": paid.payment_intent.id})] == [made.id]
    raises(stripe.InvalidRequestError, sessions.expire, made.id)
    assert "checkout.session.completed" in shop.event_types()


def test_a_session_expires(shop):
    sessions = shop.v1.checkout.sessions
    made = sessions.create({"mode": "payment", "line_items": [COFFEE], **URLS})
    assert sessions.expire(made.id).status == "expired"
    assert [one.id for one in sessions.list({"status": "expired"})] == [made.id]
    assert "checkout.session.expired" in shop.event_types()


def test_a_session_needs_something_to_sell(shop):
    for params in ({"mode": "payment", **URLS}, {"line_items": [COFFEE]},
                   {"mode": "subscription", "line_items": [COFFEE], **URLS},
                   {"mode": "payment", "line_items": [{"price": "price_nothing", "quantity": 1}], **URLS}):
        error = raises(stripe.InvalidRequestError, shop.v1.checkout.sessions.create, params)
        assert error.http_status == 400


def test_a_session_subscribes(shop):
    price = shop.v1.prices.create({"currency": "eur", "unit_amount": 1500, "recurring": {"interval": "month"},
                                   "product_data": {"name": "Beans club"}})
    sessions = shop.v1.checkout.sessions
    made = sessions.create({"mode": "subscription", "line_items": [{"price": price.id, "quantity": 1}],
                            "subscription_data": {"metadata": {"club": "1"}}, **URLS})
    shop.control("POST", f"/checkout/sessions/{made.id}/pay", {})
    done = sessions.retrieve(made.id, {"expand": ["subscription", "invoice"]})
    assert (done.status, done.subscription.status, done.invoice.status) == ("complete", "active", "paid")
    assert done.subscription.metadata["club"] == "1"
