//! Headers that tell browsers what a page of ours may do and who may show it.

use http::{HeaderMap, HeaderName, HeaderValue, header};

const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Who may show an answer in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    SameSite,
    /// Players embedded elsewhere.
    Anywhere,
}

/// The content security policy. Without a page there is no nonce, and no inline script runs.
#[must_use]
pub fn policy(nonce: Option<&str>, framing: Framing) -> String {
    let nonce = nonce.map(|n| format!("'nonce-{n}' ")).unwrap_or_default();
    let ancestors = match framing {
        Framing::SameSite => "'self'",
        Framing::Anywhere => "*",
    };
    format!(
        "default-src 'self'; script-src 'self' {nonce}'wasm-unsafe-eval'; \
         style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; \
         connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors {ancestors}"
    )
}

/// Sets them all.
pub(crate) fn dress(headers: &mut HeaderMap, nonce: Option<&str>, framing: Framing, https: bool) {
    if let Ok(policy) = HeaderValue::from_str(&policy(nonce, framing)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(
        PERMISSIONS,
        HeaderValue::from_static(
            "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), serial=(), midi=(), \
             browsing-topics=()",
        ),
    );
    if https {
        // Browsers ignore it elsewhere, and complain about it in their console.
        headers.insert(OPENER, HeaderValue::from_static("same-origin"));
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_the_one_of_the_design() {
        assert_eq!(
            policy(Some("abc"), Framing::SameSite),
            "default-src 'self'; script-src 'self' 'nonce-abc' 'wasm-unsafe-eval'; style-src \
             'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; \
             connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; \
             form-action 'self'; frame-ancestors 'self'"
        );
        assert!(policy(None, Framing::Anywhere).ends_with("frame-ancestors *"));
        assert!(!policy(None, Framing::SameSite).contains("nonce"));
    }

    #[test]
    fn https_is_demanded_only_where_it_is_spoken() {
        for https in [false, true] {
            let mut headers = HeaderMap::new();
            dress(&mut headers, None, Framing::SameSite, https);
            assert_eq!(
                headers.contains_key(header::STRICT_TRANSPORT_SECURITY),
                https
            );
            assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert_eq!(headers[header::REFERRER_POLICY], "same-origin");
            assert_eq!(headers.contains_key(OPENER), https);
        }
    }
}
