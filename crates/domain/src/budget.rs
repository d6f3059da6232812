//! Budgets for many callers in memory of a fixed size: so many at once, then one each so often.

/// How often something may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// So many at once after a rest; at least 1.
    pub burst: u32,
    /// Then one each so many milliseconds; at least 1.
    pub every_ms: u32,
}

impl Allowance {
    /// How long a bucket that was emptied takes to be full again.
    fn rest_ms(self) -> i64 {
        i64::from(self.burst.max(1)).saturating_mul(self.one_ms())
    }

    fn one_ms(self) -> i64 {
        i64::from(self.every_ms.max(1))
    }
}

/// One caller's bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bucket {
    /// From then on it is full.
    full_at_ms: i64,
}

impl Bucket {
    /// Takes one, or says after how many milliseconds there is one again.
    pub fn take(&mut self, allowance: Allowance, now_ms: i64) -> Result<(), i64> {
        let emptied = now_ms.saturating_add(allowance.rest_ms());
        // A clock that was set back keeps nobody out for longer than an empty bucket.
        self.full_at_ms = self.full_at_ms.clamp(now_ms, emptied);
        let after = self.full_at_ms.saturating_add(allowance.one_ms());
        if after > emptied {
            return Err(after - emptied);
        }
        self.full_at_ms = after;
        Ok(())
    }
}

/// Callers that may share a place by chance.
const WAYS: usize = 8;

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// The caller; 0 is nobody.
    key: u64,
    bucket: Bucket,
}

/// Buckets of many callers. It never grows: where there is no room, the bucket that is the fullest is forgotten, which is the
/// one of whom least was seen.
#[derive(Debug)]
pub struct Table {
    slots: Vec<Slot>,
}

impl Table {
    /// A table of about so many buckets, of 16 bytes each.
    pub fn new(buckets: usize) -> Self {
        let sets = buckets.div_ceil(WAYS).max(1);
        Self {
            slots: vec![Slot::default(); sets * WAYS],
        }
    }

    /// Takes one from a caller's bucket. `key` has to be a keyed hash, so that nobody can choose whom to push out.
    pub fn take(&mut self, key: u64, allowance: Allowance, now_ms: i64) -> Result<(), i64> {
        let key = key.max(1);
        let set = self.set(key);
        let place = set
            .iter()
            .position(|slot| slot.key == key)
            .unwrap_or_else(|| fullest(set));
        let slot = &mut set[place];
        if slot.key != key {
            *slot = Slot {
                key,
                bucket: Bucket::default(),
            };
        }
        slot.bucket.take(allowance, now_ms)
    }

    fn set(&mut self, key: u64) -> &mut [Slot] {
        let sets = self.slots.len() / WAYS;
        let number = usize::try_from(key % sets as u64).unwrap_or(0);
        &mut self.slots[number * WAYS..(number + 1) * WAYS]
    }
}

fn fullest(set: &[Slot]) -> usize {
    let by_time = |place: &usize| set[*place].bucket.full_at_ms;
    (0..set.len()).min_by_key(by_time).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FEW: Allowance = Allowance {
        burst: 3,
        every_ms: 1000,
    };

    #[test]
    fn a_burst_then_one_each_period() {
        let mut bucket = Bucket::default();
        let now = 1_795_000_000_000;
        assert!((0..3).all(|_| bucket.take(FEW, now).is_ok()));
        assert_eq!(bucket.take(FEW, now), Err(1000));
        assert_eq!(bucket.take(FEW, now + 999), Err(1));
        assert_eq!(bucket.take(FEW, now + 1000), Ok(()));
        assert_eq!(bucket.take(FEW, now + 1000), Err(1000));
        // Rested, it is full, and no fuller.
        let later = now + 1_000_000;
        assert!((0..3).all(|_| bucket.take(FEW, later).is_ok()));
        assert!(bucket.take(FEW, later).is_err());
        // A clock that is set back by a year.
        let back = now - 31_536_000_000;
        assert_eq!(bucket.take(FEW, back), Err(1000));
        assert_eq!(bucket.take(FEW, back + 1000), Ok(()));
    }

    #[test]
    fn a_table_never_grows_and_keeps_whom_it_refuses() {
        let mut table = Table::new(64);
        let size = table.slots.len();
        let busy = 0x9E37_79B9_7F4A_7C15;
        let now = 1_795_000_000_000;
        while table.take(busy, FEW, now).is_ok() {}
        for other in 1..100_000_u64 {
            let key = other.wrapping_mul(0xBF58_476D_1CE4_E5B9);
            if key != busy {
                assert_eq!(
                    table.take(key, FEW, now),
                    Ok(()),
                    "each other is new, or rested"
                );
            }
            if other % 5000 == 0 {
                assert!(table.take(busy, FEW, now).is_err(), "{other}");
            }
        }
        assert_eq!(table.slots.len(), size);
    }

    proptest! {
        #[test]
        fn never_more_than_burst_and_rate(
            burst in 1..50_u32, every_ms in 1..10_000_u32, steps in prop::collection::vec(0..5_000_i64, 1..300),
        ) {
            let allowance = Allowance { burst, every_ms };
            let (mut bucket, start) = (Bucket::default(), 1_000_000_i64);
            let (mut now, mut taken) = (start, 0_i64);
            for step in steps {
                now += step;
                match bucket.take(allowance, now) {
                    Ok(()) => taken += 1,
                    Err(wait_ms) => {
                        prop_assert!(wait_ms > 0 && wait_ms <= i64::from(every_ms));
                        let mut waited = bucket;
                        prop_assert!(waited.take(allowance, now + wait_ms).is_ok());
                    }
                }
            }
            prop_assert!(taken <= i64::from(burst) + (now - start) / i64::from(every_ms));
        }

        #[test]
        fn whoever_keeps_to_the_pace_is_never_refused(burst in 1..50_u32, every_ms in 1..10_000_u32, times in 1..200_i64) {
            let allowance = Allowance { burst, every_ms };
            let mut bucket = Bucket::default();
            for time in 0..times {
                prop_assert!(bucket.take(allowance, 1_000_000 + time * i64::from(every_ms)).is_ok());
            }
        }
    }
}
