//! Who sends a request: the address behind trusted proxies, and the id the log knows it by.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Once},
};

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap, HeaderName};

use crate::config::Proxies;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is known about the sender; handlers find it in the extensions of the request.
#[derive(Debug, Clone)]
pub struct Caller {
    pub address: IpAddr,
    /// The connection comes from a proxy whose `X-Forwarded-*` we believe.
    pub by_proxy: bool,
    /// A trusted proxy says that the visitor came by https.
    pub secure: bool,
    pub request_id: RequestId,
}

impl Caller {
    pub(super) fn of(extensions: &Extensions, headers: &HeaderMap, proxies: &Proxies) -> Self {
        let peer = extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip())
            .to_canonical();
        let by_proxy = proxies.contain(peer);
        if !by_proxy {
            if headers.contains_key(FORWARDED_FOR) {
                warn_of_unknown_proxy(peer);
            }
            return Self {
                address: peer,
                by_proxy,
                secure: false,
                request_id: RequestId::generate(),
            };
        }
        Self {
            address: forwarded_for(headers, proxies).unwrap_or(peer),
            by_proxy,
            secure: headers
                .get(FORWARDED_PROTO)
                .is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https")),
            request_id: headers
                .get(REQUEST_ID)
                .and_then(|id| RequestId::accept(id.as_bytes()))
                .unwrap_or_else(RequestId::generate),
        }
    }
}

/// A proxy that nobody named makes one visitor of all that come through it: they share their
/// limits. Anybody can send the header, so it is said once.
fn warn_of_unknown_proxy(peer: IpAddr) {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        tracing::warn!(
            %peer,
            "a request carries X-Forwarded-For, but its sender is not in KADR_TRUSTED_PROXIES: \
             if it is your proxy, name it there, or all visitors count as one"
        );
    });
}

/// The nearest address that is none of our proxies, read from the right: what stands further
/// left was written by whoever sent the request and may be invented.
fn forwarded_for(headers: &HeaderMap, proxies: &Proxies) -> Option<IpAddr> {
    let mut nearest = None;
    let lines: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .map(|value| value.to_str().unwrap_or_default())
        .collect();
    for item in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let address = address(item.trim())?;
        nearest = Some(address);
        if !proxies.contain(address) {
            break;
        }
    }
    nearest
}

/// An address, with or without a port, as proxies write it.
fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|addr| addr.ip()))
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
        .map(|address| address.to_canonical())
}

/// The name of a request in the log, on error pages and in `x-request-id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    fn generate() -> Self {
        Self(format!("{:016x}", rand::random::<u64>()).into())
    }

    /// A proxy's own id, if it is one that can stand in a log and on a page as it is.
    fn accept(bytes: &[u8]) -> Option<Self> {
        let fit = (8..=64).contains(&bytes.len())
            && bytes
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(b));
        fit.then(|| std::str::from_utf8(bytes).ok().map(|id| Self(id.into())))
            .flatten()
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn caller(peer: &str, headers: &[(&'static str, &'static str)]) -> Caller {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        Caller::of(&extensions, &map, &"10.0.0.0/8,::1".parse().unwrap())
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        for (peer, forwarded, address) in [
            ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
            ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
            ("::1", "[2001:db8::1]:4711", "2001:db8::1"),
            ("::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "unknown", "10.0.0.1"),
            ("10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
        ] {
            let caller = caller(peer, &[("x-forwarded-for", forwarded)]);
            assert_eq!(
                caller.address,
                address.parse::<IpAddr>().unwrap(),
                "{forwarded}"
            );
        }
    }

    #[test]
    fn several_lines_count_as_one() {
        let lines = [
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-for", "203.0.113.9"),
        ];
        assert_eq!(
            caller("10.0.0.1", &lines).address.to_string(),
            "203.0.113.9"
        );
    }

    #[test]
    fn ids_and_schemes_come_from_trusted_proxies_only() {
        let headers = [
            ("x-request-id", "from-the-proxy"),
            ("x-forwarded-proto", "https"),
        ];
        let trusted = caller("10.0.0.1", &headers);
        assert_eq!(trusted.request_id.as_str(), "from-the-proxy");
        assert!(trusted.secure);
        let stranger = caller("192.0.2.1", &headers);
        assert_ne!(stranger.request_id.as_str(), "from-the-proxy");
        assert!(!stranger.secure);
    }

    #[test]
    fn an_id_that_could_break_a_log_line_is_replaced() {
        for bad in ["short", "with space inside", "<script>alert(1)</script>"] {
            let caller = caller("10.0.0.1", &[("x-request-id", bad)]);
            assert_eq!(caller.request_id.as_str().len(), 16, "{bad}");
        }
    }
}
