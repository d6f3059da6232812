//! Everything that the sandbox knows, in memory, behind one lock.

mod documents;
mod ledger;
mod requests;
mod world;

pub(crate) use documents::{Document, Documents};
pub(crate) use ledger::Ledger;
pub(crate) use requests::{RequestLog, RequestRecord};
pub(crate) use world::{LedgerKey, Shared, World};
