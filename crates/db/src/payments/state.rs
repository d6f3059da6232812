//! Where a payment stands and how it is captured.

use domain::order::UnknownState;

use crate::columns::Word;

/// Where our record of a `PaymentIntent` stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentState {
    /// Written here, not yet confirmed by Stripe.
    Creating,
    /// Exists at Stripe, waits for the shopper.
    Open,
    /// Held on the card.
    Authorized,
    /// Captured.
    Succeeded,
    /// Will never be paid.
    Canceled,
}

impl PaymentState {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Open => "open",
            Self::Authorized => "authorized",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

impl PaymentState {
    /// Whether the shopper's money is held or taken.
    pub const fn holds_money(self) -> bool {
        matches!(self, Self::Authorized | Self::Succeeded)
    }
}

impl TryFrom<Word> for PaymentState {
    type Error = UnknownState;

    fn try_from(word: Word) -> Result<Self, Self::Error> {
        [
            Self::Creating,
            Self::Open,
            Self::Authorized,
            Self::Succeeded,
            Self::Canceled,
        ]
        .into_iter()
        .find(|state| state.as_str() == word.as_str())
        .ok_or(UnknownState)
    }
}

/// Whether Stripe captures at once or waits for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureMethod {
    /// At once.
    Automatic,
    /// When we say so.
    Manual,
}

impl CaptureMethod {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Manual => "manual",
        }
    }
}

impl TryFrom<Word> for CaptureMethod {
    type Error = UnknownState;

    fn try_from(word: Word) -> Result<Self, Self::Error> {
        [Self::Automatic, Self::Manual]
            .into_iter()
            .find(|method| method.as_str() == word.as_str())
            .ok_or(UnknownState)
    }
}
