//! The demo store's API key. Only its hash is in the database, so its text is kept beside it, to be shown again.

use std::path::Path;

use anyhow::Context;
use domain::{Mode, StoreId};
use secrecy::SecretString;

use crate::app::App;
use crate::guards::find_api_key;
use crate::internal::create_api_key;
use crate::settings::data_file;

const FILE: &str = "demo_api_key";

/// The key of the last start, or a new one where the database does not know it.
pub(super) async fn find_or_create(app: &App, store_id: StoreId) -> anyhow::Result<SecretString> {
    let path = Path::new(data_file::FOLDER).join(FILE);
    let unusable = || format!("{} cannot be used", path.display());
    if let Some(kept) = data_file::find(&path).with_context(unusable)? {
        if find_api_key(app, store_id, &kept).await?.is_some() {
            return Ok(kept);
        }
        // Of another database: somebody removed or replaced this one.
        std::fs::remove_file(&path).with_context(unusable)?;
    }
    let minted = create_api_key::mint(app, store_id, Mode::Test, "Demo".into()).await?;
    data_file::keep(&path, minted.key).with_context(unusable)
}
