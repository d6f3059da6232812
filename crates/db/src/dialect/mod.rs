//! What the two engines do differently: connection settings, claiming work, writing a batch. Nothing else may.

pub(crate) mod postgres;
pub(crate) mod sqlite;
