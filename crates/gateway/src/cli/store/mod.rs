//! `tillgate store …`: stores, as an operator sees them.

pub mod create;
pub mod list;
pub mod show;

use anyhow::Context;
use db::stores::Store;
use domain::{Mode, StoreId};
use jiff::Timestamp;
use serde::Serialize;

use super::print;
use crate::app::App;

/// A store on standard output.
#[derive(Serialize)]
struct StoreOutput {
    id: StoreId,
    name: String,
    merchant_email: Option<String>,
    currency: String,
    active_mode: Option<Mode>,
    capture_on: String,
    allowed_origins: Vec<String>,
    return_origins: Vec<String>,
    created_at: Timestamp,
}

impl From<Store> for StoreOutput {
    fn from(store: Store) -> Self {
        Self {
            id: store.id,
            name: store.name,
            merchant_email: store.merchant_email,
            currency: store.currency.to_string(),
            active_mode: store.active_mode,
            capture_on: store.capture_on,
            allowed_origins: store.allowed_origins,
            return_origins: store.return_origins,
            created_at: store.created_at,
        }
    }
}

impl StoreOutput {
    fn print(&self) -> std::io::Result<()> {
        print::facts(&[
            ("Id", self.id.to_string()),
            ("Name", self.name.clone()),
            ("Merchant", or_dash(self.merchant_email.as_deref())),
            ("Currency", self.currency.to_uppercase()),
            ("Active mode", mode(self.active_mode)),
            ("Captures when", self.capture_on.clone()),
            (
                "Allowed origins",
                or_dash(Some(&self.allowed_origins.join(" "))),
            ),
            (
                "Return origins",
                or_dash(Some(&self.return_origins.join(" "))),
            ),
            ("Created", self.created_at.to_string()),
        ])
    }
}

/// The store, or a failure in words.
pub(super) async fn find(app: &App, store_id: StoreId) -> anyhow::Result<Store> {
    let mut conn = app.db.read().await?;
    let store = db::stores::find(&mut conn, store_id).await?;
    store.with_context(|| format!("there is no store {store_id}; `tillgate store list` shows all"))
}

/// TEST, LIVE, or a dash while nothing is connected.
pub(super) fn mode(mode: Option<Mode>) -> String {
    or_dash(mode.map(|mode| mode.as_str().to_uppercase()).as_deref())
}

/// A value, or a dash where there is none.
pub(super) fn or_dash(value: Option<&str>) -> String {
    value
        .filter(|value| !value.is_empty())
        .unwrap_or("-")
        .to_owned()
}
