"""Customers."""

import stripe

from harness.shop import raises


def test_a_customer_is_kept_changed_found_and_deleted(shop):
    customers = shop.v1.customers
    address = {"line1": "Musterstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE"}
    made = customers.create({
        "name": "Jenny Rosen", "email": "jenny@example.com", "phone": "+4930123456", "description": "Regular",
        "address": address, "shipping": {"name": "Jenny", "address": address}, "preferred_locales": ["de", "en"],
        "metadata": {"tier": "gold"}, "invoice_prefix": "JENNY", "tax_exempt": "none", "balance": -500,
        "invoice_settings": {"footer": "Thanks", "custom_fields": [{"name": "VAT", "value": "1"}]}})
    assert (made.address.city, made.shipping.address.line1, made.balance) == ("Berlin", "Musterstr. 1", -500)
    assert made.invoice_settings.custom_fields[0].name == "VAT"
    changed = customers.update(made.id, {"description": "", "shipping": "", "email": "jr@example.com"})
    assert (changed.description, changed.shipping, changed.email) == (None, None, "jr@example.com")
    assert changed.address.city == "Berlin"
    other = customers.create({"email": "max@example.com"})
    assert [one.id for one in customers.list({"email": "jr@example.com"})] == [made.id]
    assert [one.id for one in customers.list().auto_paging_iter()] == [other.id, made.id]
    assert customers.delete(made.id).deleted is True
    assert customers.retrieve(made.id).deleted is True
    raises(stripe.InvalidRequestError, customers.update, made.id, {"name": "Ghost"})
    assert shop.event_types() == [
        "customer.created", "customer.updated", "customer.created", "customer.deleted"]


def test_what_is_wrong_with_a_customer_is_named(shop):
    for params, param in [({"email": "no address"}, "email"), ({"balance": "much"}, "balance"),
                          ({"tax_exempt": "always"}, "tax_exempt"), ({"name": "x" * 5001}, "name")]:
        error = raises(stripe.InvalidRequestError, shop.v1.customers.create, params)
        assert (error.http_status, error.param) == (400, param), params
