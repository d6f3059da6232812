//! Draws that can be repeated: a pure function of the seed, the rule, and which of the rule's matches it is.
//! No clock and no other rule plays a part, so that a failure can be played again.

use sha2::{Digest, Sha256};

/// The draws of one rule for its `n`-th match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chance<'a> {
    pub(crate) seed: u64,
    pub(crate) rule: &'a str,
    /// From 1.
    pub(crate) n: u64,
}

impl Chance<'_> {
    /// A number from 0 (included) to 1 (excluded). Draws for different purposes are independent.
    pub(crate) fn unit(&self, purpose: &str) -> f64 {
        f64::from(self.word(purpose)) / (f64::from(u32::MAX) + 1.0)
    }

    /// From a log-normal distribution with this median and this 99th percentile.
    pub(crate) fn log_normal(&self, p50: f64, p99: f64) -> f64 {
        /// Of the standard normal distribution.
        const P99: f64 = 2.326_347_874;
        let radius = (-2.0 * (1.0 - self.unit("radius")).ln()).sqrt();
        let standard = radius * (std::f64::consts::TAU * self.unit("angle")).cos();
        p50 * ((p99 / p50).ln() / P99 * standard).exp()
    }

    /// Puts the items in another order; two or more never stay as they are.
    pub(crate) fn reorder<T>(&self, items: Vec<T>) -> Vec<T> {
        let mut keyed: Vec<(u32, usize, T)> = items
            .into_iter()
            .enumerate()
            .map(|(index, item)| (self.word(&format!("place {index}")), index, item))
            .collect();
        keyed.sort_by_key(|(word, index, _)| (*word, *index));
        if keyed.is_sorted_by_key(|(_, index, _)| *index) && !keyed.is_empty() {
            keyed.rotate_left(1);
        }
        keyed.into_iter().map(|(_, _, item)| item).collect()
    }

    fn word(&self, purpose: &str) -> u32 {
        let mut digest = Sha256::new();
        digest.update(self.seed.to_be_bytes());
        digest.update(self.n.to_be_bytes());
        digest.update(self.rule);
        digest.update([0]);
        digest.update(purpose);
        digest
            .finalize()
            .iter()
            .take(4)
            .fold(0, |word, byte| word << 8 | u32::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chances(seed: u64) -> impl Iterator<Item = Chance<'static>> {
        (1..=10_000).map(move |n| Chance {
            seed,
            rule: "fault_1",
            n,
        })
    }

    #[test]
    fn draws_are_even_and_depend_on_the_seed() {
        let hits = |seed| {
            chances(seed)
                .filter(|one| one.unit("meets") < 0.25)
                .map(|one| one.n)
                .collect::<Vec<_>>()
        };
        assert!((2_300..2_700).contains(&hits(1).len()));
        assert_eq!(hits(1), hits(1));
        assert_ne!(hits(1), hits(2));
    }

    #[test]
    fn latencies_have_the_percentiles_that_were_asked_for() {
        let mut drawn: Vec<f64> = chances(7).map(|one| one.log_normal(80.0, 900.0)).collect();
        drawn.sort_by(f64::total_cmp);
        assert!((75.0..85.0).contains(&drawn[5_000]), "{}", drawn[5_000]);
        assert!((750.0..1_100.0).contains(&drawn[9_900]), "{}", drawn[9_900]);
    }

    #[test]
    fn an_order_is_another_order_of_the_same() {
        for chance in chances(3).take(200) {
            let mut reordered = chance.reorder(vec![1, 2, 3]);
            assert_ne!(reordered, [1, 2, 3]);
            reordered.sort_unstable();
            assert_eq!(reordered, [1, 2, 3]);
        }
        let one = Chance {
            seed: 1,
            rule: "",
            n: 1,
        };
        assert_eq!(one.reorder(vec![1]), [1]);
        assert!(one.reorder(Vec::<u8>::new()).is_empty());
    }
}
