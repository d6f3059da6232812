//! From text to typed values, one function a setting. A problem says what would be right, never what was there.

use std::net::SocketAddr;
use std::ops::RangeInclusive;

use domain::address::Network;
use domain::return_url::{Origin, is_loopback};
use jiff::SignedDuration;
use url::Url;

use super::sources::Problem;
use super::{Environment, LogFormat};

/// Origins in `RETURN_ORIGINS`: a deployment's own front ends, not every shop of the world.
const MAX_ORIGINS: usize = 64;
/// Networks in `TRUSTED_PROXIES`: a content network publishes a few dozen.
const MAX_NETWORKS: usize = 128;
/// A budget a thousand times larger is none any more.
const MAX_RATE_LIMIT_SCALE: f64 = 1000.0;
/// A smaller factor would round every budget to nothing.
const MIN_RATE_LIMIT_SCALE: f64 = 0.01;

pub(super) fn environment(text: &str) -> Result<Environment, Problem> {
    match text {
        "development" => Ok(Environment::Development),
        "production" => Ok(Environment::Production),
        _ => Err("must be development or production".into()),
    }
}

pub(super) fn bind_addr(text: &str) -> Result<SocketAddr, Problem> {
    text.parse()
        .map_err(|_| "must be an IP address and a port, such as 127.0.0.1:8080".into())
}

/// An origin; in production https, because keys and payments pass there.
pub(super) fn public_url(text: &str, environment: Environment) -> Result<Url, Problem> {
    let url = web_url(text)?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("must end behind the host or port, such as https://pay.example.com".into());
    }
    let secure = url.scheme() == "https" || is_loopback(&url);
    if environment == Environment::Production && !secure {
        return Err(
            "must be the https address that browsers see, such as https://pay.example.com".into(),
        );
    }
    Ok(url)
}

/// The shape only: whether it answers is found out by opening it.
pub(super) fn database_url(text: &str) -> Result<(), Problem> {
    let rest = ["sqlite://", "postgres://", "postgresql://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.starts_with(":memory:") => Ok(()),
        _ => Err("must be sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE".into()),
    }
}

/// The origin of Stripe's API. Keys travel there, so in the clear only to this machine.
pub(super) fn stripe_api_base(text: &str) -> Result<Url, Problem> {
    let url = stripe_js_url(text)?;
    if url.path() != "/" || url.query().is_some() {
        return Err("must end behind the host or port, such as https://api.stripe.com".into());
    }
    Ok(url)
}

pub(super) fn stripe_js_url(text: &str) -> Result<Url, Problem> {
    let url = web_url(text)?;
    if url.fragment().is_some() || (url.scheme() != "https" && !is_loopback(&url)) {
        return Err("must be https, or http to this machine only".into());
    }
    Ok(url)
}

/// A comma-separated list of origins.
pub(super) fn origins(text: &str) -> Result<Vec<Origin>, Problem> {
    let origins: Result<Vec<Origin>, _> = text
        .split(',')
        .map(|part| Origin::parse(part.trim()))
        .collect();
    match origins {
        Ok(origins) if origins.len() <= MAX_ORIGINS => Ok(origins),
        Ok(_) => Err(format!("must list at most {MAX_ORIGINS} origins").into()),
        Err(_) => Err(
            "must list origins such as https://shop.example.com, separated by commas, without paths (http only for localhost)"
                .into(),
        ),
    }
}

/// The proxies before us.
pub(super) fn networks(text: &str) -> Result<Vec<Network>, Problem> {
    let networks: Result<Vec<Network>, _> =
        text.split(',').map(|part| part.trim().parse()).collect();
    match networks {
        Ok(networks) if networks.len() <= MAX_NETWORKS => Ok(networks),
        Ok(_) => Err(format!("must list at most {MAX_NETWORKS} networks").into()),
        Err(_) => Err(
            "must list addresses or networks such as 127.0.0.1 and 10.0.0.0/8, separated by commas"
                .into(),
        ),
    }
}

pub(super) fn switch(text: &str) -> Result<bool, Problem> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("must be true or false".into()),
    }
}

/// 0 switches limits off, which only development may.
pub(super) fn rate_limit_scale(text: &str, environment: Environment) -> Result<f64, Problem> {
    let scale: f64 = text.parse().map_err(|_| not_a_scale())?;
    if scale == 0.0 {
        return match environment {
            Environment::Development => Ok(0.0),
            Environment::Production => {
                Err("must not be 0 in production: it switches the limits off".into())
            }
        };
    }
    if (MIN_RATE_LIMIT_SCALE..=MAX_RATE_LIMIT_SCALE).contains(&scale) {
        Ok(scale)
    } else {
        Err(not_a_scale())
    }
}

fn not_a_scale() -> Problem {
    format!("must be a number from {MIN_RATE_LIMIT_SCALE} to {MAX_RATE_LIMIT_SCALE}, such as 1")
        .into()
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, Problem> {
    match text {
        "pretty" => Ok(LogFormat::Pretty),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be pretty or json".into()),
    }
}

/// An absolute http or https URL without a user in it.
fn web_url(text: &str) -> Result<Url, Problem> {
    let url = Url::parse(text).ok().filter(|url| {
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        web && url.username().is_empty() && url.password().is_none()
    });
    url.ok_or_else(|| "must be a web address such as https://pay.example.com".into())
}

/// Hours that a replaced signing secret still verifies; 0 ends it at once.
pub(super) fn secret_overlap(text: &str) -> Result<SignedDuration, Problem> {
    whole(text, 0..=720)
        .map(SignedDuration::from_hours)
        .ok_or_else(|| "must be a number of hours from 0 to 720".into())
}

/// Seconds between two looks at an account's events.
pub(super) fn reconcile_interval(text: &str) -> Result<Option<SignedDuration>, Problem> {
    whole(text, 1..=86_400)
        .map(|seconds| Some(SignedDuration::from_secs(seconds)))
        .ok_or_else(|| "must be a number of seconds from 1 to 86400".into())
}

/// Days that events are kept; fewer than Stripe's 30 would bring pruned ones back.
pub(super) fn event_retention(text: &str) -> Result<SignedDuration, Problem> {
    whole(text, 31..=3650)
        .map(|days| SignedDuration::from_hours(days * 24))
        .ok_or_else(|| "must be a number of days from 31 to 3650".into())
}

/// Minutes that an unpaid order keeps its pieces; no less than a bank's own page may take.
pub(super) fn stock_hold(text: &str) -> Result<SignedDuration, Problem> {
    whole(text, 5..=43_200)
        .map(SignedDuration::from_mins)
        .ok_or_else(|| "must be a number of minutes from 5 to 43200".into())
}

fn whole(text: &str, bounds: RangeInclusive<i64>) -> Option<i64> {
    text.parse().ok().filter(|number| bounds.contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Environment::{Development, Production};

    #[test]
    fn proxies_are_addresses_and_networks() {
        assert_eq!(networks("127.0.0.1, 10.0.0.0/8,::1").ok().unwrap().len(), 3);
        for bad in ["", ",", "proxy", "10.0.0.0/99", "127.0.0.1 10.0.0.1"] {
            assert!(networks(bad).is_err(), "{bad}");
        }
        assert!(networks(&vec!["::1"; MAX_NETWORKS + 1].join(",")).is_err());
    }

    #[test]
    fn the_public_url_is_an_origin_and_secure_in_production() {
        for good in [
            "https://pay.example.com",
            "https://pay.example.com:8443/",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
        ] {
            assert!(public_url(good, Production).is_ok(), "{good}");
        }
        assert!(public_url("http://192.168.1.20:8080", Development).is_ok());
        assert!(public_url("http://192.168.1.20:8080", Production).is_err());
        for bad in [
            "",
            "pay.example.com",
            "ftp://x",
            "https://a:b@x.example",
            "https://x.example/path",
            "https://x.example/?a",
            "https://x.example/#a",
        ] {
            assert!(public_url(bad, Development).is_err(), "{bad}");
        }
    }

    #[test]
    fn stripe_is_reached_by_tls_or_on_this_machine() {
        for good in [
            "https://api.stripe.com",
            "http://127.0.0.1:8081",
            "http://localhost:1",
        ] {
            assert!(stripe_api_base(good).is_ok(), "{good}");
        }
        for bad in [
            "http://api.stripe.com",
            "https://api.stripe.com/v1",
            "https://a:b@api.stripe.com",
            "file:///x",
        ] {
            assert!(stripe_api_base(bad).is_err(), "{bad}");
        }
        assert!(stripe_js_url("https://js.stripe.com/v3/").is_ok());
        assert!(stripe_js_url("http://js.stripe.com/v3/").is_err());
    }

    #[test]
    fn a_database_is_a_file_or_a_server() {
        for good in [
            "sqlite://data/tillgate.db",
            "sqlite:///var/x.db",
            "postgres://u:p@h/d",
            "postgresql://h/d",
        ] {
            assert!(database_url(good).is_ok(), "{good}");
        }
        for bad in [
            "sqlite://",
            "sqlite://:memory:",
            "mysql://h/d",
            "data/tillgate.db",
        ] {
            assert!(database_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn limits_can_be_scaled_but_not_removed_in_production() {
        assert_eq!(rate_limit_scale("0", Development).ok(), Some(0.0));
        assert!(rate_limit_scale("0", Production).is_err());
        assert!(rate_limit_scale("-0.0", Production).is_err());
        assert_eq!(rate_limit_scale("2.5", Production).ok(), Some(2.5));
        for bad in ["", "x", "NaN", "inf", "-1", "1001", "0.001"] {
            assert!(rate_limit_scale(bad, Development).is_err(), "{bad}");
        }
    }

    #[test]
    fn lists_of_origins_are_bounded() {
        assert_eq!(
            origins("https://a.example, https://b.example")
                .map(|list| list.len())
                .ok(),
            Some(2)
        );
        assert!(origins("https://a.example,").is_err());
        assert!(origins("http://a.example").is_err());
        assert!(origins(&vec!["https://a.example"; MAX_ORIGINS + 1].join(",")).is_err());
    }

    #[test]
    fn words_are_exact() {
        assert!(environment("Production").is_err());
        assert!(switch("yes").is_err());
        assert_eq!(switch("0").ok(), Some(false));
        assert!(log_format("text").is_err());
        assert!(bind_addr("localhost:8080").is_err());
        assert!(bind_addr("[::]:8080").is_ok());
    }
}
