//! How much is killed, and what the dice are thrown from.

use std::env;
use std::hash::{DefaultHasher, Hash, Hasher};

use rand::SeedableRng;
use rand::rngs::StdRng;

/// A run's size, from the environment; without it the short form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// `SEED`: every actor's dice follow from it. What the operating system does in between does not.
    pub(crate) seed: u64,
    /// Gateways on one database.
    pub(crate) gateways: usize,
    /// `KILLS_SQLITE`, `KILLS_POSTGRES`: how often a gateway is killed.
    pub(crate) kills: usize,
    /// `KILLS_SERVER`: how often PostgreSQL itself is.
    pub(crate) server_kills: usize,
}

impl Plan {
    /// One process per file.
    pub(crate) fn for_sqlite() -> Self {
        Self {
            seed: seed(),
            gateways: 1,
            kills: number("KILLS_SQLITE", 4),
            server_kills: 0,
        }
    }

    /// Several on one server.
    pub(crate) fn for_postgres() -> Self {
        Self {
            seed: seed(),
            gateways: number("GATEWAYS", 2).max(2),
            kills: number("KILLS_POSTGRES", 4),
            server_kills: number("KILLS_SERVER", 1),
        }
    }

    /// Whether nobody waits for the end: then everything is waited for that runs out by itself.
    pub(crate) fn is_long(&self) -> bool {
        self.kills >= 20
    }

    /// The dice of one actor; no two share a sequence.
    pub(crate) fn dice(&self, actor: &str, number: usize) -> StdRng {
        let mut hasher = DefaultHasher::new();
        (self.seed, actor, number).hash(&mut hasher);
        StdRng::seed_from_u64(hasher.finish())
    }
}

fn seed() -> u64 {
    // Short enough to be typed.
    parsed("SEED").unwrap_or_else(|| rand::random_range(1..1_000_000))
}

fn number(name: &str, without: usize) -> usize {
    parsed(name).unwrap_or(without)
}

fn parsed<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok().filter(|text| !text.is_empty())?;
    let number = text.parse().ok();
    Some(number.unwrap_or_else(|| panic!("{name} is no number: {text:?}")))
}
