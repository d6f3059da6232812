//! `tillgate events replay`: makes events due again, or tells what that would change.

use anyhow::bail;
use clap::ArgGroup;
use db::inbox::EventFilter;
use domain::Mode;
use serde::Serialize;
use serde_json::Value;

use super::Which;
use crate::app::App;
use crate::cli::store::or_dash;
use crate::cli::{open, print};
use crate::events::filter::EventId;
use crate::events::preview::{self, ChangeReply, PreviewReply};
use crate::events::replay::{self, Chosen};

/// Ids on one command line.
const MAX_IDS: usize = 1000;

/// Arguments of `events replay`: all events of a store are nobody's wish.
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("choice").required(true).multiple(true).args(["ids", "state", "types", "since", "until"])))]
pub struct Args {
    /// The events' ids, at most 1000
    #[arg(value_name = "EVENT_ID", num_args = 0..=MAX_IDS)]
    ids: Vec<EventId>,
    #[command(flatten)]
    which: Which,
    /// Change nothing; ask Stripe and print what a replay would change
    #[arg(long)]
    preview: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was done.
#[derive(Debug, Default, Serialize)]
struct Done {
    matched: usize,
    replayed: usize,
    in_progress: usize,
    without_effect: usize,
    not_found: Vec<String>,
}

/// Replays what was chosen, oldest first. A gateway that runs works on it within seconds.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let app = open::app_from_settings().await?;
    let done = if args.preview {
        preview_all(&app, args)
            .await
            .and_then(|told| show(args, &told))
    } else {
        replay_all(&app, args)
            .await
            .and_then(|done| tell(args, &done))
    };
    open::close(&app).await;
    done
}

/// The pages of what was chosen, one after another.
struct Pages<'a> {
    app: &'a App,
    args: &'a Args,
    mode: Mode,
    filter: EventFilter,
    after: Option<EventId>,
    is_done: bool,
}

impl<'a> Pages<'a> {
    async fn of(app: &'a App, args: &'a Args) -> anyhow::Result<Self> {
        let (mode, mut filter) = args.which.resolve(app).await?;
        if !args.ids.is_empty() {
            let ids = args.ids.iter().map(|id| id.as_str().to_owned());
            filter.ids = Some(ids.collect());
        }
        Ok(Self {
            app,
            args,
            mode,
            filter,
            after: None,
            is_done: false,
        })
    }

    async fn next(&mut self, limit: i64) -> anyhow::Result<Option<Chosen>> {
        if self.is_done {
            return Ok(None);
        }
        let (store_id, after) = (self.args.which.store, self.after.as_ref());
        let chosen =
            replay::choose(self.app, store_id, self.mode, &self.filter, after, limit).await?;
        self.after = chosen.next().map(str::parse).transpose()?;
        self.is_done = self.after.is_none();
        Ok(Some(chosen))
    }
}

async fn replay_all(app: &App, args: &Args) -> anyhow::Result<Done> {
    let mut pages = Pages::of(app, args).await?;
    let mut done = Done::default();
    done.not_found
        .extend(pages.filter.ids.iter().flatten().cloned());
    while let Some(chosen) = pages.next(replay::MAX_EVENTS).await? {
        done.matched += chosen.events.len();
        done.not_found
            .retain(|id| !chosen.events.iter().any(|event| event.event_id == *id));
        let (effective, idle): (Vec<_>, Vec<_>) =
            chosen.events.into_iter().partition(replay::has_effect);
        let asked = effective.len();
        let store_id = args.which.store;
        let replayed = replay::replay(app, store_id, pages.mode, "operator", effective).await?;
        done.without_effect += idle.len();
        done.replayed += replayed.len();
        done.in_progress += asked - replayed.len();
    }
    Ok(done)
}

async fn preview_all(app: &App, args: &Args) -> anyhow::Result<Vec<PreviewReply>> {
    let mut pages = Pages::of(app, args).await?;
    let mut told = Vec::new();
    while let Some(chosen) = pages.next(preview::MAX_EVENTS).await? {
        told.extend(preview::of_many(app, args.which.store, pages.mode, chosen.events).await?);
    }
    Ok(told)
}

fn tell(args: &Args, done: &Done) -> anyhow::Result<()> {
    if args.json {
        print::json(done)?;
    } else {
        print::facts(&[
            ("Matched", done.matched.to_string()),
            ("Replayed", done.replayed.to_string()),
            ("In progress", done.in_progress.to_string()),
            ("Without effect", done.without_effect.to_string()),
        ])?;
    }
    if done.not_found.is_empty() {
        return Ok(());
    }
    bail!("not in the inbox: {}", done.not_found.join(" "));
}

fn show(args: &Args, told: &[PreviewReply]) -> anyhow::Result<()> {
    if args.json {
        return Ok(print::json(&told)?);
    }
    if told.is_empty() {
        return Ok(print::line("No events.")?);
    }
    let rows = told.iter().map(|one| {
        let number = one.changes.iter().find_map(|change| change.number);
        let incident = one
            .incident
            .as_ref()
            .map(|incident| incident.code.to_owned());
        let changes = one.changes.iter().map(line);
        let changes: Vec<String> = incident.into_iter().chain(changes).collect();
        [
            one.event.id.clone(),
            one.outcome.as_str().to_owned(),
            or_dash(number.map(|number| number.to_string()).as_deref()),
            or_dash(Some(&changes.join("\n"))),
        ]
    });
    print::table(["Event", "Outcome", "Order", "What would change"], rows)?;
    Ok(())
}

fn line(change: &ChangeReply) -> String {
    let plain = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    format!(
        "{}: {} -> {}",
        change.field,
        plain(&change.from),
        plain(&change.to)
    )
}
