//! Who is on the other end, as far as a list of one's sessions needs to know.

use std::net::IpAddr;

/// Longer ones are nobody's browser.
const AGENT: usize = 256;

/// Address and program of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    address: Option<IpAddr>,
    agent: String,
}

impl Client {
    #[must_use]
    pub fn new(address: Option<IpAddr>, agent: &str) -> Self {
        Self {
            address: address.map(|address| address.to_canonical()),
            agent: agent
                .chars()
                .filter(|c| !c.is_control())
                .take(AGENT)
                .collect(),
        }
    }

    pub(super) fn address(&self) -> String {
        self.address
            .map(|address| address.to_string())
            .unwrap_or_default()
    }

    pub(super) fn agent(&self) -> &str {
        &self.agent
    }

    /// Whom to slow down: an IPv4 address, or the /64 that one household has. All who have
    /// none (there are none on the web) are one.
    pub(super) fn network(&self) -> String {
        match self.address {
            None => String::new(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_one_network() {
        let network = |text: &str| Client::new(text.parse().ok(), "").network();
        assert_eq!(
            network("2001:db8:1:2:3::4"),
            network("2001:db8:1:2:ffff::1")
        );
        assert_ne!(network("2001:db8:1:2:3::4"), network("2001:db8:1:3:3::4"));
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(network("unix"), "");
    }

    #[test]
    fn an_agent_is_one_short_line() {
        let client = Client::new(None, &format!("a\r\nb{}", "x".repeat(5000)));
        assert!(client.agent().starts_with("abx") && client.agent().len() == AGENT);
    }
}
