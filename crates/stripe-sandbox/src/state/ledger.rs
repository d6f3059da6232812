//! What one account has in one mode. Nothing in here refers to another ledger.

use indexmap::IndexMap;
use serde_json::Value;

use crate::config::AccountSpec;
use crate::objects::{Charge, Event, PaymentIntent, PaymentMethod, SetupIntent, WebhookEndpoint};
use crate::state::LedgerKey;
use crate::v1::Origin;
use crate::v1::idempotency::IdempotencyKeys;
use crate::webhooks::{Delivery, DeliveryId, DeliveryMode, DeliveryState};

/// One account in one mode. Collections keep the order of creation.
pub(crate) struct Ledger {
    pub(crate) spec: AccountSpec,
    pub(crate) livemode: bool,
    pub(crate) created: i64,
    pub(crate) payment_intents: IndexMap<String, PaymentIntent>,
    pub(crate) charges: IndexMap<String, Charge>,
    pub(crate) payment_methods: IndexMap<String, PaymentMethod>,
    pub(crate) setup_intents: IndexMap<String, SetupIntent>,
    pub(crate) webhook_endpoints: IndexMap<String, WebhookEndpoint>,
    pub(crate) events: IndexMap<String, Event>,
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) delivery_mode: DeliveryMode,
    pub(crate) idempotency: IdempotencyKeys,
    /// Deliveries that wait for the lock to be released.
    due: Vec<DeliveryId>,
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
            webhook_endpoints: IndexMap::new(),
            events: IndexMap::new(),
            deliveries: Vec::new(),
            delivery_mode: DeliveryMode::Auto,
            idempotency: IdempotencyKeys::default(),
            due: Vec::new(),
        }
    }

    pub(crate) fn key(&self) -> LedgerKey {
        LedgerKey {
            account_id: self.spec.account_id.clone(),
            livemode: self.livemode,
        }
    }

    /// Any object by its id, as Stripe would render it; for `expand`.
    pub(crate) fn object(&self, id: &str) -> Option<Value> {
        match id.split_once('_')?.0 {
            "pi" => self.payment_intents.get(id).map(PaymentIntent::render),
            "ch" => self.charges.get(id).map(Charge::render),
            "pm" => self.payment_methods.get(id).map(PaymentMethod::render),
            "seti" => self.setup_intents.get(id).map(SetupIntent::render),
            _ => None,
        }
    }

    /// Records that something happened and queues it for every endpoint that wants to know.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers render the object for this only"
    )]
    pub(crate) fn emit(&mut self, kind: &'static str, object: Value, origin: &Origin) {
        let mut event = Event::new(kind, &object, self.livemode, origin);
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

    /// Takes what [`Ledger::emit`] has queued.
    pub(crate) fn take_due(&mut self) -> Vec<DeliveryId> {
        std::mem::take(&mut self.due)
    }
}
