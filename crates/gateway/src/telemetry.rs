//! Structured logs, pretty or JSON. What reaches them went through types that cannot print a secret.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::LogFormat;

/// The level unless `RUST_LOG` says otherwise.
const DEFAULT_FILTER: &str = "info";

/// What these crates say below `info` is bodies, headers and SQL parameters: keys and people. They are never let
/// deeper, whatever `RUST_LOG` asks for.
const CAPPED: [&str; 9] =
    ["hyper", "hyper_util", "h2", "reqwest", "rustls", "actix_http", "actix_server", "tokio_postgres", "mio"];

/// The filter for `RUST_LOG`-style directives, with the cap on what would print secrets.
pub fn filter(directives: &str) -> EnvFilter {
    let mut filter = EnvFilter::try_new(directives).unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    for crate_name in CAPPED {
        if let Ok(directive) = format!("{crate_name}=info").parse() {
            filter = filter.add_directive(directive);
        }
    }
    filter
}

/// Starts logging to standard error; a second call changes nothing.
pub fn init(format: LogFormat) {
    let filter = filter(&std::env::var("RUST_LOG").unwrap_or_else(|_| DEFAULT_FILTER.to_owned()));
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Json => {
            let layer = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
            registry.with(layer).try_init()
        }
        LogFormat::Pretty => {
            let ansi = std::io::stderr().is_terminal();
            let layer = tracing_subscriber::fmt::layer().with_ansi(ansi).with_target(false).with_writer(std::io::stderr);
            registry.with(layer).try_init()
        }
    };
    if started.is_ok() {
        log_panics();
    }
}

/// A panic is logged with its place, never with its text: that may hold anything.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        tracing::error!(place, "panicked");
    }));
}
