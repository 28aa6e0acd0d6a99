//! Pages that look the same to everybody without an account are made once a second.
//!
//! A page says so itself (`app::context::share`). What then decides about its text is its
//! path, the language and the theme, and those name it here; a request with any other cookie,
//! a query or credentials is always answered with a page of its own. The nonce of the policy
//! is new in each answer: a kept page is held in pieces with the places for it between them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use app::context::{LANGUAGE_COOKIE, THEME_COOKIE, Visit};
use axum::{body::Bytes, extract::Request};
use domain::{language::Language, theme::Theme};
use http::{HeaderMap, StatusCode, header, response};

/// How old a page may be: what somebody without an account sees is this late at most.
const FRESH: Duration = Duration::from_secs(1);
/// Pages kept at a time, and the largest of them: together some 16 MB at the very most.
const KEPT: usize = 64;
const LARGEST: usize = 256 << 10;

/// What decides about the text of a shared page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    path: String,
    language: Language,
    theme: Theme,
}

impl Key {
    /// Its name, if this request may share an answer with others.
    pub(super) fn of(request: &Request, visit: &Visit) -> Option<Self> {
        let headers = request.headers();
        let shares = request.method().is_safe()
            && request.uri().query().is_none()
            && !headers.contains_key(header::AUTHORIZATION)
            && has_no_other_cookies(headers);
        shares.then(|| Self {
            path: request.uri().path().to_owned(),
            language: visit.language,
            theme: visit.theme,
        })
    }
}

fn has_no_other_cookies(headers: &HeaderMap) -> bool {
    headers.get_all(header::COOKIE).iter().all(|line| {
        line.to_str().is_ok_and(|line| {
            line.split(';')
                .filter_map(|pair| pair.trim().split('=').next())
                .all(|name| [LANGUAGE_COOKIE, THEME_COOKIE, ""].contains(&name))
        })
    })
}

/// A kept page.
#[derive(Debug, Clone)]
struct Page {
    made: Instant,
    headers: HeaderMap,
    pieces: Arc<[Bytes]>,
}

/// The pages kept by this process.
#[derive(Debug, Default)]
pub struct SharedPages(Mutex<HashMap<Key, Page>>);

impl SharedPages {
    /// The page with this nonce, if there is a fresh one.
    pub(super) fn get(&self, key: &Key, nonce: &str) -> Option<(HeaderMap, Vec<u8>)> {
        let page = {
            let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            pages
                .get(key)
                .filter(|page| page.made.elapsed() < FRESH)?
                .clone()
        };
        let length = page
            .pieces
            .iter()
            .map(|piece| piece.len() + nonce.len())
            .sum();
        let mut body = Vec::with_capacity(length);
        for (n, piece) in page.pieces.iter().enumerate() {
            if n > 0 {
                body.extend_from_slice(nonce.as_bytes());
            }
            body.extend_from_slice(piece);
        }
        Some((page.headers, body))
    }

    /// Keeps a page that was made with this nonce. One that sets a cookie or is no success is
    /// about its visitor, whatever it says of itself.
    pub(super) fn keep(&self, key: Key, head: &response::Parts, body: &Bytes, nonce: &str) {
        let is_for_everybody = head.status == StatusCode::OK
            && !head.headers.contains_key(header::SET_COOKIE)
            && body.len() <= LARGEST;
        if !is_for_everybody {
            return;
        }
        let page = Page {
            made: Instant::now(),
            headers: head.headers.clone(),
            pieces: pieces(body, nonce),
        };
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.len() >= KEPT {
            pages.retain(|_, page| page.made.elapsed() < FRESH);
        }
        if pages.len() < KEPT {
            pages.insert(key, page);
        }
    }
}

/// The body without the nonce, cut where it was.
fn pieces(body: &Bytes, nonce: &str) -> Arc<[Bytes]> {
    let Ok(text) = std::str::from_utf8(body) else {
        return Arc::new([body.clone()]);
    };
    let mut pieces = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices(nonce) {
        pieces.push(body.slice(from..at));
        from = at + nonce.len();
    }
    pieces.push(body.slice(from..));
    pieces.into()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn head(status: u16) -> response::Parts {
        let response = http::Response::builder().status(status).body(()).unwrap();
        response.into_parts().0
    }

    fn key(path: &str) -> Key {
        Key {
            path: path.to_owned(),
            language: Language::En,
            theme: Theme::Auto,
        }
    }

    #[test]
    fn each_answer_has_its_own_nonce() {
        let pages = SharedPages::default();
        let body = Bytes::from("<script nonce=\"OLD\"></script>ö<script nonce=\"OLD\">");
        pages.keep(key("/"), &head(200), &body, "OLD");
        for nonce in ["A", "LONGER"] {
            let (_, body) = pages.get(&key("/"), nonce).unwrap();
            let expected =
                format!("<script nonce=\"{nonce}\"></script>ö<script nonce=\"{nonce}\">");
            assert_eq!(String::from_utf8(body).unwrap(), expected);
        }
        assert!(pages.get(&key("/search"), "A").is_none());
    }

    #[test]
    fn what_is_about_its_visitor_is_not_kept() {
        let pages = SharedPages::default();
        let body = Bytes::from("body");
        pages.keep(key("/"), &head(404), &body, "N");
        let mut with_cookie = head(200);
        with_cookie
            .headers
            .insert(header::SET_COOKIE, "a=b".parse().unwrap());
        pages.keep(key("/"), &with_cookie, &body, "N");
        pages.keep(key("/"), &head(200), &vec![b'x'; LARGEST + 1].into(), "N");
        assert!(pages.get(&key("/"), "N").is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let pages = SharedPages::default();
        for n in 0..1000 {
            pages.keep(key(&format!("/{n}")), &head(200), &Bytes::from("body"), "N");
        }
        assert_eq!(pages.0.lock().unwrap().len(), KEPT);
    }

    #[test]
    fn only_requests_without_an_own_face_share() {
        let visit = Visit {
            language: Language::En,
            theme: Theme::Auto,
            request_id: String::new(),
            assets: app::context::Assets::default(),
            viewer: None,
            registration: domain::accounts::RegistrationMode::Open,
        };
        let shares = |method: &str, uri: &str, name: &str, value: &str| {
            let request = http::Request::builder().method(method).uri(uri);
            let request = request.header(name, value).body(Body::empty()).unwrap();
            Key::of(&request, &visit).is_some()
        };
        assert!(shares("GET", "/", "accept", "*/*"));
        assert!(shares(
            "HEAD",
            "/",
            "cookie",
            "kadr_lang=uk; kadr_theme=dark;"
        ));
        assert!(!shares("GET", "/", "cookie", "kadr_lang=uk; session=1"));
        assert!(!shares("GET", "/", "cookie", "kadr_flash=introduced"));
        assert!(!shares("GET", "/", "authorization", "Bearer x"));
        assert!(!shares("GET", "/?a", "accept", "*/*"));
        assert!(!shares("POST", "/", "accept", "*/*"));
    }
}
