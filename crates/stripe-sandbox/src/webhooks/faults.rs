//! Failures of deliveries on request. Rules count deliveries (one event for one endpoint) in the order in which the
//! events occurred; what a rule does to a delivery is decided once, when the delivery is due first.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::faults::Odds;

const MAX_FAULTS: usize = 1_000;
/// More copies of one delivery show nothing new.
const MAX_COPIES: u32 = 100;
/// What waits in a window waits in memory.
const MAX_WINDOW: u32 = 1_000;
/// Longer than any test has patience.
const MAX_WAIT_MS: u32 = 600_000;

/// What happens to a delivery. In JSON a string, or an object with one name: `{"delay_ms": 250}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WebhookFaultKind {
    /// Delivered so many times in all; each copy is sent once, whatever the answer.
    Duplicate {
        #[serde(default = "two")]
        copies: u32,
        /// All at once, instead of each after the answer to the one before.
        #[serde(default)]
        concurrent: bool,
    },
    /// So many deliveries are gathered and go out one after the other, in another order. A window that has not filled
    /// up after `max_wait_ms` goes out as it is.
    Reorder {
        #[serde(default = "three")]
        window: u32,
        #[serde(default = "second")]
        max_wait_ms: u32,
    },
    /// Late by real milliseconds.
    DelayMs(u32),
    /// Never sent, and not tried again.
    Drop,
    /// The first attempt is signed with another secret.
    WrongSignature,
    /// The body of the first attempt takes so long to arrive, byte by byte.
    SlowMs(u32),
    /// The connection of the first attempt is cut in the middle of the body.
    Disconnect,
}

/// A rule as it is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhookFault {
    /// A name of one's own; `webhook_fault_1`, `webhook_fault_2`, … if absent.
    id: Option<String>,
    account: Option<String>,
    endpoint_id: Option<String>,
    event_type: Option<String>,
    times: Option<u32>,
    probability: Option<f64>,
    kind: WebhookFaultKind,
}

/// A fault and the deliveries that it is for.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WebhookFault {
    #[serde(flatten)]
    odds: Odds,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type: Option<String>,
    kind: WebhookFaultKind,
}

/// What a delivery is about, for the rules.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) account: &'a str,
    pub(crate) endpoint: &'a str,
    pub(crate) event_type: &'a str,
}

/// The fault that a delivery has met.
#[derive(Clone, Debug)]
pub(crate) struct MetFault {
    pub(crate) rule: String,
    pub(crate) n: u64,
    pub(crate) kind: WebhookFaultKind,
}

/// The rules, oldest first. Spent ones stay to be read until there is no room.
#[derive(Default)]
pub(crate) struct WebhookFaults {
    rules: Vec<WebhookFault>,
    named: u32,
}

impl WebhookFaults {
    /// Sets a fault, or says what is wrong with it.
    pub(crate) fn add(&mut self, new: NewWebhookFault) -> Result<&WebhookFault, &'static str> {
        new.kind.check()?;
        if self.rules.len() >= MAX_FAULTS {
            let spent = self.rules.iter().position(|rule| rule.odds.is_spent());
            self.rules.remove(spent.ok_or("there are too many faults")?);
        }
        let id = new.id.unwrap_or_else(|| {
            self.named += 1;
            format!("webhook_fault_{}", self.named)
        });
        if self.rules.iter().any(|rule| rule.odds.id == id) {
            return Err("there is a fault with this id");
        }
        self.rules.push(WebhookFault {
            odds: Odds::new(id, new.times, new.probability)?,
            account: new.account,
            endpoint_id: new.endpoint_id,
            event_type: new.event_type,
            kind: new.kind,
        });
        self.rules.last().ok_or("there is no fault")
    }

    /// Takes one away; false if there is none of this name.
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.odds.id != id);
        self.rules.len() < before
    }

    /// Takes all away; names start again from `webhook_fault_1`.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Every rule counts from its first match again.
    pub(crate) fn restart(&mut self) {
        self.rules.iter_mut().for_each(|rule| rule.odds.restart());
    }

    pub(crate) fn all(&self) -> &[WebhookFault] {
        &self.rules
    }

    /// What a delivery meets that goes out by itself. Every matching rule draws; the oldest that applies wins.
    pub(super) fn meet(&mut self, seed: u64, subject: Subject<'_>) -> Option<MetFault> {
        self.meet_any(seed, subject, |_| true)
    }

    /// What an attempt meets that a test or a merchant asks for: how often and when it is sent was said with it.
    pub(super) fn meet_by_hand(&mut self, seed: u64, subject: Subject<'_>) -> Option<MetFault> {
        self.meet_any(seed, subject, WebhookFaultKind::spoils)
    }

    fn meet_any(
        &mut self,
        seed: u64,
        subject: Subject<'_>,
        counts: impl Fn(&WebhookFaultKind) -> bool,
    ) -> Option<MetFault> {
        let mut met = None;
        for rule in self.rules.iter_mut().filter(|rule| counts(&rule.kind)) {
            if !rule.is_for(subject) {
                continue;
            }
            if let (Some(n), None) = (rule.odds.draw(seed), &met) {
                rule.odds.count();
                met = Some(MetFault {
                    rule: rule.odds.id.clone(),
                    n,
                    kind: rule.kind.clone(),
                });
            }
        }
        met
    }
}

impl WebhookFault {
    fn is_for(&self, subject: Subject<'_>) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|one| one == is);
        fits(&self.account, subject.account)
            && fits(&self.endpoint_id, subject.endpoint)
            && fits(&self.event_type, subject.event_type)
    }
}

impl WebhookFaultKind {
    fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::Duplicate { copies, .. } if !(2..=MAX_COPIES).contains(copies) => {
                Err("copies are from 2 to 100")
            }
            Self::Reorder { window, .. } if !(2..=MAX_WINDOW).contains(window) => {
                Err("a window is from 2 to 1000")
            }
            Self::Reorder {
                max_wait_ms: ms, ..
            }
            | Self::DelayMs(ms)
            | Self::SlowMs(ms)
                if *ms > MAX_WAIT_MS =>
            {
                Err("no fault waits for more than ten minutes")
            }
            _ => Ok(()),
        }
    }

    /// Whether it changes how one attempt is sent, and not when or how often.
    pub(super) fn spoils(&self) -> bool {
        matches!(
            self,
            Self::WrongSignature | Self::SlowMs(_) | Self::Disconnect
        )
    }
}

impl MetFault {
    /// As it stands in the delivery log.
    pub(super) fn log(&self) -> Value {
        json!({ "id": self.rule, "n": self.n, "kind": self.kind })
    }
}

const fn two() -> u32 {
    2
}

const fn three() -> u32 {
    3
}

const fn second() -> u32 {
    1_000
}
