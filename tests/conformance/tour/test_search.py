"""Search."""

import stripe

from harness.shop import raises


def test_payments_are_searched(shop):
    shop.paid(1000, metadata={"order": "a"})
    found = shop.paid(1100, metadata={"order": "b"})
    page = shop.v1.payment_intents.search({"query": "status:'succeeded' AND metadata['order']:'b'"})
    assert [one.id for one in page.data] == [found.id]
    assert [one.id for one in page.auto_paging_iter()] == [found.id]
    charges = shop.v1.charges.search({"query": "amount>1000"})
    assert [one.payment_intent for one in charges.data] == [found.id]
    raises(stripe.InvalidRequestError, shop.v1.charges.search, {"query": "what is this"})
