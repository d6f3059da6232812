"""Cards: made, saved, listed, charged while the customer is away."""

import stripe

from harness.shop import raises


def test_a_card_is_made_saved_changed_and_removed(shop):
    methods = shop.v1.payment_methods
    customer = shop.v1.customers.create({"email": "jenny@example.com"})
    made = methods.create({
        "type": "card", "card": {"token": "tok_mastercard"}, "metadata": {"nick": "work"},
        "billing_details": {"name": "Jenny Rosen", "email": "jenny@example.com", "phone": "+4930123456",
                            "address": {"country": "DE", "postal_code": "10115"}}})
    assert (made.card.brand, made.customer, made.billing_details.address.country) == ("mastercard", None, "DE")
    attached = methods.attach(made.id, {"customer": customer.id})
    assert attached.customer == customer.id
    changed = methods.update(made.id, {
        "billing_details": {"name": "J. Rosen"}, "card": {"exp_month": 11, "exp_year": 2035},
        "metadata": {"nick": ""}, "allow_redisplay": "always"})
    assert (changed.billing_details.name, changed.card.exp_month, changed.metadata.to_dict()) == ("J. Rosen", 11, {})
    visa = methods.attach("pm_card_visa", {"customer": customer.id})
    assert visa.id != "pm_card_visa"
    assert {one.id for one in methods.list({"customer": customer.id, "type": "card"})} == {made.id, visa.id}
    own = shop.v1.customers.payment_methods
    assert {one.id for one in own.list(customer.id)} == {made.id, visa.id}
    assert own.retrieve(customer.id, visa.id).card.last4 == "4242"
    gone = methods.detach(visa.id)
    assert gone.customer is None
    raises(stripe.InvalidRequestError, methods.attach, visa.id, {"customer": customer.id})
    assert {"payment_method.attached", "payment_method.updated", "payment_method.detached"} <= set(shop.event_types())


def test_a_saved_card_pays_while_the_customer_is_away(shop):
    customer, method = shop.customer_with_card()
    paid = shop.paid(card=method.id, customer=customer.id, off_session=True)
    assert (paid.status, paid.payment_method, paid.customer) == ("succeeded", method.id, customer.id)
    assert [one.id for one in shop.v1.payment_intents.list({"customer": customer.id})] == [paid.id]
    assert [one.id for one in shop.v1.charges.list({"customer": customer.id})] == [paid.latest_charge]
    stranger = shop.v1.customers.create({"name": "Max"})
    raises(stripe.InvalidRequestError, shop.paid, card=method.id, customer=stranger.id)


def test_a_payment_saves_its_card(shop):
    customer = shop.v1.customers.create({"name": "Jenny"})
    paid = shop.paid(customer=customer.id, setup_future_usage="off_session")
    saved = shop.v1.payment_methods.retrieve(paid.payment_method)
    assert (saved.customer, paid.setup_future_usage) == (customer.id, "off_session")


def test_a_card_that_asks_for_its_owner_is_declined_while_away(shop):
    customer, method = shop.customer_with_card("pm_card_authenticationRequired")
    error = raises(stripe.CardError, shop.paid, card=method.id, customer=customer.id, off_session=True)
    assert (error.code, error.error.payment_intent.status) == ("authentication_required", "requires_payment_method")
