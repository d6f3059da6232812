//! The rules that are set, and which of them a request meets.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{FaultKind, Odds};

/// More rules than any test sets at once.
const MAX_FAULTS: usize = 1_000;

/// A rule as it is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFault {
    /// A name of one's own, so that the same draws come again; `fault_1`, `fault_2`, … if absent.
    id: Option<String>,
    /// Requests whose path starts with this.
    #[serde(default = "whole_api")]
    path_prefix: String,
    /// `POST`, `GET`, …; any if absent.
    method: Option<String>,
    /// Only requests with a key of this account; any if absent.
    account: Option<String>,
    times: Option<u32>,
    probability: Option<f64>,
    /// Lets so many matching requests pass first.
    #[serde(default)]
    skip: u32,
    kind: FaultKind,
    /// Put on the answer, e.g. `Retry-After` or `Stripe-Should-Retry`.
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// A fault and the requests that it is for.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fault {
    #[serde(flatten)]
    odds: Odds,
    path_prefix: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    kind: FaultKind,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
}

/// What one request meets: all latencies together, and at most one other fault.
#[derive(Default)]
pub(crate) struct Meeting {
    pub(crate) latency: Duration,
    pub(crate) kind: Option<FaultKind>,
    pub(crate) headers: BTreeMap<String, String>,
    /// `{id, n, kind}` of each rule that was met, for the request log.
    pub(crate) log: Vec<Value>,
}

/// The rules, oldest first. Spent ones stay to be read until there is no room.
#[derive(Default)]
pub(crate) struct Faults {
    rules: Vec<Fault>,
    named: u32,
}

impl Faults {
    /// Sets a fault, or says what is wrong with it.
    pub(crate) fn add(&mut self, new: NewFault) -> Result<&Fault, &'static str> {
        new.kind.check()?;
        if self.rules.len() >= MAX_FAULTS {
            let spent = self.rules.iter().position(|rule| rule.odds.is_spent());
            self.rules.remove(spent.ok_or("there are too many faults")?);
        }
        let id = new.id.unwrap_or_else(|| {
            self.named += 1;
            format!("fault_{}", self.named)
        });
        if self.rules.iter().any(|rule| rule.odds.id == id) {
            return Err("there is a fault with this id");
        }
        let rule = Fault {
            odds: Odds::new(id, new.times, new.probability)?.after(new.skip),
            path_prefix: new.path_prefix,
            method: new.method,
            account: new.account,
            kind: new.kind,
            headers: new.headers,
        };
        self.rules.push(rule);
        self.rules.last().ok_or("there is no fault")
    }

    /// Takes one away; false if there is none of this name.
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.odds.id != id);
        self.rules.len() < before
    }

    /// Takes all away; names start again from `fault_1`.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Every rule counts from its first match again.
    pub(crate) fn restart(&mut self) {
        self.rules.iter_mut().for_each(|rule| rule.odds.restart());
    }

    pub(crate) fn all(&self) -> &[Fault] {
        &self.rules
    }

    /// What this request meets. Every matching rule draws, whatever the others have drawn.
    pub(crate) fn meet(
        &mut self,
        seed: u64,
        method: &str,
        path: &str,
        account: Option<&str>,
    ) -> Meeting {
        let mut meeting = Meeting::default();
        for rule in &mut self.rules {
            if !rule.is_for(method, path, account) {
                continue;
            }
            let Some(n) = rule.odds.draw(seed) else {
                continue;
            };
            let mut log = json!({ "id": rule.odds.id, "n": n, "kind": rule.kind });
            if let Some(latency) = rule.kind.latency(rule.odds.chance(seed, n)) {
                log["waited_ms"] = json!(latency.as_millis());
                meeting.latency += latency;
            } else if meeting.kind.is_some() {
                continue;
            } else {
                meeting.kind = Some(rule.kind.clone());
            }
            meeting.headers.extend(rule.headers.clone());
            meeting.log.push(log);
            rule.odds.count();
        }
        meeting
    }
}

impl Fault {
    fn is_for(&self, method: &str, path: &str, account: Option<&str>) -> bool {
        path.starts_with(&self.path_prefix)
            && self
                .method
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self
                .account
                .as_deref()
                .is_none_or(|wanted| account == Some(wanted))
    }
}

fn whole_api() -> String {
    "/v1/".to_owned()
}
