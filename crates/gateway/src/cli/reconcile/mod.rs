//! `tillgate reconcile`: mends a store whose webhooks were lost, now and for a time that the operator names.

mod progress;
mod report;

use std::sync::Arc;

use anyhow::{bail, ensure};
use domain::StoreId;
use jiff::{SignedDuration, Span, SpanRelativeTo};

use self::progress::Bar;
use self::report::Report;
use super::{dev, open, print, store};
use crate::app::App;
use crate::settings::{Defaults, Environment, Settings};
use crate::work::reconcile::by_hand;

/// Stripe lists the events of 30 days ("List all events").
const LONGEST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Stores that `--all` goes through.
const MAX_STORES: i64 = 100_000;

/// Arguments of `reconcile`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub struct Args {
    /// The store's id
    #[arg(long, value_name = "ID", group = "which")]
    store: Option<StoreId>,
    /// Every store that is connected, one after the other
    #[arg(long, group = "which")]
    all: bool,
    /// How far back events are listed: 90m, 24h, 7d, at most 30d
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = since)]
    since: SignedDuration,
    /// Print JSON, one line for each store
    #[arg(long)]
    json: bool,
}

/// Mends the store, or each of them, and prints what was mended. Fails if something could not be asked.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let settings = open::settings(&Defaults::default())?;
    ensure!(
        !is_of_the_sandbox(&settings),
        "`tillgate dev` keeps its sandbox beside this database: set STRIPE_API_BASE to the sandbox's address, or to https://api.stripe.com"
    );
    let app = Arc::new(open::app(settings).await?);
    let mended = mend(&app, args).await;
    open::close(&app).await;
    mended
}

/// Whether the stores' keys may be those of the sandbox of `tillgate dev`, while nobody says which Stripe to ask: the real one
/// would refuse them, and the stores would have to reconnect.
fn is_of_the_sandbox(settings: &Settings) -> bool {
    settings.environment == Environment::Development
        && settings.stripe_api_base == Defaults::default().stripe_api_base
        && std::env::var_os("STRIPE_API_BASE").is_none()
        && dev::state_file(settings).exists()
}

async fn mend(app: &Arc<App>, args: &Args) -> anyhow::Result<()> {
    let stores = match args.store {
        Some(id) => vec![store::find(app, id).await?.id],
        None => connected_stores(app).await?,
    };
    let since = app.now() - args.since;
    let mut failed = 0;
    for store_id in stores {
        let bar = Bar::new();
        let mended = by_hand::run(app, store_id, since, &|progress| bar.show(progress)).await;
        bar.finish();
        let report = Report::of(store_id, &mended?);
        failed += usize::from(report.failed());
        if args.json {
            print::json(&report)?;
        } else {
            report.print()?;
        }
    }
    ensure!(
        failed == 0,
        "not everything could be asked at Stripe; what failed is named above"
    );
    Ok(())
}

async fn connected_stores(app: &App) -> anyhow::Result<Vec<StoreId>> {
    let mut conn = app.db.read().await?;
    let mut connected = Vec::new();
    for store in db::stores::list(&mut conn, MAX_STORES).await? {
        let connections = db::connections::list_all(&mut conn, store.id).await?;
        if !connections.is_empty() {
            connected.push(store.id);
        }
    }
    if connected.is_empty() {
        bail!("no store has connected Stripe yet");
    }
    Ok(connected)
}

fn since(text: &str) -> Result<SignedDuration, String> {
    let words = || "write it as 90m, 24h or 7d, at most 30d".to_owned();
    let span: Span = text.parse().map_err(|_| words())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours());
    let duration = duration.map_err(|_| words())?;
    if duration.is_positive() && duration <= LONGEST {
        Ok(duration)
    } else {
        Err(words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_do_and_bounded_by_stripes_thirty_days() {
        for (text, hours) in [
            ("24h", 24),
            ("7d", 168),
            ("30d", 720),
            ("60m", 1),
            ("PT2H", 2),
        ] {
            assert_eq!(since(text), Ok(SignedDuration::from_hours(hours)), "{text}");
        }
        for text in [
            "",
            "24",
            "-1h",
            "0s",
            "31d",
            "721h",
            "1 month",
            "yesterday",
            "1e9d",
        ] {
            assert!(since(text).is_err(), "{text}");
        }
    }
}
