//! How long requests took.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

#[derive(Default)]
pub(crate) struct Latencies(BTreeMap<&'static str, Vec<Duration>>);

impl Latencies {
    pub(crate) async fn time<T>(&mut self, what: &'static str, work: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let done = work.await;
        self.0.entry(what).or_default().push(began.elapsed());
        done
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (what, mut times) in other.0 {
            self.0.entry(what).or_default().append(&mut times);
        }
    }

    pub(crate) fn count(&self) -> u32 {
        let all: usize = self.0.values().map(Vec::len).sum();
        u32::try_from(all).unwrap()
    }

    /// One line for each kind of request.
    pub(crate) fn table(&self) -> String {
        let mut table = String::new();
        for (what, times) in &self.0 {
            let mut times = times.clone();
            times.sort_unstable();
            let at = |percent: usize| times.get((times.len() - 1) * percent / 100).unwrap();
            let (half, most, worst) = (at(50), at(99), at(100));
            writeln!(
                table,
                "{what:8} p50 {half:.1?}  p99 {most:.1?}  max {worst:.1?}"
            )
            .unwrap();
        }
        table
    }
}
