//! Request parameters: Stripe's form encoding read into a tree, then held against what an endpoint
//! accepts, so that handlers only meet names and types that they declared.

mod form;
mod schema;

pub(crate) use form::{Malformed, parse};
pub(crate) use schema::{Field, Kind, Params, validate};
