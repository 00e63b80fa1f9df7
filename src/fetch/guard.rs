//! Which addresses may be dialled: a feed's URL or a redirect must not reach into our own network.
//! The resolver hands on only addresses that passed, so the checked address is the dialled one, whatever the name
//! answers a moment later; literals skip any resolver and are checked by themselves, at every hop; and the peer
//! of a connection is looked at once more.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::names::Names;

/// The address that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a public address")]
pub struct Refused(pub(super) String);

/// The name servers let us wait too long.
#[derive(Debug, Clone, thiserror::Error)]
#[error("no answer about the name")]
pub(super) struct Unresolved;

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
        match url.host() {
            Some(Host::Ipv4(address)) => self.check_address(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => self.check_address(IpAddr::V6(address)),
            Some(Host::Domain(_)) | None => Ok(()),
        }
    }

    pub(super) fn check_address(&self, address: IpAddr) -> Result<(), Refused> {
        if self.admits(address) { Ok(()) } else { Err(Refused(address.to_string())) }
    }

    /// An address that stands for an IPv4 one passes only if that one does too, whatever network is allowed.
    fn admits(&self, address: IpAddr) -> bool {
        let admitted = is_public(address) || self.allowed.iter().any(|&(network, bits)| covers(network, bits, address));
        admitted && embedded(address).is_none_or(|inner| self.admits(IpAddr::V4(inner)))
    }
}

/// A resolver behind the guard.
#[derive(Debug, Clone)]
pub(super) struct GuardedNames {
    pub(super) guard: Guard,
    pub(super) names: Names,
    pub(super) limit: Duration,
}

impl Resolve for GuardedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { guard, names, limit } = self.clone();
        Box::pin(async move {
            let found = tokio::time::timeout(limit, names.find(name.as_str())).await.map_err(|_| Unresolved)??;
            let admitted: Vec<SocketAddr> = found
                .iter()
                .filter(|address| guard.admits(**address))
                // The port is the URL's: the client puts it in.
                .map(|address| SocketAddr::new(*address, 0))
                .collect();
            match (admitted.is_empty(), found.first()) {
                (true, Some(first)) => Err(Refused(first.to_string()).into()),
                _ => Ok(Box::new(admitted.into_iter()) as Addrs),
            }
        })
    }
}

/// The IPv4 address within an IPv6 one that translates or tunnels: mapped and compatible (RFC 4291 §2.5.5), NAT64
/// (RFC 6052, RFC 8215), 6to4 (RFC 3056).
fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    let v4 = |high: u16, low: u16| Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match address.segments() {
        // `::` and `::1` are no compatible addresses.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => v4(high, low),
        [0x64, 0xff9b, 0 | 1, _, _, _, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        _ => None,
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
            "::ffff:127.0.0.1",
            "::10.0.0.1",
            "::ffff:1.1.1.1",
            "64:ff9b::a00:1",
            "64:ff9b::101:101",
            "64:ff9b:1::a00:1",
            "2002:101:101::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:10::1",
            "2001:20::1",
            "3fff::1",
            "fec0::1",
            "100::1",
            "5f00::1",
            "198.18.0.1",
            "192.0.0.8",
            "192.88.99.1",
            "240.0.0.1",
            "203.0.113.5",
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
        let guard = Guard::new(&[("10.0.0.0".parse().unwrap(), 8), ("fd00::".parse().unwrap(), 8)]);
        for allowed in ["10.9.8.7", "fd12::1"] {
            assert!(guard.admits(allowed.parse().unwrap()), "{allowed}");
        }
        for refused in ["192.168.0.1", "127.0.0.1", "fe80::1", "::ffff:10.0.0.1"] {
            assert!(!guard.admits(refused.parse().unwrap()), "{refused}");
        }
    }

    #[test]
    fn an_allowed_translator_does_not_open_what_lies_behind_it() {
        let guard = Guard::new(&[("64:ff9b::".parse().unwrap(), 96)]);
        assert!(guard.admits("64:ff9b::101:101".parse().unwrap()));
        assert!(!guard.admits("64:ff9b::a00:1".parse().unwrap()));
        let everything = Guard::new(&[("::".parse().unwrap(), 0)]);
        assert!(!everything.admits("::ffff:127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn literals_in_any_spelling_are_seen() {
        for url in [
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://127.0.0.1./",
            "http://①②⑦.0.0.1/",
            "http://[::ffff:10.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[64:ff9b:1::7f00:1]/",
        ] {
            assert!(Guard::default().check(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
    }
}
