//! `tillgate store show`

use domain::StoreId;

use super::{StoreOutput, find};
use crate::cli::{open, print};

/// Arguments of `store show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's id
    id: StoreId,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints one store.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let app = open::app_from_settings().await?;
    let store = find(&app, args.id).await;
    open::close(&app).await;
    let store = StoreOutput::from(store?);
    if args.json {
        return Ok(print::json(&store)?);
    }
    store.print()?;
    Ok(())
}
