//! Stripe's two worlds. Nothing of one is ever used in the other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Test or live data, as at Stripe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Stripe's test mode: no money moves.
    Test,
    /// Real money.
    Live,
}

impl Mode {
    /// Both modes, test first.
    pub const ALL: [Self; 2] = [Self::Test, Self::Live];

    /// The word that is stored and shown: `test` or `live`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }

    /// Stripe's `livemode` flag.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Live)
    }

    /// From Stripe's `livemode` flag.
    pub const fn from_livemode(livemode: bool) -> Self {
        if livemode { Self::Live } else { Self::Test }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is neither `test` nor `live`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("mode must be test or live")]
pub struct InvalidMode;

impl FromStr for Mode {
    type Err = InvalidMode;

    fn from_str(text: &str) -> Result<Self, InvalidMode> {
        match text {
            "test" => Ok(Self::Test),
            "live" => Ok(Self::Live),
            _ => Err(InvalidMode),
        }
    }
}
