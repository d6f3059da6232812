//! Structured logs, pretty or JSON. What reaches them went through types that cannot print a secret.

use std::io::IsTerminal;

use tracing::Level;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::{Filter, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::settings::LogFormat;

/// The level unless `RUST_LOG` says otherwise.
const DEFAULT_FILTER: &str = "info,actix_server=warn";

/// What these crates say below `info` is bodies, headers and SQL parameters: keys and people. They are never let
/// deeper, whatever `RUST_LOG` asks for.
const CAPPED: [&str; 8] = [
    "hyper",
    "hyper_util",
    "h2",
    "reqwest",
    "rustls",
    "actix_http",
    "tokio_postgres",
    "mio",
];

/// The filter for `RUST_LOG`-style directives, with the cap on what would print secrets.
pub fn filter<S>(directives: &str) -> impl Filter<S> + use<S> {
    let wanted = EnvFilter::try_new(directives).unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    FilterExt::<S>::and(
        wanted,
        filter_fn(|metadata| *metadata.level() <= Level::INFO || !is_capped(metadata.target())),
    )
}

fn is_capped(target: &str) -> bool {
    CAPPED.contains(&target.split("::").next().unwrap_or(target))
}

/// Starts logging to standard error; a second call changes nothing.
pub fn init(format: LogFormat) {
    let filter = filter(&std::env::var("RUST_LOG").unwrap_or_else(|_| DEFAULT_FILTER.to_owned()));
    let registry = tracing_subscriber::registry();
    let started = match format {
        LogFormat::Json => {
            let layer = tracing_subscriber::fmt::layer()
                .json()
                .flatten_event(true)
                .with_span_list(false)
                .with_writer(std::io::stderr);
            registry.with(layer.with_filter(filter)).try_init()
        }
        LogFormat::Pretty => {
            let ansi = std::io::stderr().is_terminal();
            let layer = tracing_subscriber::fmt::layer()
                .with_ansi(ansi)
                .with_target(false)
                .with_writer(std::io::stderr);
            registry.with(layer.with_filter(filter)).try_init()
        }
    };
    if started.is_ok() {
        log_panics();
    }
}

/// A panic is logged with its place, never with its text: that may hold anything.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(String::new, ToString::to_string);
        tracing::error!(place, "panicked");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_and_sql_internals_are_capped_at_any_depth() {
        for target in [
            "hyper",
            "reqwest::connect",
            "tokio_postgres::prepare",
            "actix_http::h1::decoder",
        ] {
            assert!(is_capped(target), "{target}");
        }
        for target in ["gateway::work::settle", "stripe_http", "hyperspace"] {
            assert!(!is_capped(target), "{target}");
        }
    }
}
