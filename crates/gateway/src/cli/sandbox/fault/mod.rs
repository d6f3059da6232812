//! `tillgate sandbox fault …`: making a running sandbox fail, also the one of `tillgate dev`.

mod spec;

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::control;
use crate::cli::print;

pub(super) use spec::Spec;

const USUAL_SANDBOX: &str = "http://127.0.0.1:8081";

/// What to do with faults.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Set faults
    Add(Add),
    /// Show the faults that are set, and how often each was met
    List(List),
    /// Take one fault away, or all
    Clear(Clear),
}

/// Which sandbox.
#[derive(Debug, clap::Args)]
struct Target {
    /// Where the sandbox answers
    #[arg(long, value_name = "URL", default_value = USUAL_SANDBOX)]
    url: Url,
}

/// Arguments of `sandbox fault add`.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// Like 429,path=/v1/refunds,p=0.1 or webhook.drop,times=2: see docs/sandbox.md
    #[arg(required = true, value_name = "SPEC")]
    faults: Vec<Spec>,
    #[command(flatten)]
    target: Target,
}

/// Arguments of `sandbox fault list`.
#[derive(Debug, clap::Args)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

/// Arguments of `sandbox fault clear`.
#[derive(Debug, clap::Args)]
pub struct Clear {
    /// The fault's id; all if absent
    #[arg(value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    target: Target,
}

pub(super) async fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Add(add) => {
            for fault in &add.faults {
                let set = fault.set(&add.target.url).await?;
                print::line(set["id"].as_str().unwrap_or_default())?;
            }
            Ok(())
        }
        Command::List(list) => show(list).await,
        Command::Clear(clear) => take_away(clear).await,
    }
}

async fn show(list: &List) -> anyhow::Result<()> {
    let url = &list.target.url;
    let api = control::call(url, Method::GET, "/faults", None).await?;
    let webhooks = control::call(url, Method::GET, "/webhook_faults", None).await?;
    if list.json {
        return Ok(print::json(&json!({
            "seed": api["seed"], "faults": api["faults"], "webhook_faults": webhooks["webhook_faults"],
        }))?);
    }
    let rules = [&api["faults"], &webhooks["webhook_faults"]];
    let rules = rules.into_iter().filter_map(Value::as_array).flatten();
    print::line(&format!("Seed {}", api["seed"]))?;
    print::table(
        [
            "Id",
            "Kind",
            "For",
            "Times left",
            "Probability",
            "Matched",
            "Met",
        ],
        rules.map(row),
    )?;
    Ok(())
}

fn row(rule: &Value) -> [String; 7] {
    let text = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let bounds = [
        "method",
        "path_prefix",
        "account",
        "endpoint_id",
        "event_type",
    ];
    let bounds: Vec<String> = bounds
        .iter()
        .filter_map(|name| rule.get(*name))
        .map(text)
        .collect();
    [
        text(&rule["id"]),
        text(&rule["kind"]),
        bounds.join(" "),
        text(&rule["times"]),
        text(&rule["probability"]),
        text(&rule["matched"]),
        text(&rule["met"]),
    ]
}

async fn take_away(clear: &Clear) -> anyhow::Result<()> {
    let url = &clear.target.url;
    let delete = async |path: &str| control::call(url, Method::DELETE, path, None).await;
    let Some(id) = &clear.id else {
        delete("/faults").await?;
        delete("/webhook_faults").await?;
        return Ok(());
    };
    // An id is of one kind or the other; what neither has is a mistake to be told.
    if delete(&format!("/faults/{id}")).await.is_err() {
        delete(&format!("/webhook_faults/{id}")).await?;
    }
    Ok(())
}
