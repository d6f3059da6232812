"""Products and prices."""

import decimal

import pytest
import stripe

from harness.shop import raises


def test_a_product_is_kept_changed_and_deleted(shop):
    products = shop.v1.products
    made = products.create({
        "name": "Coffee", "description": "Beans, 1 kg", "images": ["https://shop.example/beans.png"],
        "metadata": {"sku": "1"}, "marketing_features": [{"name": "Fair"}], "shippable": True,
        "package_dimensions": {"height": 20, "length": 10, "weight": 1000, "width": 8},
        "statement_descriptor": "BEANS", "unit_label": "bag", "url": "https://shop.example/beans"})
    assert made.active and made.default_price is None and made.marketing_features[0].name == "Fair"
    assert made.package_dimensions.weight == 1000
    changed = products.update(made.id, {"name": "Espresso", "active": False, "description": ""})
    assert (changed.name, changed.active, changed.description) == ("Espresso", False, None)
    assert products.retrieve(made.id).name == "Espresso"
    assert [one.id for one in products.list({"active": False})] == [made.id]
    assert products.list({"active": True}).data == []
    assert products.delete(made.id).deleted is True
    raises(stripe.InvalidRequestError, products.retrieve, made.id)
    assert shop.event_types() == ["product.created", "product.updated", "product.deleted"]


def test_a_product_brings_its_default_price(shop):
    made = shop.v1.products.create({
        "name": "Beans club", "default_price_data": {
            "currency": "eur", "unit_amount": 1500, "recurring": {"interval": "month", "interval_count": 3}},
        "expand": ["default_price"]})
    price = made.default_price
    assert (price.unit_amount, price.type, price.recurring.interval_count) == (1500, "recurring", 3)
    assert price.product == made.id
    error = raises(stripe.InvalidRequestError, shop.v1.products.delete, made.id)
    assert error.http_status == 400


@pytest.mark.parametrize("how, shown", [
    ({"unit_amount": 999}, {"unit_amount": 999, "unit_amount_decimal": decimal.Decimal("999"), "type": "one_time"}),
    ({"unit_amount_decimal": "0.5"}, {"unit_amount": None, "unit_amount_decimal": decimal.Decimal("0.5")}),
    ({"unit_amount": 999, "recurring": {"interval": "year"}}, {"type": "recurring", "billing_scheme": "per_unit"}),
    ({"custom_unit_amount": {"enabled": True, "minimum": 100}}, {"unit_amount": None, "type": "one_time"}),
    ({"unit_amount": 999, "lookup_key": "standard", "nickname": "Standard", "tax_behavior": "inclusive"},
     {"lookup_key": "standard", "nickname": "Standard", "tax_behavior": "inclusive"}),
    ({"billing_scheme": "tiered", "tiers_mode": "graduated", "recurring": {"interval": "month"},
      "tiers": [{"up_to": 10, "unit_amount": 500}, {"up_to": "inf", "unit_amount": 300}]},
     {"billing_scheme": "tiered", "tiers_mode": "graduated", "unit_amount": None}),
])
def test_prices_of_every_kind(shop, how, shown):
    product = shop.v1.products.create({"name": "Coffee"})
    price = shop.v1.prices.create({"currency": "eur", "product": product.id, **how})
    read = shop.v1.prices.retrieve(price.id, {"expand": ["product"]})
    assert read.product.name == "Coffee"
    for field, value in shown.items():
        assert getattr(read, field) == value, field
    assert shop.v1.prices.update(price.id, {"active": False, "metadata": {"old": "1"}}).active is False


def test_prices_are_found(shop):
    product = shop.v1.products.create({"name": "Coffee"})
    new = {"currency": "eur", "unit_amount": 999, "product": product.id}
    one_time = shop.v1.prices.create({**new, "lookup_key": "once"})
    monthly = shop.v1.prices.create({**new, "recurring": {"interval": "month"}})
    prices = shop.v1.prices
    assert [one.id for one in prices.list({"product": product.id})] == [monthly.id, one_time.id]
    assert [one.id for one in prices.list({"type": "recurring"})] == [monthly.id]
    assert [one.id for one in prices.list({"lookup_keys": ["once"]})] == [one_time.id]
    taken = raises(stripe.InvalidRequestError, prices.create, {**new, "lookup_key": "once"})
    assert taken.http_status == 400
    moved = prices.create({**new, "lookup_key": "once", "transfer_lookup_key": True})
    assert [one.id for one in prices.list({"lookup_keys": ["once"]})] == [moved.id]
    for wrong, code in [({"unit_amount": -1}, "parameter_invalid_integer"), ({"currency": "zzz"}, None),
                        ({"product": "prod_nobody"}, "resource_missing")]:
        assert raises(stripe.InvalidRequestError, prices.create, {**new, **wrong}).code == code
