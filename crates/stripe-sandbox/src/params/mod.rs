//! Request parameters: Stripe's form encoding read into a tree, then held against what an endpoint
//! accepts, so that handlers only meet names and types that Stripe knows.

mod fields;
mod form;
mod given;
mod metadata;
mod validate;

pub(crate) use fields::Fields;
pub(crate) use form::{Malformed, parse};
pub(crate) use given::Params;
pub(crate) use metadata::KEYS as METADATA_KEYS;
pub(crate) use validate::validate;
