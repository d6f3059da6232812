//! What one account has in one mode. Nothing in here refers to another ledger.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::billing::{self, Billing};
use crate::catalogue::{PRICE, PRICE_INCLUDED};
use crate::checkout;
use crate::config::AccountSpec;
use crate::objects::{
    BalanceTransaction, Charge, Event, PaymentIntent, PaymentMethod, Refund, SetupIntent,
    WebhookEndpoint,
};
use crate::state::{Documents, LedgerKey, Standing, Timers};
use crate::v1::idempotency::IdempotencyKeys;
use crate::v1::{Origin, previous_attributes};
use crate::webhooks::{Delivery, DeliveryId, DeliveryMode, DeliveryState};

/// One account in one mode. Collections keep the order of creation.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ledger {
    pub(crate) spec: AccountSpec,
    pub(crate) livemode: bool,
    pub(crate) created: i64,
    pub(crate) payment_intents: IndexMap<String, PaymentIntent>,
    pub(crate) charges: IndexMap<String, Charge>,
    pub(crate) payment_methods: IndexMap<String, PaymentMethod>,
    pub(crate) setup_intents: IndexMap<String, SetupIntent>,
    pub(crate) refunds: IndexMap<String, Refund>,
    pub(crate) balance_transactions: IndexMap<String, BalanceTransaction>,
    pub(crate) webhook_endpoints: IndexMap<String, WebhookEndpoint>,
    pub(crate) documents: Documents,
    pub(crate) billing: Billing,
    pub(crate) events: IndexMap<String, Event>,
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) delivery_mode: DeliveryMode,
    pub(crate) standing: Standing,
    pub(crate) idempotency: IdempotencyKeys,
    pub(crate) timers: Timers,
    /// The time of the last request or control request.
    pub(crate) now: i64,
    /// Deliveries that wait for the lock to be released.
    #[serde(skip)]
    due: Vec<DeliveryId>,
    #[serde(skip)]
    withheld: Option<Vec<Event>>,
}

impl Ledger {
    pub(crate) fn new(spec: AccountSpec, livemode: bool, created: i64) -> Self {
        Self {
            spec,
            livemode,
            created,
            payment_intents: IndexMap::new(),
            charges: IndexMap::new(),
            payment_methods: IndexMap::new(),
            setup_intents: IndexMap::new(),
            refunds: IndexMap::new(),
            balance_transactions: IndexMap::new(),
            webhook_endpoints: IndexMap::new(),
            documents: Documents::default(),
            billing: Billing::default(),
            events: IndexMap::new(),
            deliveries: Vec::new(),
            delivery_mode: DeliveryMode::Auto,
            standing: Standing::Active,
            idempotency: IdempotencyKeys::default(),
            timers: Timers::default(),
            now: created,
            due: Vec::new(),
            withheld: None,
        }
    }

    pub(crate) fn key(&self) -> LedgerKey {
        LedgerKey {
            account_id: self.spec.account_id.clone(),
            livemode: self.livemode,
        }
    }

    /// An object by the name in its `object` and its id, as the secret key sees it.
    pub(crate) fn object(&self, kind: &str, id: &str) -> Option<Value> {
        match kind {
            "payment_intent" => self.payment_intents.get(id).map(PaymentIntent::render),
            "charge" => self.charges.get(id).map(Charge::render),
            "payment_method" => self.payment_methods.get(id).map(PaymentMethod::render),
            "setup_intent" => self.setup_intents.get(id).map(SetupIntent::render),
            "refund" => self.refunds.get(id).map(Refund::render),
            "webhook_endpoint" => (self.webhook_endpoints.get(id)).map(WebhookEndpoint::render),
            "balance_transaction" => {
                let found = self.balance_transactions.get(id);
                found.map(|transaction| transaction.render(self.now))
            }
            _ => self.documents.get(kind, id).cloned().map(Value::Object),
        }
    }

    /// Whether an object of any kind has this id.
    pub(crate) fn holds(&self, id: &str) -> bool {
        self.payment_intents.contains_key(id)
            || self.charges.contains_key(id)
            || self.payment_methods.contains_key(id)
            || self.setup_intents.contains_key(id)
            || self.refunds.contains_key(id)
            || self.balance_transactions.contains_key(id)
            || self.webhook_endpoints.contains_key(id)
            || self.events.contains_key(id)
            || self.documents.holds(id)
    }

    /// A list within an object that Stripe answers only where it is expanded.
    pub(crate) fn included(&self, object: &Value, field: &str) -> Option<Value> {
        let id = object["id"].as_str()?;
        match object["object"].as_str()? {
            "charge" if field == "refunds" => Some(self.refunds_of(id)),
            PRICE => self.documents.get(PRICE_INCLUDED, id)?.get(field).cloned(),
            checkout::SESSION if field == "line_items" => {
                let items = checkout::items(self, id);
                let url = format!("/v1/checkout/sessions/{id}/line_items");
                Some(json!({ "object": "list", "data": items, "has_more": false, "url": url }))
            }
            "invoice" => billing::included(self, id, field),
            "customer" if field == "subscriptions" => Some(billing::subscriptions_of(self, id)),
            _ => None,
        }
    }

    /// The newest refunds of a charge, as they stand in it where they are expanded.
    fn refunds_of(&self, charge: &str) -> Value {
        const SHOWN: usize = 10;
        let refunds = self.refunds.values().rev();
        let mut all = refunds.filter(|refund| refund.charge == charge);
        let data: Vec<_> = all.by_ref().take(SHOWN).map(Refund::render).collect();
        serde_json::json!({
            "object": "list",
            "data": data,
            "has_more": all.next().is_some(),
            "url": format!("/v1/charges/{charge}/refunds"),
        })
    }

    /// Records that something happened and queues it for every endpoint that wants to know.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers render the object for this only"
    )]
    pub(crate) fn emit(&mut self, kind: &'static str, object: Value, origin: &Origin) {
        self.record(Event::new(kind, &object, self.livemode, origin));
    }

    /// The same for a change: `previous` has the former values of what changed.
    pub(crate) fn emit_change(
        &mut self,
        kind: &'static str,
        object: &Value,
        previous: &Value,
        origin: &Origin,
    ) {
        let event = Event::new(kind, object, self.livemode, origin);
        self.record(event.with_previous(previous));
    }

    /// Tells of an object that was changed, with the former values of what differs. Where nothing
    /// has changed, nothing is told.
    pub(crate) fn emit_difference(
        &mut self,
        kind: &'static str,
        before: Value,
        object: &Value,
        origin: &Origin,
    ) {
        let Value::Object(before) = before else {
            return;
        };
        let previous = previous_attributes(before, object);
        if !previous.is_empty() {
            self.emit_change(kind, object, &Value::Object(previous), origin);
        }
    }

    /// Keeps events back that may turn out never to have happened.
    pub(crate) fn withhold_events(&mut self) {
        self.withheld = Some(Vec::new());
    }

    /// Lets the withheld events of the kinds go that `keep` chooses; the others have not happened.
    pub(crate) fn release_events(&mut self, keep: impl Fn(&str) -> bool) {
        for event in self.withheld.take().into_iter().flatten() {
            if keep(event.kind) {
                self.record(event);
            }
        }
    }

    fn record(&mut self, mut event: Event) {
        if let Some(withheld) = &mut self.withheld {
            withheld.push(event);
            return;
        }
        let kind = event.kind;
        let first = self.deliveries.len();
        let ledger = self.key();
        let state = match self.delivery_mode {
            DeliveryMode::Auto => DeliveryState::Pending,
            DeliveryMode::Hold => DeliveryState::Held,
        };
        for endpoint in self
            .webhook_endpoints
            .values()
            .filter(|endpoint| endpoint.wants(kind))
        {
            if state == DeliveryState::Pending {
                let index = self.deliveries.len();
                self.due.push(DeliveryId {
                    ledger: ledger.clone(),
                    index,
                    resend: false,
                });
            }
            self.deliveries
                .push(Delivery::new(&event, endpoint.id.clone(), state));
        }
        event.deliveries = first..self.deliveries.len();
        self.events.insert(event.id.clone(), event);
    }

    /// How many endpoints have not yet confirmed an event; Stripe's `pending_webhooks`.
    pub(crate) fn pending_webhooks(&self, event: &Event) -> usize {
        let deliveries = self
            .deliveries
            .get(event.deliveries.clone())
            .unwrap_or_default();
        deliveries
            .iter()
            .filter(|delivery| delivery.state != DeliveryState::Delivered)
            .count()
    }

    /// Has a delivery made when the lock is released.
    pub(crate) fn queue(&mut self, id: DeliveryId) {
        self.due.push(id);
    }

    /// Takes what was queued.
    pub(crate) fn take_due(&mut self) -> Vec<DeliveryId> {
        self.follow_up();
        std::mem::take(&mut self.due)
    }
}
