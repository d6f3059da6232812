//! The catalogue as CSV, for people with spreadsheets.

pub mod cells;
pub mod export;
pub mod import;
mod rows;
