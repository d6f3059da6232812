//! `tillgate store list`

use super::{StoreOutput, mode};
use crate::cli::{open, print};

/// More than anybody reads on a screen; larger deployments ask their database.
const MAX_STORES: i64 = 10_000;

/// Arguments of `store list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// Prints all stores, oldest first.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let app = open::app_from_settings().await?;
    let stores = db::stores::list(&mut app.db.read().await?, MAX_STORES).await?;
    open::close(&app).await;
    if args.json {
        let stores: Vec<StoreOutput> = stores.into_iter().map(StoreOutput::from).collect();
        return Ok(print::json(&stores)?);
    }
    if stores.is_empty() {
        return Ok(print::line(
            "No stores yet. Make one with: tillgate store create --name NAME",
        )?);
    }
    let rows = stores.into_iter().map(|store| {
        [
            store.id.to_string(),
            store.name,
            mode(store.active_mode),
            store.created_at.to_string(),
        ]
    });
    print::table(["Id", "Name", "Active mode", "Created"], rows)?;
    Ok(())
}
