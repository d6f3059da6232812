"""Invoices: drafted, finalized, paid, voided, given up."""

import stripe

from harness.shop import raises


def drafted(shop, customer, **more):
    invoice = shop.v1.invoices.create({"customer": customer.id, "auto_advance": False, **more})
    shop.v1.invoice_items.create({
        "customer": customer.id, "invoice": invoice.id, "amount": 900, "currency": "eur", "description": "Coffee",
        "metadata": {"a": "1"}})
    return shop.v1.invoices.retrieve(invoice.id)


def test_an_invoice_is_finalized_and_paid(shop):
    customer, _ = shop.customer_with_card()
    draft = drafted(shop, customer, description="March", footer="Thanks")
    assert (draft.status, draft.amount_due, draft.lines.data[0].description) == ("draft", 900, "Coffee")
    changed = shop.v1.invoices.update(draft.id, {"description": "April", "metadata": {"b": "2"}})
    assert changed.description == "April"
    final = shop.v1.invoices.finalize_invoice(draft.id, {"expand": ["payments", "confirmation_secret"]})
    assert (final.status, bool(final.number), bool(final.hosted_invoice_url)) == ("open", True, True)
    paid = shop.v1.invoices.pay(draft.id, {"expand": ["payments.data.payment.payment_intent"]})
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", 900, 0)
    assert paid.payments.data[0].payment.payment_intent.status == "succeeded"
    assert [one.id for one in shop.v1.invoices.list({"customer": customer.id, "status": "paid"})] == [draft.id]
    again = raises(stripe.InvalidRequestError, shop.v1.invoices.pay, draft.id)
    assert again.http_status == 400
    assert [line.amount for line in shop.v1.invoices.line_items.list(draft.id)] == [900]


def test_an_invoice_is_voided_or_given_up_or_thrown_away(shop):
    customer = shop.v1.customers.create({"email": "jenny@example.com"})
    invoices, sent = shop.v1.invoices, {"collection_method": "send_invoice", "days_until_due": 14}
    void = invoices.void_invoice(invoices.send_invoice(drafted(shop, customer, **sent).id).id)
    assert void.status == "void" and void.status_transitions.voided_at
    lost = invoices.mark_uncollectible(invoices.finalize_invoice(drafted(shop, customer, **sent).id).id)
    assert lost.status == "uncollectible"
    outside = invoices.pay(invoices.finalize_invoice(drafted(shop, customer, **sent).id).id,
                           {"paid_out_of_band": True})
    assert outside.status == "paid"
    draft = drafted(shop, customer)
    assert invoices.delete(draft.id).deleted is True
    raises(stripe.InvalidRequestError, invoices.delete, void.id)
    assert {"invoice.sent", "invoice.voided", "invoice.marked_uncollectible", "invoice.deleted"} <= set(
        shop.event_types())


def test_a_card_that_is_declined_leaves_the_invoice_open(shop):
    customer, _ = shop.customer_with_card("pm_card_chargeCustomerFail")
    open_one = shop.v1.invoices.finalize_invoice(drafted(shop, customer).id)
    error = raises(stripe.CardError, shop.v1.invoices.pay, open_one.id)
    assert error.code == "card_declined"
    read = shop.v1.invoices.retrieve(open_one.id)
    assert (read.status, read.attempted, read.attempt_count) == ("open", True, 1)
    assert "invoice.payment_failed" in shop.event_types()


def test_items_wait_for_the_next_invoice(shop):
    customer = shop.v1.customers.create({"email": "jenny@example.com"})
    items = shop.v1.invoice_items
    item = items.create({"customer": customer.id, "amount": 500, "currency": "eur", "description": "Filters"})
    changed = items.update(item.id, {"amount": 600, "metadata": {"a": "1"}})
    assert (changed.amount, items.retrieve(item.id).metadata["a"]) == (600, "1")
    assert [one.id for one in items.list({"customer": customer.id, "pending": True})] == [item.id]
    invoice = shop.v1.invoices.create({"customer": customer.id, "pending_invoice_items_behavior": "include"})
    assert invoice.total == 600
    more = shop.v1.invoices.add_lines(invoice.id, {"lines": [{"description": "Cups", "amount": 400}]})
    assert more.total == 1000
    spare = items.create({"customer": customer.id, "amount": 100, "currency": "eur"})
    assert items.delete(spare.id).deleted is True
