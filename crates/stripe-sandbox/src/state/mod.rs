//! Everything that the sandbox knows, in memory, behind one lock.

mod documents;
mod file;
mod keys;
mod ledger;
mod limiter;
mod requests;
mod standing;
mod timers;
mod words;
mod world;

pub(crate) use documents::{Document, Documents};
pub(crate) use file::{StateFile, keep, save};
pub(crate) use keys::{ApiKey, Keys};
pub(crate) use ledger::Ledger;
pub(crate) use requests::{RequestLog, RequestRecord};
pub(crate) use standing::Standing;
pub(crate) use timers::{Task, Timers};
pub(crate) use words::{Word, word};
pub(crate) use world::{LedgerKey, Shared, World};
