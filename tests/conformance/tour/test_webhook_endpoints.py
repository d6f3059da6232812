"""Webhook endpoints and events as objects of the API."""

import stripe

from harness.shop import raises


def test_an_endpoints_secret_is_shown_once(shop):
    endpoints = shop.v1.webhook_endpoints
    made = endpoints.create({
        "url": "https://shop.example/hook", "enabled_events": ["charge.succeeded"],
        "description": "Orders", "metadata": {"team": "shop"}, "api_version": stripe.api_version})
    assert made.secret.startswith("whsec_") and made.status == "enabled"
    read = endpoints.retrieve(made.id)
    assert "secret" not in read and read.api_version == stripe.api_version
    changed = endpoints.update(made.id, {"disabled": True, "enabled_events": ["*"], "metadata": {"team": ""}})
    assert (changed.status, changed.enabled_events, changed.metadata.to_dict()) == ("disabled", ["*"], {})
    assert made.id in [one.id for one in endpoints.list().auto_paging_iter()]
    assert endpoints.delete(made.id).deleted is True
    gone = raises(stripe.InvalidRequestError, endpoints.retrieve, made.id)
    assert (gone.http_status, gone.code) == (404, "resource_missing")


def test_sixteen_endpoints_are_enough(shop):
    new = {"url": "https://shop.example/hook", "enabled_events": ["charge.refunded"]}
    made = [shop.v1.webhook_endpoints.create(new) for _ in range(15)]
    raises(stripe.InvalidRequestError, shop.v1.webhook_endpoints.create, new)
    for one in made:
        shop.v1.webhook_endpoints.delete(one.id)


def test_events_are_listed_by_type_and_time(shop):
    payment = shop.paid()
    events = shop.v1.events
    one = events.list({"type": "payment_intent.succeeded"}).data[0]
    assert one.data.object.id == payment.id
    assert events.retrieve(one.id).data.object.id == payment.id
    two = {event.type for event in events.list({"types": ["charge.succeeded", "payment_intent.created"]})}
    assert two == {"charge.succeeded", "payment_intent.created"}
    assert {event.type for event in events.list({"type": "charge.*"})} <= {"charge.succeeded", "charge.updated"}
    assert events.list({"created": {"lt": one.created - 60}}).data == []
    assert one.request.id.startswith("req_") and one.api_version == stripe.api_version
    shop.sandbox.settle()
    assert events.retrieve(one.id).pending_webhooks == 0


def test_an_update_tells_what_was_before(shop):
    customer = shop.v1.customers.create({"name": "Jenny", "metadata": {"tier": "1"}})
    shop.v1.customers.update(customer.id, {"name": "Jenny Rosen", "metadata": {"tier": "2"}})
    event = shop.v1.events.list({"type": "customer.updated"}).data[0]
    assert event.data.object.name == "Jenny Rosen"
    assert event.data.to_dict()["previous_attributes"]["name"] == "Jenny"
