"""A merchant with Stripe's SDK, whose every answer and every delivery is held against the SDK's types."""

import inspect

import stripe

from harness import shapes
from harness.receiver import Receiver
from harness.types import answer_of


class Watched:
    """A service of the SDK; what its methods answer is checked before the caller gets it."""

    def __init__(self, service, seen):
        self._service, self._seen = service, seen

    def __getattr__(self, name):
        member = getattr(self._service, name)
        if not inspect.ismethod(member):
            return Watched(member, self._seen)

        def call(*args, **kwargs):
            answer = member(*args, **kwargs)
            shapes.check(answer, answer_of(member), self._seen)
            return answer

        return call


class Shop:
    """An account, a client for it, and a webhook endpoint that gets every event."""

    def __init__(self, sandbox, seen, country="DE", currency="eur"):
        self.sandbox, self.seen = sandbox, seen
        self.account = sandbox.account(country, currency)
        self.client = self.client_with(self.account["secret_key"])
        self.v1 = Watched(self.client.v1, seen)
        self.receiver = Receiver()
        self.endpoint = self.v1.webhook_endpoints.create({"url": self.receiver.url, "enabled_events": ["*"]})

    def client_with(self, key, **options):
        return stripe.StripeClient(key, base_addresses={"api": self.sandbox.url},
                                   **{"max_network_retries": 0, **options})

    def control(self, method, path, body=None):
        return self.sandbox.control(method, path, body)

    def paid(self, amount=2000, currency="eur", card="pm_card_visa", **more):
        """A payment that succeeded."""
        return self.v1.payment_intents.create({
            "amount": amount, "currency": currency, "confirm": True, "payment_method": card,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}, **more,
        })

    def customer_with_card(self, card="pm_card_visa", **more):
        customer = self.v1.customers.create({"email": "jenny@example.com", "name": "Jenny Rosen", **more})
        method = self.v1.payment_methods.attach(card, {"customer": customer.id})
        self.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
        return customer, method

    def event_types(self):
        """The types of what has happened, oldest first."""
        return [event.type for event in self.events()]

    def events(self):
        return list(self.v1.events.list({"limit": 100}).auto_paging_iter())[::-1]

    def check_deliveries(self):
        """Each event that the API lists came exactly once, signed, and of the types the SDK says."""
        self.sandbox.settle()
        listed = {event.id: event for event in self.events()}
        received = self.receiver.take()
        came = []
        for body, signature in received:
            event = stripe.Webhook.construct_event(body, signature, self.endpoint.secret)
            shapes.check(event, stripe.Event, self.seen)
            thing = event.data.object
            assert type(thing) is not stripe.StripeObject, f"{event.type}: {thing.to_dict()} is of no class"
            try:
                # What is only about to come has no id yet.
                shapes.check(thing, type(thing), self.seen, ["id"] if event.type == "invoice.upcoming" else [])
            except AssertionError as wrong:
                raise AssertionError(f"in the event {event.type}: {wrong}") from None
            came.append(event.id)
        assert len(came) == len(set(came)), "an event came twice"
        assert set(came) == set(listed), (
            f"not delivered: {[listed[one].type for one in set(listed) - set(came)]}, "
            f"not listed: {len(set(came) - set(listed))}")

    def close(self):
        self.receiver.stop()


def raises(error, call, *args, **kwargs):
    """The error of the class that the call raises."""
    try:
        call(*args, **kwargs)
    except error as raised:
        assert type(raised) is error, f"{type(raised).__name__} instead of {error.__name__}"
        return raised
    raise AssertionError(f"{error.__name__} was not raised")
