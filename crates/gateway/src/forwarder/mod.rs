//! Stripe's own `stripe` command brings real test events to a development machine that Stripe cannot reach.
//!
//! [`run`] goes with the gateway: it looks at the stores, decides for each ([`skip`]) and keeps one `stripe listen`
//! per store that needs it ([`listen`], `child`). The command's own login ([`login`]) decides whose events come, so
//! a store gets it only if the account is the same. The command is never given a key of ours, neither on its command
//! line nor in its environment: a store's key is opened for one request, not for as long as a child lives. Its
//! signing secret stays in memory ([`held`]). `tillgate webhook listen` does the same for a gateway in another process,
//! to which the secret is lent through the database ([`loan`]).

pub mod held;
pub mod listen;
pub mod loan;
pub mod login;
pub mod run;
pub mod skip;

mod child;
mod output;
mod stripe_command;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use domain::StoreId;
use url::Url;

/// Whether the API is Stripe's. What is reached in the clear is a stand-in on this machine (the settings allow no
/// other), and that delivers its events by itself.
pub fn is_stripe(api_base: &Url) -> bool {
    api_base.scheme() == "https"
}

/// A store's webhook URL as this machine reaches it, whatever `PUBLIC_URL` says.
pub fn local_webhook_url(bound: SocketAddr, store_id: StoreId) -> String {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let reached = SocketAddr::new(ip, bound.port());
    format!("http://{reached}/webhook/stripe/{store_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forwards_to_an_address_that_can_be_reached() {
        let store_id = StoreId::generate();
        for (bound, reached) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:8080", "[::1]:8080"),
            ("192.0.2.7:8080", "192.0.2.7:8080"),
        ] {
            let url = local_webhook_url(bound.parse().unwrap(), store_id);
            assert_eq!(url, format!("http://{reached}/webhook/stripe/{store_id}"));
        }
    }

    #[test]
    fn a_stand_in_is_reached_in_the_clear() {
        for (url, stripe) in [
            ("https://api.stripe.com", true),
            ("https://stripe.egress.example", true),
            ("http://127.0.0.1:12111", false),
        ] {
            assert_eq!(is_stripe(&Url::parse(url).unwrap()), stripe, "{url}");
        }
    }
}
