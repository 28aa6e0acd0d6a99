//! The origin rule: a page of another site cannot make a visitor's browser do something here.
//!
//! An unsafe method is refused when `Sec-Fetch-Site` is there and neither `same-origin` nor
//! `none`, or, without it, when `Origin` is there and names another host and port than the
//! request. A request with `Authorization` is exempt, and its cookie ignored; one with none
//! of these headers comes from no browser: it passes, and its cookie is ignored.

use http::{HeaderMap, HeaderName, Method, Uri, header};
use url::Url;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    /// It passes as one who is not logged in by cookie.
    PassWithoutCookies,
    Refuse,
}

/// Judges a request. `by_proxy` says that it came through a proxy we trust.
#[must_use]
pub fn judge(method: &Method, uri: &Uri, headers: &HeaderMap, by_proxy: bool) -> Verdict {
    if headers.contains_key(header::AUTHORIZATION) {
        return Verdict::PassWithoutCookies;
    }
    if method.is_safe() {
        return Verdict::Pass;
    }
    if headers.contains_key(&SEC_FETCH_SITE) {
        // Every line has to be good: two lines are nothing a browser sends.
        let own = headers
            .get_all(&SEC_FETCH_SITE)
            .iter()
            .all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"));
        return if own { Verdict::Pass } else { Verdict::Refuse };
    }
    if headers.contains_key(header::ORIGIN) {
        let own = headers.get_all(header::ORIGIN).iter().all(|origin| {
            origin
                .to_str()
                .is_ok_and(|o| is_own(o, uri, headers, by_proxy))
        });
        return if own { Verdict::Pass } else { Verdict::Refuse };
    }
    Verdict::PassWithoutCookies
}

fn is_own(origin: &str, uri: &Uri, headers: &HeaderMap, by_proxy: bool) -> bool {
    // `null` (a sandboxed frame, a local file) is no URL and therefore no one of ours.
    let Ok(origin) = Url::parse(origin) else {
        return false;
    };
    let Some((name, port)) = origin.host_str().zip(origin.port_or_known_default()) else {
        return false;
    };
    let here = |host: &str| same(host, name, port, origin.scheme());
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    // A request line with a whole address outranks the Host header.
    let host = uri
        .authority()
        .map(http::uri::Authority::as_str)
        .or_else(|| text(&header::HOST));
    let forwarded = by_proxy
        .then(|| text(&FORWARDED_HOST))
        .flatten()
        .and_then(|hosts| hosts.split(',').next())
        .map(str::trim);
    host.is_some_and(here) || forwarded.is_some_and(here)
}

/// Compares host and port; a host without one means the usual port of the origin's scheme.
fn same(host: &str, name: &str, port: u16, scheme: &str) -> bool {
    // Read by the same rules as the origin: case, international names, IPv6 in brackets.
    Url::parse(&format!("{scheme}://{host}")).is_ok_and(|url| {
        url.host_str() == Some(name)
            && url.port_or_known_default() == Some(port)
            && url.username().is_empty()
            && url.path() == "/"
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::{Verdict::*, *};

    type Headers = &'static [(&'static str, &'static str)];

    fn judged(method: &Method, headers: Headers, by_proxy: bool) -> Verdict {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        judge(method, &Uri::from_static("/ui/x"), &map, by_proxy)
    }

    #[test]
    fn unsafe_methods() {
        let cases: &[(Headers, Verdict)] = &[
            // What the browser says about itself decides alone.
            (&[("sec-fetch-site", "same-origin")], Pass),
            (&[("sec-fetch-site", "none")], Pass),
            (&[("sec-fetch-site", "same-site")], Refuse),
            (&[("sec-fetch-site", "cross-site")], Refuse),
            (&[("sec-fetch-site", "something-new")], Refuse),
            (&[("sec-fetch-site", "")], Refuse),
            (
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-site", "cross-site"),
                ],
                Refuse,
            ),
            (
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("origin", "https://evil.example"),
                    ("host", "kadr.example"),
                ],
                Pass,
            ),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://kadr.example"),
                    ("host", "kadr.example"),
                ],
                Refuse,
            ),
            // Older browsers: the origin against the host.
            (
                &[("origin", "https://kadr.example"), ("host", "kadr.example")],
                Pass,
            ),
            (
                &[("origin", "https://kadr.example"), ("host", "KADR.example")],
                Pass,
            ),
            (
                &[
                    ("origin", "https://kadr.example"),
                    ("host", "kadr.example:443"),
                ],
                Pass,
            ),
            (
                &[
                    ("origin", "http://kadr.example"),
                    ("host", "kadr.example:80"),
                ],
                Pass,
            ),
            (
                &[
                    ("origin", "http://127.0.0.1:3000"),
                    ("host", "127.0.0.1:3000"),
                ],
                Pass,
            ),
            (
                &[("origin", "http://[::1]:3000"), ("host", "[::1]:3000")],
                Pass,
            ),
            (
                &[
                    ("origin", "http://127.0.0.1:3000"),
                    ("host", "127.0.0.1:3001"),
                ],
                Refuse,
            ),
            (
                &[
                    ("origin", "http://kadr.example:8080"),
                    ("host", "kadr.example"),
                ],
                Refuse,
            ),
            (
                &[("origin", "https://evil.example"), ("host", "kadr.example")],
                Refuse,
            ),
            (
                &[
                    ("origin", "https://kadr.example.evil.example"),
                    ("host", "kadr.example"),
                ],
                Refuse,
            ),
            (
                &[
                    ("origin", "https://kadr.example"),
                    ("host", "kadr.example@evil.example"),
                ],
                Refuse,
            ),
            (&[("origin", "null"), ("host", "kadr.example")], Refuse),
            (&[("origin", ""), ("host", "kadr.example")], Refuse),
            (&[("origin", "https://kadr.example")], Refuse),
            // The name a proxy was asked by counts only when the proxy is trusted.
            (
                &[
                    ("origin", "https://kadr.example"),
                    ("host", "inside:3000"),
                    ("x-forwarded-host", "kadr.example"),
                ],
                Refuse,
            ),
            // Programs.
            (&[], PassWithoutCookies),
            (&[("host", "kadr.example")], PassWithoutCookies),
            (&[("authorization", "Bearer x")], PassWithoutCookies),
            (
                &[
                    ("authorization", "Bearer x"),
                    ("sec-fetch-site", "cross-site"),
                ],
                PassWithoutCookies,
            ),
            (
                &[
                    ("authorization", "Bearer x"),
                    ("origin", "https://evil.example"),
                ],
                PassWithoutCookies,
            ),
        ];
        for (headers, verdict) in cases {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                assert_eq!(
                    judged(&method, headers, false),
                    *verdict,
                    "{method} {headers:?}"
                );
            }
        }
    }

    #[test]
    fn behind_a_trusted_proxy() {
        let cases: &[(Headers, Verdict)] = &[
            (
                &[
                    ("origin", "https://kadr.example"),
                    ("host", "inside:3000"),
                    ("x-forwarded-host", "kadr.example"),
                ],
                Pass,
            ),
            (
                &[
                    ("origin", "https://kadr.example"),
                    ("host", "inside:3000"),
                    ("x-forwarded-host", "kadr.example, second"),
                ],
                Pass,
            ),
            (
                &[
                    ("origin", "https://kadr.example"),
                    ("host", "kadr.example"),
                    ("x-forwarded-host", "other"),
                ],
                Pass,
            ),
            (
                &[
                    ("origin", "https://evil.example"),
                    ("host", "inside:3000"),
                    ("x-forwarded-host", "kadr.example"),
                ],
                Refuse,
            ),
        ];
        for (headers, verdict) in cases {
            assert_eq!(
                judged(&Method::POST, headers, true),
                *verdict,
                "{headers:?}"
            );
        }
    }

    #[test]
    fn safe_methods_pass_from_anywhere() {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            assert_eq!(
                judged(&method, &[("sec-fetch-site", "cross-site")], false),
                Pass
            );
            assert_eq!(judged(&method, &[], false), Pass);
            assert_eq!(
                judged(&method, &[("authorization", "Bearer x")], false),
                PassWithoutCookies
            );
        }
    }

    #[test]
    fn a_whole_address_in_the_request_line_outranks_the_host_header() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ORIGIN,
            HeaderValue::from_static("https://evil.example"),
        );
        headers.insert(header::HOST, HeaderValue::from_static("evil.example"));
        let uri = Uri::from_static("http://kadr.example/ui/x");
        assert_eq!(judge(&Method::POST, &uri, &headers, false), Refuse);
    }
}
