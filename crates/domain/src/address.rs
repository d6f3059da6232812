//! Whom a request comes from, where proxies stand before us.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A network, such as `10.0.0.0/8`; an address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

/// Not an IP address, and not one with `/` and a number of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a network such as 10.0.0.0/8")]
pub struct InvalidNetwork;

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidNetwork)?;
        let address = address.to_canonical();
        let most = width(address);
        let prefix_bits = match bits {
            None => most,
            // Digits only: no sign, no second way to write a number.
            Some(bits) if bits.len() <= 3 && bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().map_err(|_| InvalidNetwork)?
            }
            Some(_) => return Err(InvalidNetwork),
        };
        if prefix_bits > most {
            return Err(InvalidNetwork);
        }
        Ok(Self {
            address,
            prefix_bits,
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)
    }
}

impl Network {
    /// Whether an address belongs to it. IPv4 written as IPv6 (`::ffff:10.0.0.1`) is IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let same_kind = address.is_ipv4() == self.address.is_ipv4();
        same_kind && leading(address, self.prefix_bits) == leading(self.address, self.prefix_bits)
    }
}

const fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The first bits of an address.
fn leading(address: IpAddr, bits: u8) -> u128 {
    let number = match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    let dropped = u32::from(width(address).saturating_sub(bits));
    number.checked_shr(dropped).unwrap_or(0)
}

/// More proxies than this stand before nobody; a longer list is a caller's invention.
const MAX_PROXIES: usize = 16;

/// Who sent a request: the peer, or what the trusted proxies say, from the nearest on. What stands in `X-Forwarded-For`
/// before the last address that no trusted proxy has is whatever the caller wrote.
pub fn of_caller<'a>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'a str>,
    trusted: &[Network],
) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut caller = peer.to_canonical();
    for entry in forwarded.rev().take(MAX_PROXIES) {
        if !is_trusted(caller) {
            break;
        }
        let Some(next) = parse_entry(entry.trim()) else {
            break;
        };
        caller = next;
    }
    caller
}

/// An address, as proxies write it: alone, in brackets, with a port.
fn parse_entry(entry: &str) -> Option<IpAddr> {
    let address = if let Some(rest) = entry.strip_prefix('[') {
        rest.split_once(']')?.0
    } else if entry.matches(':').count() == 1 {
        entry.split_once(':')?.0
    } else {
        entry
    };
    let address: IpAddr = address.parse().ok()?;
    Some(address.to_canonical())
}

/// What stands for one caller: an IPv4 address, or the 64 leading bits of an IPv6 one, of which a household has all the rest.
pub fn of_household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let leading = address.to_bits() >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from_bits(leading))
        }
        IpAddr::V4(address) => IpAddr::V4(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn networks(text: &[&str]) -> Vec<Network> {
        text.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn networks_hold_their_addresses_only() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
            ("10.1.2.3/8", "10.9.9.9", "::a00:1"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("::/0", "2001:db8::1", "203.0.113.9"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("127.0.0.1/32", "::ffff:127.0.0.1", "::1"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(ip(inside)), "{network}: {inside}");
            assert!(!network.contains(ip(outside)), "{network}: {outside}");
        }
        for bad in [
            "",
            "10",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "a/8",
            "10.0.0.0/8/8",
            " ::1",
        ] {
            assert_eq!(bad.parse::<Network>(), Err(InvalidNetwork), "{bad}");
        }
    }

    #[test]
    fn a14_only_trusted_proxies_say_who_calls() {
        let proxies = networks(&["127.0.0.1", "10.0.0.0/8"]);
        for (peer, forwarded, caller) in [
            // Nobody in between: the header is the caller's invention.
            ("203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            // What the caller wrote before the proxy added its word.
            ("127.0.0.1", &["1.2.3.4", "198.51.100.1"], "198.51.100.1"),
            (
                "127.0.0.1",
                &["1.2.3.4", "198.51.100.1", "10.0.0.7"],
                "198.51.100.1",
            ),
            ("::ffff:127.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("127.0.0.1", &["[2001:db8::1]:443"], "2001:db8::1"),
            ("127.0.0.1", &["2001:db8::1"], "2001:db8::1"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["unknown"], "127.0.0.1"),
            ("127.0.0.1", &["1.2.3.4", "garbage", "10.0.0.7"], "10.0.0.7"),
            ("127.0.0.1", &["10.0.0.8", "10.0.0.7"], "10.0.0.8"),
        ] {
            let found = of_caller(ip(peer), forwarded.iter().copied(), &proxies);
            assert_eq!(found, ip(caller), "{peer} {forwarded:?}");
            let found = of_caller(ip(peer), forwarded.iter().copied(), &[]);
            assert_eq!(found, ip(peer).to_canonical(), "nobody is trusted");
        }
        let long = vec!["127.0.0.1"; 100_000];
        assert_eq!(
            of_caller(ip("127.0.0.1"), long.into_iter(), &proxies),
            ip("127.0.0.1")
        );
    }

    #[test]
    fn a14_an_ipv6_household_is_one_caller() {
        assert_eq!(
            of_household(ip("2001:db8:1:2:3:4:5:6")),
            ip("2001:db8:1:2::")
        );
        assert_ne!(
            of_household(ip("2001:db8:1:2::")),
            of_household(ip("2001:db8:1:3::"))
        );
        assert_eq!(of_household(ip("::ffff:203.0.113.9")), ip("203.0.113.9"));
        assert_eq!(of_household(ip("203.0.113.9")), ip("203.0.113.9"));
    }
}
