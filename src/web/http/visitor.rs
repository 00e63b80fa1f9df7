//! The client's address: the peer of the connection or, if that is one of `web.trusted_proxies`, the address that the
//! last trusted proxy added to `X-Forwarded-For`. It is used only for rate limits and never stored.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::app::operations::reload::Live;
use crate::config::Network;

/// The client's address, as far as it can be known.
pub(crate) struct Visitor(pub(crate) IpAddr);

impl FromRequestParts<Live> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, live: &Live) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        // Requests without a known peer count as one visitor.
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(Self(client(peer, &parts.headers, &live.app().config.settings.web.trusted_proxies)))
    }
}

/// The right-most hop that is not a trusted proxy: everything left of it is unverified. If a proxy names no valid address,
/// the proxy itself is the client.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().map(|line| line.to_str().unwrap_or_default()).collect();
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    for hop in hops {
        if !is_trusted(client) {
            break;
        }
        match address(hop.trim()) {
            Some(hop) => client = hop,
            None => break,
        }
    }
    client
}

/// `192.0.2.1`, `2001:db8::1`, and both with a port as some proxies write them.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.split_once(']')).map_or(hop, |(address, _)| address);
    let address = bare.parse().ok().or_else(|| bare.parse::<SocketAddr>().ok().map(|address| address.ip()))?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, lines: &[&str], trusted: &[(&str, u8)]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted: Vec<_> =
            trusted.iter().map(|&(address, length)| Network { address: address.parse().unwrap(), length }).collect();
        client(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(seen("203.0.113.9", &["192.0.2.1"], &[]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", &["192.0.2.1"], &[("127.0.0.1", 32)]), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", &["192.0.2.1"], &[("127.0.0.1", 32)]), "192.0.2.1");
        assert_eq!(seen("::ffff:127.0.0.1", &["192.0.2.1"], &[("127.0.0.0", 8)]), "192.0.2.1");
        assert_eq!(seen("127.0.0.1", &[], &[("127.0.0.1", 32)]), "127.0.0.1");
    }

    #[test]
    fn hops_left_of_the_last_untrusted_one_are_ignored() {
        let trusted = [("127.0.0.1", 32), ("10.0.0.0", 8)];
        assert_eq!(seen("127.0.0.1", &["1.1.1.1, 192.0.2.1, 10.2.3.4"], &trusted), "192.0.2.1");
        assert_eq!(seen("127.0.0.1", &["1.1.1.1", "192.0.2.1,10.2.3.4"], &trusted), "192.0.2.1");
        assert_eq!(seen("127.0.0.1", &["10.9.9.9"], &trusted), "10.9.9.9");
    }

    #[test]
    fn a_hop_may_have_a_port_and_an_invalid_one_ends_the_search() {
        let trusted = [("127.0.0.1", 32)];
        assert_eq!(seen("127.0.0.1", &["192.0.2.1:4711"], &trusted), "192.0.2.1");
        assert_eq!(seen("127.0.0.1", &["[2001:db8::1]:4711"], &trusted), "2001:db8::1");
        for line in ["unknown", "", "192.0.2.1, _hidden", "<script>"] {
            assert_eq!(seen("127.0.0.1", &[line], &trusted), "127.0.0.1", "{line}");
        }
    }
}
