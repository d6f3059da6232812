"""For each endpoint: the ids of its path and a request that is in order, to which parameters are added."""

# By path; the longest that fits the beginning of an endpoint's path is taken. A tuple is for two ids.
IDS = {
    "/v1/accounts/{id}": lambda t: t.account_id,
    "/v1/balance_transactions/{id}": lambda t: t.new_transaction(),
    "/v1/billing_portal/configurations/{id}": lambda t: t.new_portal(),
    "/v1/charges/{id}": lambda t: t.new_charge(),
    "/v1/charges/{id}/capture": lambda t: t.new_held_charge(),
    "/v1/checkout/sessions/{id}": lambda t: t.new_session(),
    "/v1/customers/{id}": lambda t: t.new_customer(),
    "/v1/customers/{id}/payment_methods/{id}": lambda t: (t.customer(), t.payment_method()),
    "/v1/disputes/{id}": lambda t: t.new_dispute(),
    "/v1/events/{id}": lambda t: t.event(),
    "/v1/invoiceitems/{id}": lambda t: t.new_item(),
    "/v1/invoices/{id}": lambda t: t.new_draft(),
    "/v1/invoices/{id}/lines/{id}": lambda t: t.new_line(),
    "/v1/invoices/{id}/pay": lambda t: t.new_open_invoice(),
    "/v1/invoices/{id}/void": lambda t: t.new_open_invoice(),
    "/v1/invoices/{id}/mark_uncollectible": lambda t: t.new_open_invoice(),
    "/v1/invoices/{id}/send": lambda t: t.new_open_invoice(),
    "/v1/invoices/{id}/attach_payment": lambda t: t.new_open_invoice(),
    "/v1/payment_intents/{id}": lambda t: t.new_intent(),
    "/v1/payment_intents/{id}/capture": lambda t: t.new_held(),
    "/v1/payment_intents/{id}/increment_authorization": lambda t: t.new_held(),
    "/v1/payment_methods/{id}": lambda t: t.attached(),
    "/v1/payment_methods/{id}/attach": lambda t: t.new_payment_method(),
    "/v1/prices/{id}": lambda t: t.new_price(),
    "/v1/products/{id}": lambda t: t.new_product(),
    "/v1/refunds/{id}": lambda t: t.new_refund(),
    "/v1/setup_intents/{id}": lambda t: t.new_setup_intent(),
    "/v1/subscription_items/{id}": lambda t: t.new_subscription_item(),
    "/v1/subscriptions/{id}": lambda t: t.new_subscription(),
    "/v1/test_helpers/refunds/{id}": lambda t: t.new_refund(),
    "/v1/test_helpers/test_clocks/{id}": lambda t: t.new_clock(),
    "/v1/webhook_endpoints/{id}": lambda t: t.new_endpoint(),
}

ONE_LINE = {"mode": "payment", "success_url": "https://shop.example/ok"}
# Several where no request can have every parameter: the first that takes a parameter counts.
REQUESTS = {
    "POST /v1/payment_intents": [
        lambda t: {"amount": 2000, "currency": "eur"},
        lambda t: {"amount": 2000, "currency": "eur", "confirm": True, "payment_method": "pm_card_visa",
                   "return_url": "https://shop.example/back"},
        lambda t: {"amount": 2000, "currency": "eur", "customer": t.customer()},
    ],
    "POST /v1/payment_intents/{id}/confirm": [lambda t: {"payment_method": "pm_card_visa"}, lambda t: {}],
    "POST /v1/setup_intents": [
        lambda t: {},
        lambda t: {"customer": t.customer()},
        lambda t: {"confirm": True, "payment_method": "pm_card_visa", "return_url": "https://shop.example/back"},
    ],
    "POST /v1/setup_intents/{id}/confirm": [lambda t: {"payment_method": "pm_card_visa"}, lambda t: {}],
    "POST /v1/payment_methods": [
        lambda t: {"type": "card", "card": {"token": "tok_visa"}}, lambda t: {"type": "card"}, lambda t: {}],
    "POST /v1/payment_methods/{id}/attach": [lambda t: {"customer": t.customer()}],
    "POST /v1/charges": [lambda t: {"amount": 2000, "currency": "eur", "source": "tok_visa"}],
    "POST /v1/refunds": [lambda t: {"charge": t.new_charge()}, lambda t: {"payment_intent": t.new_paid()}, lambda t: {}],
    "POST /v1/products": [lambda t: {"name": "Coffee"}],
    "POST /v1/prices": [
        lambda t: {"currency": "eur", "unit_amount": 900, "product": t.product()},
        lambda t: {"currency": "eur", "unit_amount": 900},
        lambda t: {"currency": "eur", "product": t.product()},
        lambda t: {"currency": "eur", "unit_amount": 900, "product": t.product(), "recurring": {"interval": "month"}},
    ],
    "POST /v1/checkout/sessions": [
        lambda t: {**ONE_LINE, "line_items": [{"price": t.one_time_price(), "quantity": 1}]},
        lambda t: {"mode": "subscription", "success_url": "https://shop.example/ok",
                   "line_items": [{"price": t.price(), "quantity": 1}]},
        lambda t: {"mode": "setup", "success_url": "https://shop.example/ok", "currency": "eur"},
        lambda t: {**ONE_LINE, "customer": t.customer(),
                   "line_items": [{"price": t.one_time_price(), "quantity": 1}]},
        lambda t: {"mode": "payment", "ui_mode": "embedded", "return_url": "https://shop.example/back",
                   "line_items": [{"price": t.one_time_price(), "quantity": 1}]},
        lambda t: {"mode": "payment", "success_url": "https://shop.example/ok"},
    ],
    "POST /v1/subscriptions": [
        lambda t: {"customer": t.customer(), "items": [{"price": t.price()}],
                   "default_payment_method": t.payment_method()},
        lambda t: {"customer": t.customer(), "items": [{"price": t.price()}], "collection_method": "send_invoice",
                   "days_until_due": 7},
        lambda t: {"customer": t.customer(), "default_payment_method": t.payment_method()},
    ],
    "POST /v1/subscription_items": [lambda t: {"subscription": t.new_subscription(), "price": t.new_price()}],
    "GET /v1/subscription_items": [lambda t: {"subscription": t.subscription()}],
    "GET /v1/setup_attempts": [lambda t: {"setup_intent": t.setup_intent()}],
    "POST /v1/invoices": [
        lambda t: {"customer": t.customer()},
        lambda t: {"customer": t.customer(), "collection_method": "send_invoice", "days_until_due": 7},
        lambda t: {},
    ],
    "POST /v1/invoices/create_preview": [
        lambda t: {"customer": t.customer(), "subscription_details": {"items": [{"price": t.price()}]}},
        lambda t: {"customer": t.customer(), "invoice_items": [{"amount": 500, "currency": "eur"}]},
        lambda t: {"subscription": t.subscription()},
    ],
    "POST /v1/invoiceitems": [
        lambda t: {"customer": t.customer(), "amount": 500, "currency": "eur"},
        lambda t: {"customer": t.customer(), "currency": "eur"},
        lambda t: {"customer": t.customer()},
    ],
    "POST /v1/invoices/{id}/add_lines": [lambda t: {"lines": [{"description": "More", "amount": 100}]}],
    "POST /v1/invoices/{id}/pay": [lambda t: {}, lambda t: {"payment_method": t.payment_method()}],
    "POST /v1/test_helpers/test_clocks": [lambda t: {"frozen_time": t.now()}],
    "POST /v1/test_helpers/test_clocks/{id}/advance": [lambda t: {"frozen_time": t.now() + 3600}],
    "POST /v1/billing_portal/configurations": [lambda t: {"features": {"invoice_history": {"enabled": True}}}],
    "POST /v1/billing_portal/sessions": [
        lambda t: {"customer": t.customer()},
        lambda t: {"customer": t.customer(), "configuration": t.portal(), "return_url": "https://shop.example/back"},
    ],
    "POST /v1/webhook_endpoints": [
        lambda t: {"url": "https://shop.example/hook", "enabled_events": ["charge.refunded"]}],
}


def path_of(endpoint, things):
    """The endpoint's path with ids of fresh objects."""
    fitting = [begin for begin in IDS if endpoint.path.startswith(begin)]
    if "{id}" not in endpoint.path:
        return endpoint.path
    ids = IDS[max(fitting, key=len)](things)
    path = endpoint.path
    for one in ids if isinstance(ids, tuple) else (ids,):
        path = path.replace("{id}", one, 1)
    return path


def requests_of(endpoint, things):
    """Makers of requests that are in order without further parameters."""
    if endpoint.path.endswith("/search"):
        return [lambda t: {"query": "created>0"}]
    return REQUESTS.get(endpoint.name, [lambda t: {}])
