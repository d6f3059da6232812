//! How often a rule applies: a number of times, with a probability, or both.

use serde::{Serialize, Serializer};

use crate::chance::Chance;

/// A name that a person chose for a rule; more would not fit a log line.
const MAX_ID_CHARS: usize = 64;

/// A rule's name, its odds, and what has become of them.
#[derive(Clone, Debug)]
pub(crate) struct Odds {
    pub(crate) id: String,
    /// None: for ever.
    times: Option<u32>,
    probability: f64,
    /// So many matches pass before the first draw.
    skip: u32,
    matched: u64,
    met: u32,
}

impl Odds {
    /// Without a probability the rule applies once, or as often as `times` says; with one, for ever.
    pub(crate) fn new(
        id: String,
        times: Option<u32>,
        probability: Option<f64>,
    ) -> Result<Self, &'static str> {
        if id.is_empty()
            || id.len() > MAX_ID_CHARS
            || !id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        {
            return Err("an id has at most 64 letters, digits, and _ - .");
        }
        let likely = probability.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&likely) {
            return Err("a probability is from 0 to 1");
        }
        Ok(Self {
            id,
            times: times.or(probability.is_none().then_some(1)),
            probability: likely,
            skip: 0,
            matched: 0,
            met: 0,
        })
    }

    /// The same, once so many matches have passed.
    pub(crate) fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Counts a match and draws: which match it is, if the rule applies to it.
    pub(crate) fn draw(&mut self, seed: u64) -> Option<u64> {
        if self.is_spent() {
            return None;
        }
        self.matched += 1;
        let n = self.matched;
        let is_meant = n > u64::from(self.skip);
        (is_meant && self.chance(seed, n).unit("meets") < self.probability).then_some(n)
    }

    /// The rule was not only drawn, but is what happened.
    pub(crate) fn count(&mut self) {
        self.met = self.met.saturating_add(1);
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.left() == Some(0)
    }

    /// As if nothing had matched yet.
    pub(crate) fn restart(&mut self) {
        (self.matched, self.met) = (0, 0);
    }

    pub(crate) fn chance(&self, seed: u64, n: u64) -> Chance<'_> {
        let rule = self.id.as_str();
        Chance { seed, rule, n }
    }

    fn left(&self) -> Option<u32> {
        self.times.map(|times| times.saturating_sub(self.met))
    }
}

/// `times` is how often it still applies; null is for ever.
impl Serialize for Odds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct View<'a> {
            id: &'a str,
            times: Option<u32>,
            probability: f64,
            matched: u64,
            met: u32,
        }
        let view = View {
            id: &self.id,
            times: self.left(),
            probability: self.probability,
            matched: self.matched,
            met: self.met,
        };
        view.serialize(serializer)
    }
}
