//! When a delivery that failed is tried again. Source: Stripe docs, "Webhooks", "Retry behavior".
//!
//! Published: in live mode "for up to three days with an exponential back off", in test mode "three times over the
//! course of a few hours". The single intervals are not published: those below are ours.

use std::time::Duration;

/// Three retries within a few hours.
const TEST: [Duration; 3] = [
    Duration::from_mins(10),
    Duration::from_hours(1),
    Duration::from_hours(2),
];
/// Three times longer each, up to half a day: 70 hours in all.
const LIVE: [Duration; 10] = [
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_mins(45),
    Duration::from_mins(135),
    Duration::from_mins(405),
    Duration::from_hours(12),
    Duration::from_hours(12),
    Duration::from_hours(12),
    Duration::from_hours(12),
    Duration::from_hours(12),
];

/// How many times faster than at Stripe the waits between attempts go by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Speed(f64);

impl Speed {
    /// As fast as Stripe (1) up to a million million times faster, which is at once.
    pub(crate) fn new(factor: f64) -> Option<Self> {
        (1.0..=1e12).contains(&factor).then_some(Self(factor))
    }

    pub(crate) fn factor(self) -> f64 {
        self.0
    }

    /// The wait after the `tries`-th attempt failed (from 1); none if there is no further one.
    pub(crate) fn wait(self, livemode: bool, tries: u32) -> Option<Duration> {
        let waits: &[Duration] = if livemode { &LIVE } else { &TEST };
        let index = usize::try_from(tries).ok()?.checked_sub(1)?;
        waits.get(index).map(|wait| wait.div_f64(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(livemode: bool) -> Vec<Duration> {
        let stripe = Speed::new(1.0).unwrap();
        (1..)
            .map_while(|tries| stripe.wait(livemode, tries))
            .collect()
    }

    #[test]
    fn what_stripe_publishes_holds() {
        let hours = |livemode| waits(livemode).iter().sum::<Duration>().as_secs() / 3_600;
        assert_eq!((waits(false).len(), hours(false)), (3, 3));
        assert_eq!(hours(true), 70, "up to three days");
        assert!(waits(true).is_sorted());
    }

    #[test]
    fn a_factor_compresses_every_wait() {
        let fast = Speed::new(600.0).unwrap();
        assert_eq!(fast.wait(false, 1), Some(Duration::from_secs(1)));
        assert_eq!(fast.wait(false, 4), None);
        assert_eq!(fast.wait(false, 0), None);
        assert_eq!(Speed::new(0.5), None);
        assert_eq!(Speed::new(f64::NAN), None);
    }
}
