//! A shop with customers whose cards do what the tests need.

use serde_json::Value;

use crate::harness::{ALICE, ALICE_PK, NOW, Reply, Stripe, start};

/// Card numbers.
pub(crate) const PAYS: &str = "4242424242424242";
pub(crate) const FAILS_LATER: &str = "4000000000000341";
pub(crate) const NEEDS_3DS: &str = "4000002760003184";

pub(crate) struct Shop {
    pub(crate) stripe: Stripe,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let stripe = start().await;
        Self { stripe }
    }

    /// Posts and expects success.
    pub(crate) async fn made(&self, path: &str, form: &str) -> Value {
        let reply = self.post(path, form).await;
        assert_eq!(reply.status, 200, "{path} {form}: {}", reply.body);
        reply.body
    }

    pub(crate) async fn post(&self, path: &str, form: &str) -> Reply {
        self.stripe.post(ALICE, path, form).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let reply = self.stripe.get(ALICE, path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        reply.body
    }

    /// A customer without a card.
    pub(crate) async fn customer(&self, form: &str) -> String {
        id(&self.made("/v1/customers", form).await)
    }

    /// A customer whose default is a card of this number.
    pub(crate) async fn customer_with(&self, number: &str, form: &str) -> String {
        let customer = self.customer(form).await;
        let method = self.card(&customer, number).await;
        let form = format!("invoice_settings[default_payment_method]={method}");
        self.made(&format!("/v1/customers/{customer}"), &form).await;
        customer
    }

    /// A card that is attached to the customer.
    pub(crate) async fn card(&self, customer: &str, number: &str) -> String {
        let form = format!(
            "type=card&card[number]={number}&card[exp_month]=12&card[exp_year]=2040&card[cvc]=123"
        );
        let made = self
            .stripe
            .post(ALICE_PK, "/v1/payment_methods", &form)
            .await;
        let method = made.id().to_owned();
        let path = format!("/v1/payment_methods/{method}/attach");
        self.post(&path, &format!("customer={customer}")).await;
        method
    }

    /// The types of the events since the one before `from`, oldest first, without those of customers
    /// and cards.
    pub(crate) async fn told(&self, from: usize) -> Vec<String> {
        let all = self.stripe.event_types(ALICE).await;
        let of_billing = |kind: &String| {
            !kind.starts_with("payment_method.")
                && !["customer.created", "customer.updated", "charge.updated"]
                    .contains(&kind.as_str())
                && !kind.starts_with("price.")
                && !kind.starts_with("plan.")
                && !kind.starts_with("product.")
        };
        all.into_iter().skip(from).filter(of_billing).collect()
    }

    /// How many events there are.
    pub(crate) async fn events(&self) -> usize {
        self.stripe.event_types(ALICE).await.len()
    }
}

pub(crate) fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

/// The PaymentIntent of an invoice that was expanded with its payments.
pub(crate) fn intent_of(invoice: &Value) -> String {
    let payment = &invoice["payments"]["data"][0]["payment"];
    payment["payment_intent"].as_str().unwrap().to_owned()
}

impl Shop {
    /// A price of a product of its own.
    pub(crate) async fn price(&self, amount: i64, more: &str) -> String {
        let form = format!(
            "currency=eur&unit_amount={amount}&product_data[name]=Coffee&recurring[interval]=month&{more}"
        );
        id(&self.made("/v1/prices", &form).await)
    }

    /// A test clock that stands at `NOW`.
    pub(crate) async fn clock(&self) -> String {
        let form = format!("frozen_time={NOW}&name=test");
        id(&self.made("/v1/test_helpers/test_clocks", &form).await)
    }

    pub(crate) async fn advance(&self, clock: &str, to: i64) {
        let path = format!("/v1/test_helpers/test_clocks/{clock}");
        let advancing = self
            .made(&format!("{path}/advance"), &format!("frozen_time={to}"))
            .await;
        assert_eq!(advancing["status"], "advancing");
        assert_eq!(self.get(&path).await["status"], "ready");
    }

    pub(crate) async fn subscription(&self, form: &str) -> Value {
        self.made("/v1/subscriptions", form).await
    }

    /// A subscription as it is now, with its latest invoice.
    pub(crate) async fn now(&self, subscription: &Value) -> Value {
        let id = id(subscription);
        let path = format!("/v1/subscriptions/{id}?expand[]=latest_invoice.payments");
        self.get(&path).await
    }

    /// The invoices of a subscription, newest first.
    pub(crate) async fn invoices(&self, subscription: &Value) -> Vec<Value> {
        let path = format!("/v1/invoices?limit=100&subscription={}", id(subscription));
        self.get(&path).await["data"].as_array().unwrap().clone()
    }

    /// The challenge of a PaymentIntent is passed or failed.
    pub(crate) async fn authenticate(&self, intent: &str, outcome: &str) {
        let path = format!("/payment_intents/{intent}/authenticate");
        let outcome = serde_json::json!({ "outcome": outcome });
        assert_eq!(
            self.stripe.control("POST", &path, outcome).await.status,
            200
        );
    }
}
