//! Everything that the sandbox knows, in memory, behind one lock.

mod documents;
mod keys;
mod ledger;
mod limiter;
mod requests;
mod standing;
mod world;

pub(crate) use documents::{Document, Documents};
pub(crate) use keys::ApiKey;
pub(crate) use ledger::Ledger;
pub(crate) use requests::{RequestLog, RequestRecord};
pub(crate) use standing::Standing;
pub(crate) use world::{LedgerKey, Shared, World};
