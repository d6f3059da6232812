//! `tillgate migrate`: moves the database's schema.

use clap::CommandFactory;
use clap::error::ErrorKind;
use db::Db;
use db::migrate::Direction;
use secrecy::ExposeSecret;
use serde::Serialize;

use super::{Cli, open, print};
use crate::settings::Defaults;

/// Arguments of `migrate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Take the newest migration back; the data of its tables is lost
    #[arg(long)]
    down: bool,
    /// Really do it
    #[arg(long, requires = "down")]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Moved<'a> {
    direction: &'a str,
    versions: &'a [String],
}

/// Applies everything that is missing, or takes one migration back.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    if args.down && !args.yes {
        let message = "--down loses the data of the newest migration's tables. Make a backup, then add --yes.";
        Cli::command()
            .error(ErrorKind::MissingRequiredArgument, message)
            .exit();
    }
    let settings = open::settings(&Defaults::default())?;
    let db = Db::open(settings.database_url.expose_secret()).await?;
    let (direction, word) = if args.down {
        (Direction::DownOne, "down")
    } else {
        (Direction::Up, "up")
    };
    let versions = db.migrate(direction).await?;
    db.close();
    if args.json {
        return Ok(print::json(&Moved {
            direction: word,
            versions: &versions,
        })?);
    }
    if versions.is_empty() {
        return Ok(print::line(if args.down {
            "Nothing to take back."
        } else {
            "The schema is up to date."
        })?);
    }
    for version in &versions {
        print::line(&format!(
            "{} {version}",
            if args.down { "Took back" } else { "Applied" }
        ))?;
    }
    Ok(())
}
