"""The objects that parameters and paths name, made when they are first needed."""

from parameters import values

CARD = {"currency": "eur", "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}


class Things:
    def __init__(self, api):
        self._api, self._kept = api, {}

    def make(self, path, params=None):
        status, answer = self._api("POST", path, params)
        assert status == 200, f"{path} {params}: {answer}"
        return answer

    def _keep(self, name, maker):
        if name not in self._kept:
            self._kept[name] = maker()
        return self._kept[name]

    def now(self):
        return values.now()

    def customer(self):
        return self._keep("customer", self.new_customer)

    def new_customer(self):
        return self.make("/v1/customers", {"email": "jenny@example.com"})["id"]

    def payment_method(self):
        return self._keep("payment_method", lambda: self.make(
            "/v1/payment_methods/pm_card_visa/attach", {"customer": self.customer()})["id"])

    def new_payment_method(self):
        return self.make("/v1/payment_methods", {"type": "card", "card": {"token": "tok_visa"}})["id"]

    def attached(self):
        return self.make("/v1/payment_methods/pm_card_visa/attach", {"customer": self.customer()})["id"]

    def product(self):
        return self._keep("product", self.new_product)

    def new_product(self):
        return self.make("/v1/products", {"name": "Coffee"})["id"]

    def price(self):
        return self._keep("price", self.new_price)

    def new_price(self):
        return self.make("/v1/prices", {
            "currency": "eur", "unit_amount": 1500, "product": self.product(), "recurring": {"interval": "month"}})["id"]

    def one_time_price(self):
        return self._keep("one_time_price", lambda: self.make("/v1/prices", {
            "currency": "eur", "unit_amount": 900, "product": self.product()})["id"])

    def intent(self, **more):
        return self.make("/v1/payment_intents", {"amount": 2000, **CARD, **more})

    def new_intent(self):
        return self.intent()["id"]

    def new_held(self):
        return self.intent(confirm=True, payment_method="pm_card_visa", capture_method="manual")["id"]

    def new_held_charge(self):
        return self.intent(confirm=True, payment_method="pm_card_visa", capture_method="manual")["latest_charge"]

    def new_paid(self):
        return self.intent(confirm=True, payment_method="pm_card_visa")["id"]

    def new_charge(self):
        return self.intent(confirm=True, payment_method="pm_card_visa")["latest_charge"]

    def paid(self):
        return self._keep("paid", self.new_paid)

    def charge(self):
        return self._keep("charge", self.new_charge)

    def new_refund(self):
        return self.make("/v1/refunds", {"charge": self.new_charge(), "amount": 100})["id"]

    def new_dispute(self):
        intent = self.intent(confirm=True, payment_method="pm_card_createDispute")
        status, page = self._api("GET", "/v1/disputes", {"payment_intent": intent["id"]})
        assert status == 200 and page["data"], page
        return page["data"][0]["id"]

    def new_transaction(self):
        self.paid()
        return self._api("GET", "/v1/balance_transactions", {"limit": 1})[1]["data"][0]["id"]

    def setup_intent(self):
        return self._keep("setup_intent", self.new_setup_intent)

    def new_setup_intent(self):
        return self.make("/v1/setup_intents", {
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}})["id"]

    def new_item(self):
        return self.make("/v1/invoiceitems", {"customer": self.customer(), "amount": 500, "currency": "eur"})["id"]

    def draft(self):
        return self._keep("draft", self.new_draft)

    def new_draft(self):
        invoice = self.make("/v1/invoices", {
            "customer": self.customer(), "auto_advance": False, "default_payment_method": self.payment_method()})["id"]
        self.make("/v1/invoiceitems", {
            "customer": self.customer(), "amount": 500, "currency": "eur", "invoice": invoice})
        return invoice

    def new_open_invoice(self):
        return self.make(f"/v1/invoices/{self.new_draft()}/finalize", {"auto_advance": False})["id"]

    def new_line(self):
        invoice = self.new_draft()
        return invoice, self._api("GET", f"/v1/invoices/{invoice}/lines")[1]["data"][0]["id"]

    def subscription(self):
        return self._keep("subscription", self.new_subscription)

    def new_subscription(self):
        return self.new_subscribed()["id"]

    def new_subscribed(self):
        return self.make("/v1/subscriptions", {
            "customer": self.customer(), "items": [{"price": self.price()}],
            "default_payment_method": self.payment_method()})

    def new_subscription_item(self):
        return self.new_subscribed()["items"]["data"][0]["id"]

    def new_clock(self):
        return self.make("/v1/test_helpers/test_clocks", {"frozen_time": self.now()})["id"]

    def clock(self):
        return self._keep("clock", self.new_clock)

    def portal(self):
        return self._keep("portal", self.new_portal)

    def new_portal(self):
        return self.make("/v1/billing_portal/configurations", {"features": {"invoice_history": {"enabled": True}}})["id"]

    def new_session(self):
        return self.make("/v1/checkout/sessions", {
            "mode": "payment", "success_url": "https://shop.example/ok",
            "line_items": [{"price": self.one_time_price(), "quantity": 1}]})["id"]

    def new_endpoint(self):
        """Stripe has at most 16, so the one before goes."""
        for one in self._api("GET", "/v1/webhook_endpoints", {"limit": 100})[1]["data"]:
            self._api("DELETE", f"/v1/webhook_endpoints/{one['id']}")
        made = self.make("/v1/webhook_endpoints", {
            "url": "https://shop.example/hook", "enabled_events": ["charge.refunded"], "metadata": {"of": "things"}})
        return made["id"]

    def event(self):
        self.customer()
        return self._keep("event", lambda: self._api("GET", "/v1/events", {"limit": 1})[1]["data"][0]["id"])
