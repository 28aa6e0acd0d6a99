//! Where the server listens, how the world sees it, and whose word it takes about visitors.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use ipnet::IpNet;
use url::Url;

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Network")]
pub struct Network {
    /// Where the server listens
    #[arg(
        long,
        env = "KADR_ADDR",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:3000"
    )]
    pub addr: ListenAddr,

    /// The address visitors type, for links in mails and feeds [default: http://{addr}]
    #[arg(long, env = "KADR_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<PublicUrl>,

    /// Reverse proxies whose X-Forwarded-* and X-Request-Id headers are believed: addresses
    /// or networks, with commas between them [default: none]
    #[arg(
        long,
        env = "KADR_TRUSTED_PROXIES",
        value_name = "NETWORKS",
        default_value = "",
        hide_default_value = true
    )]
    pub trusted_proxies: Proxies,

    /// The folder of the built site [default: beside the binary, or target/site]
    #[arg(long, env = "KADR_SITE", value_name = "FOLDER")]
    pub site: Option<std::path::PathBuf>,
}

impl Network {
    /// What visitors type: the setting, or the address we really listen on.
    #[must_use]
    pub fn public_url(&self, listening: SocketAddr) -> String {
        self.public_url
            .as_ref()
            .map_or_else(|| reachable(listening), ToString::to_string)
    }
}

/// The address a person on this machine can open.
fn reachable(listening: SocketAddr) -> String {
    if listening.ip().is_unspecified() {
        format!("http://localhost:{}", listening.port())
    } else {
        format!("http://{listening}")
    }
}

/// An address with a port. `localhost` is understood, other names are not: a name can mean
/// several addresses, and then nobody knows on which of them the server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenAddr(SocketAddr);

impl ListenAddr {
    #[must_use]
    pub const fn get(&self) -> SocketAddr {
        self.0
    }
}

impl FromStr for ListenAddr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let numeric = text
            .strip_prefix("localhost:")
            .map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
        numeric
            .parse()
            .map(Self)
            .map_err(|_| "an address with a port, like 127.0.0.1:3000 or [::]:3000".to_owned())
    }
}

impl fmt::Display for ListenAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A whole origin: scheme, host and port, no path (Kadr lives at the root of its host).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl PublicUrl {
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "an address without a path, like https://videos.example".to_owned();
        let url = Url::parse(text.trim()).map_err(|_| expected())?;
        let whole = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if whole {
            Ok(Self(url))
        } else {
            Err(expected())
        }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// Networks of the reverse proxies in front of us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }
}

impl FromStr for Proxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(|item| {
                item.parse::<IpNet>()
                    .or_else(|_| item.parse::<IpAddr>().map(IpNet::from))
                    .map_err(|_| {
                        "addresses or networks with commas between them, like 10.0.0.0/8,::1"
                            .to_owned()
                    })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_urls_are_whole_origins() {
        for good in [
            "http://localhost:3000",
            "https://videos.example/",
            " https://a.b ",
        ] {
            assert!(good.parse::<PublicUrl>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "videos.example",
            "ftp://videos.example",
            "https://videos.example/kadr",
            "https://me:pw@videos.example",
            "https://videos.example/?a",
        ] {
            assert!(bad.parse::<PublicUrl>().is_err(), "{bad}");
        }
        let url: PublicUrl = "https://videos.example/".parse().unwrap();
        assert_eq!(url.to_string(), "https://videos.example");
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        let proxies: Proxies = "10.0.0.0/8, ::1,".parse().unwrap();
        assert!(proxies.contain("10.1.2.3".parse().unwrap()));
        assert!(proxies.contain("::1".parse().unwrap()));
        assert!(!proxies.contain("11.1.2.3".parse().unwrap()));
        assert_eq!("".parse::<Proxies>().unwrap(), Proxies::default());
        assert!("10.0.0.0/33".parse::<Proxies>().is_err());
        assert!("proxy.example".parse::<Proxies>().is_err());
    }

    #[test]
    fn an_unspecified_address_is_shown_as_one_a_person_can_open() {
        assert_eq!(
            reachable("0.0.0.0:80".parse().unwrap()),
            "http://localhost:80"
        );
        assert_eq!(reachable("[::1]:80".parse().unwrap()), "http://[::1]:80");
    }
}
