//! Which addresses may be dialled: a feed's URL or a redirect must not reach into our own network.
//! The resolver hands on only addresses that passed, so the checked address is the dialled one; literals skip
//! any resolver and are checked by themselves, at every hop.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// The address that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a public address")]
pub struct Refused(pub(super) String);

/// The networks of ours that may be dialled nonetheless.
#[derive(Debug, Clone, Default)]
pub(super) struct Guard {
    allowed: Arc<[(IpAddr, u8)]>,
}

impl Guard {
    pub(super) fn new(allowed: &[(IpAddr, u8)]) -> Self {
        Self { allowed: allowed.into() }
    }

    /// Checks a URL whose host is written as an address; the `url` crate reads `0x7f.1` and its like as one.
    pub(super) fn check(&self, url: &Url) -> Result<(), Refused> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        if self.admits(address) { Ok(()) } else { Err(Refused(address.to_string())) }
    }

    pub(super) fn admits(&self, address: IpAddr) -> bool {
        is_public(address) || self.allowed.iter().any(|&(network, bits)| covers(network, bits, address))
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let admitted: Vec<SocketAddr> =
                found.iter().copied().filter(|address| guard.admits(address.ip())).collect();
            match (admitted.is_empty(), found.first()) {
                (true, Some(first)) => Err(Refused(first.ip().to_string()).into()),
                _ => Ok(Box::new(admitted.into_iter()) as Addrs),
            }
        })
    }
}

fn covers(network: IpAddr, bits: u8, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        _ => false,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// The registry of special addresses, RFC 6890 and its updates.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b)) // RFC 6598, carriers' NAT
        || (a == 192 && b == 0 && c == 0) // RFC 6890, protocol assignments
        || (a == 192 && b == 88 && c == 99) // RFC 7526, 6to4 relays
        || (a == 198 && (b == 18 || b == 19))) // RFC 2544, benchmarks
}

/// Only 2000::/3 is given out as public; of it, what wraps an IPv4 address or is for documents is not.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let tunnelled = first == 0x2002 || (first == 0x2001 && second < 0x200); // 6to4; Teredo and other protocols
    let documentation = (first == 0x2001 && second == 0xdb8) || (first == 0x3fff && second < 0x1000);
    first & 0xe000 == 0x2000 && !tunnelled && !documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_pass() {
        for refused in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
            "0.0.0.0",
            "192.0.2.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
        ] {
            assert!(!Guard::default().admits(refused.parse().unwrap()), "{refused}");
        }
        for public in ["1.1.1.1", "100.128.0.1", "172.32.0.1", "2606:4700::1111"] {
            assert!(Guard::default().admits(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn an_intranet_can_be_allowed() {
        let guard = Guard::new(&[("10.0.0.0".parse().unwrap(), 8), ("0.0.0.0".parse().unwrap(), 32)]);
        assert!(guard.admits("10.9.8.7".parse().unwrap()));
        assert!(!guard.admits("11.0.0.1".parse::<IpAddr>().unwrap()) || is_public("11.0.0.1".parse().unwrap()));
        assert!(!guard.admits("192.168.0.1".parse().unwrap()));
    }

    #[test]
    fn literals_in_any_spelling_are_seen() {
        for url in ["http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://[::ffff:10.0.0.1]/"] {
            assert!(Guard::default().check(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
    }
}
