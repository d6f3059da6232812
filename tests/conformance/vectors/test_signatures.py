"""The sandbox signs as `stripe_signatures` says that Stripe does."""

import re

import stripe

from harness import vectors

VECTORS = {one["name"]: one for one in vectors.load("signatures")["vectors"]}


def form(header):
    """A header without its numbers: `t=#,v1=#`."""
    return re.sub(r"=[0-9a-f]+", "=#", header)


def test_a_delivery_has_the_header_of_the_basic_vector(shop):
    shop.v1.customers.create({"name": "Jenny"})
    shop.sandbox.settle()
    ((body, header),) = shop.receiver.take()
    basic = VECTORS["valid_basic"]
    assert form(header) == form(basic["header"])
    assert basic["python"] == basic["node"] == "ok"
    time = int(header[2:].split(",")[0])
    made = stripe.WebhookSignature._compute_signature(f"{time}.{body.decode()}", shop.endpoint.secret)  # noqa: SLF001
    assert header == f"t={time},v1={made}"
    basic_made = stripe.WebhookSignature._compute_signature(  # noqa: SLF001
        f"{basic['now']}.{basic['payload']}", basic["secret"])
    assert basic["header"] == f"t={basic['now']},v1={basic_made}"
