//! The one place where time enters, so that tests can move it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// The system's clock, or one that stands still until a test moves it. Clones share the same clock.
#[derive(Clone)]
pub struct Clock(Kind);

#[derive(Clone)]
enum Kind {
    System,
    /// Microseconds since 1970.
    Stopped(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that stands at `instant`.
    pub fn stopped_at(instant: Timestamp) -> Self {
        Self(Kind::Stopped(Arc::new(AtomicI64::new(
            instant.as_microsecond(),
        ))))
    }

    /// Now, in whole microseconds, which is what both databases keep.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where time enters"
    )]
    pub fn now(&self) -> Timestamp {
        let micros = match &self.0 {
            Kind::System => Timestamp::now().as_microsecond(),
            Kind::Stopped(micros) => micros.load(Ordering::SeqCst),
        };
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
    }

    /// Moves a stopped clock; the system's goes on by itself.
    pub fn advance(&self, by: SignedDuration) {
        if let Kind::Stopped(micros) = &self.0 {
            let by_micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            micros.fetch_add(by_micros, Ordering::SeqCst);
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::System => "Clock(system)",
            Kind::Stopped(_) => "Clock(stopped)",
        })
    }
}
