"""The customer portal: configurations and sessions."""

import stripe

from harness.shop import raises


def test_a_customer_gets_a_session_of_the_portal(shop):
    customer = shop.v1.customers.create({"email": "jenny@example.com"})
    configurations = shop.v1.billing_portal.configurations
    made = configurations.create({
        "features": {"invoice_history": {"enabled": True}, "payment_method_update": {"enabled": True},
                     "subscription_cancel": {"enabled": True, "mode": "at_period_end"}},
        "business_profile": {"headline": "Beans"}, "default_return_url": "https://shop.example/account",
        "metadata": {"a": "1"}})
    assert made.active and made.features.subscription_cancel.mode == "at_period_end"
    changed = configurations.update(made.id, {"features": {"invoice_history": {"enabled": False}}})
    assert changed.features.invoice_history.enabled is False
    assert configurations.retrieve(made.id).business_profile.headline == "Beans"
    assert made.id in [one.id for one in configurations.list({"active": True})]
    session = shop.v1.billing_portal.sessions.create({
        "customer": customer.id, "configuration": made.id, "return_url": "https://shop.example/back"})
    assert session.url.startswith(shop.sandbox.url) and session.return_url == "https://shop.example/back"
    error = raises(stripe.InvalidRequestError, shop.v1.billing_portal.sessions.create, {"customer": "cus_nobody"})
    assert (error.http_status, error.param) == (400, "customer")
