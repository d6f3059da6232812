//! `tillgate store create`

use db::stores::Store;
use domain::{Currency, StoreId, text};

use super::StoreOutput;
use crate::app::App;
use crate::cli::{open, print};

/// As in the internal API.
const MAX_NAME_CHARS: usize = 120;

/// Arguments of `store create`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What shoppers read, at most 120 characters
    #[arg(long, value_parser = store_name)]
    name: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn store_name(name: &str) -> Result<String, text::InvalidText> {
    text::line(name, MAX_NAME_CHARS)
}

/// Creates a store and prints it.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let app = open::app_from_settings().await?;
    let store = create(&app, &args.name).await?;
    open::close(&app).await;
    let store = StoreOutput::from(store);
    if args.json {
        return Ok(print::json(&store)?);
    }
    store.print()?;
    Ok(())
}

/// Writes a store with defaults for all but its name.
async fn create(app: &App, name: &str) -> anyhow::Result<Store> {
    let store = Store {
        id: StoreId::generate(),
        name: name.to_owned(),
        merchant_email: None,
        currency: Currency::EUR,
        active_mode: None,
        capture_on: "confirmed".into(),
        allowed_origins: Vec::new(),
        return_origins: Vec::new(),
        created_at: app.now(),
    };
    let mut tx = app.db.begin().await?;
    db::stores::insert(&mut tx, &store).await?;
    db::audit::record(
        &mut tx,
        store.id,
        "operator",
        "store.created",
        &store.id.to_string(),
        store.created_at,
    )
    .await?;
    tx.commit().await?;
    Ok(store)
}
