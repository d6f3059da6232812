"""Values for parameters: what fits, and what cannot."""

import time

DAY_S = 86_400
# By the parameter's own name; a callable gets the objects of the account.
NAMED = {
    "customer": lambda things: things.customer(),
    "payment_method": lambda things: things.payment_method(),
    "default_payment_method": lambda things: things.payment_method(),
    "product": lambda things: things.product(),
    "price": lambda things: things.price(),
    "prices": lambda things: things.price(),
    "charge": lambda things: things.charge(),
    "payment_intent": lambda things: things.paid(),
    "invoice": lambda things: things.draft(),
    "subscription": lambda things: things.subscription(),
    "setup_intent": lambda things: things.setup_intent(),
    "test_clock": lambda things: things.clock(),
    "configuration": lambda things: things.portal(),
    "currency": "eur", "default_currency": "eur", "country": "DE", "state": "BE", "postal_code": "10115",
    "city": "Berlin", "line1": "Musterstr. 1", "line2": "2nd floor", "name": "Jenny Rosen", "phone": "+4930123456",
    "email": "jenny@example.com", "receipt_email": "jenny@example.com", "customer_email": "jenny@example.com",
    "email_address": "jenny@example.com",
    "url": "https://shop.example/a", "return_url": "https://shop.example/back", "success_url": "https://shop.example/ok",
    "cancel_url": "https://shop.example/no", "token": "tok_visa", "exp_month": 12, "exp_year": 2034,
    "amount": 500, "unit_amount": 500, "unit_amount_decimal": "500", "amount_to_capture": 500, "quantity": 2,
    "days_until_due": 30, "trial_period_days": 7, "interval_count": 2, "statement_descriptor": "SHOP ORDER",
    "statement_descriptor_suffix": "ORDER", "day_of_month": 10, "month": 5, "hour": 3, "minute": 3, "second": 3,
    "enabled_events": "charge.succeeded", "api_version": "2026-10-28.endive", "types": "charge.succeeded",
    "query": "created>0", "ip_address": "203.0.113.7", "user_agent": "Mozilla/5.0", "tax_code": "txcd_10000000",
    "up_to": 10, "divide_by": 10, "limit": 3, "images": "https://shop.example/a.png", "frozen_time": "later",
    "source": "tok_visa", "events": "charge.succeeded",
}
# Moments that must lie ahead.
LATER = {"trial_end", "cancel_at", "due_date", "expires_at", "frozen_time", "billing_cycle_anchor", "resumes_at",
         "automatically_finalizes_at", "end_date", "next_billing", "effective_at", "end"}
LONG = "x" * 6_000
HOSTILE = [
    "", " ", "\u0000", "\u202e\U0001f9e8é", "-1", "0", "1.5", "1e309", "true", "null", "NaN", "9" * 30,
    "-" + "9" * 20, LONG, "<script>alert(1)</script>", "' OR 1=1 --", "../../etc/passwd", "%00", "[]", "{}",
    [], ["a", ["b"]], {"a": {"b": {"c": {"d": {"e": "f"}}}}}, {"0": "a", "7": "b"}, ["x"] * 40,
]


def fitting(name, kind, things, choice=None):
    """A value of the kind that looks as Stripe's documentation shows it."""
    if kind == "range":
        return {"gte": 1}
    if kind == "metadata":
        return {"order": "6735"}
    if isinstance(kind, dict):
        if "one_of" in kind:
            return choice if choice is not None else kind["one_of"][0]
        if "any_of" in kind:
            return fitting(name, kind["any_of"][0], things)
        if "list" in kind:
            return [fitting(name, kind["list"], things)]
        if "map" in kind:
            return {"eur": fitting(name, kind["map"], things)}
        return {
            marked.rstrip("!?"): fitting(marked.rstrip("!?"), one, things)
            for marked, one in kind["fields"].items() if "!" in marked
        }
    if name in LATER:
        return things.now() + 5 * DAY_S
    if kind == "boolean":
        return True
    given = NAMED.get(name)
    if callable(given):
        return given(things)
    if kind == "integer":
        return given if isinstance(given, int) else 3
    if kind in ("number", "decimal"):
        return given if given is not None else "12.5"
    return given if given is not None else "Some words"


def now():
    return int(time.time())
