//! `tillgate events list`

use db::inbox;

use super::Which;
use crate::app::App;
use crate::cli::store::or_dash;
use crate::cli::{open, print};
use crate::events::wire::EventReply;

/// Arguments of `events list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// At most so many, 1 to 10000
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// Prints events, newest first.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let app = open::app_from_settings().await?;
    let events = read(&app, args).await;
    open::close(&app).await;
    let events = events?;
    if args.json {
        return Ok(print::json(&events)?);
    }
    if events.is_empty() {
        return Ok(print::line("No events.")?);
    }
    let rows = events.into_iter().map(|event| {
        [
            event.received_at.to_string(),
            event.id,
            event.r#type,
            event.state,
            event.attempts.to_string(),
            or_dash(event.last_error.as_deref()),
        ]
    });
    print::table(
        ["Received", "Id", "Type", "State", "Tries", "Last error"],
        rows,
    )?;
    Ok(())
}

async fn read(app: &App, args: &Args) -> anyhow::Result<Vec<EventReply>> {
    let (mode, filter) = args.which.resolve(app).await?;
    let mut conn = app.db.read().await?;
    let store_id = args.which.store;
    let rows = inbox::list_before(&mut conn, store_id, mode, &filter, None, args.limit).await?;
    Ok(rows.into_iter().map(EventReply::from).collect())
}
