//! The webhook endpoint that the gateway sets up in a merchant's account, and keeps as it has to be.

mod connecting;
mod health;
mod refusals;
mod repairs;
mod together;
