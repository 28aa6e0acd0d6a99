//! What a page knows about the request it answers, and the one place with server-only code.
//!
//! Pages are compiled for the browser too, where nothing here is ever called: there the
//! functions answer with nothing. `people` (who asks, by cookie or token) is for the server
//! alone.

#[cfg(feature = "ssr")]
pub mod account;
#[cfg(feature = "ssr")]
mod people;
#[cfg(feature = "ssr")]
pub mod registration;
#[cfg(feature = "ssr")]
pub mod uploads;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::{
    accounts::{RegistrationMode, Role, paths},
    ids::{AvatarId, UserId},
    language::Language,
    theme::Theme,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
pub use self::people::{
    CurrentUser, Identity, MaybeUser, ProcessingUser, Proof, REGISTRATION_COOKIE,
    REGISTRATION_LASTS, Refused, SESSION_COOKIE, TurnedAway, Visitor, begin_registration,
    begin_session, cookie, current_visitor, forget_registration, forget_session,
    registration_secret, secret_cookie, session_secret, use_client, use_services,
};

use crate::{
    i18n::{Locale, locale},
    shell::flash::Flash,
};

/// Chosen language and theme, for a year; the server reads them into [`Visit`].
pub const LANGUAGE_COOKIE: &str = "kadr_lang";
pub const THEME_COOKIE: &str = "kadr_theme";
/// The sentence to say on the next page.
pub const FLASH_COOKIE: &str = "kadr_flash";

/// In seconds, as cookies count.
pub const YEAR: u32 = 365 * 24 * 60 * 60;

/// The names of the built site's files with their hashes, by plain name (`kadr.css`).
#[derive(Debug, Clone, Default)]
pub struct Assets(Arc<HashMap<String, String>>);

impl Assets {
    #[must_use]
    pub fn new(names: HashMap<String, String>) -> Self {
        Self(Arc::new(names))
    }

    /// The address of a file of the site; its plain name when the site knows no hash for it.
    #[must_use]
    pub fn href(&self, name: &str) -> String {
        format!(
            "{}/{}",
            domain::routes::PKG,
            self.0.get(name).map_or(name, String::as_str)
        )
    }
}

/// What is known about who asks, before any page runs.
#[derive(Debug, Clone)]
pub struct Visit {
    pub language: Language,
    pub theme: Theme,
    /// The id under which the log knows this request.
    pub request_id: String,
    pub assets: Assets,
    /// Who looks, if they are logged in.
    pub viewer: Option<Viewer>,
    /// Who may register: what doors a page offers.
    pub registration: RegistrationMode,
}

/// Who looks, as much of them as pages and islands show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    pub id: UserId,
    pub nick: String,
    pub name: String,
    /// The version of their picture.
    pub avatar: Option<AvatarId>,
    pub role: Role,
    /// The account will be deleted, unless they change their mind.
    pub leaving: bool,
}

impl Viewer {
    /// The address of their picture at one of the widths of `domain::accounts::avatar::SIZES`,
    /// or of their initials.
    #[must_use]
    pub fn avatar_href(&self, size: u32) -> String {
        self.avatar.map_or_else(
            || paths::initials(self.id),
            |version| paths::avatar(self.id, version, size),
        )
    }
}

impl Visit {
    #[must_use]
    pub fn locale(&self) -> Locale {
        locale(self.language)
    }
}

/// Whether the page being made may be shown to others as well. The server reads it afterwards.
#[derive(Debug, Clone, Default)]
pub struct Sharing(Arc<AtomicBool>);

impl Sharing {
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Says that this page is the same for everybody without an account, but for language and
/// theme: the server then makes it once a second and not for each of them.
pub fn share() {
    if let Some(sharing) = use_context::<Sharing>() {
        sharing.0.store(true, Ordering::Relaxed);
    }
}

/// The visit this page answers. The server provides it for every render.
#[must_use]
pub fn use_visit() -> Visit {
    expect_context::<Visit>()
}

/// Path and query of the page, without what a refused form left there; `/` if unknown.
#[must_use]
pub fn here() -> String {
    #[cfg(feature = "ssr")]
    if let Some(parts) = use_context::<http::request::Parts>() {
        return address(&parts.uri);
    }
    "/".to_owned()
}

/// Path and query, without what a refused form left there.
#[cfg(feature = "ssr")]
fn address(uri: &http::Uri) -> String {
    let kept: Vec<_> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .filter(|pair| !pair.starts_with("__path=") && !pair.starts_with("__err="))
        .collect();
    if kept.is_empty() {
        uri.path().to_owned()
    } else {
        format!("{}?{}", uri.path(), kept.join("&"))
    }
}

/// The page to log in on, and where to go on from there.
#[must_use]
pub fn login(next: &str) -> String {
    if next.is_empty() || next == domain::routes::HOME {
        return paths::LOGIN.to_owned();
    }
    // What would end the value or the query; browsers encode the rest themselves.
    let mut to = String::with_capacity(next.len() + 16);
    for c in next.chars() {
        match c {
            '%' => to.push_str("%25"),
            '&' => to.push_str("%26"),
            '#' => to.push_str("%23"),
            '+' => to.push_str("%2B"),
            ' ' => to.push_str("%20"),
            c => to.push(c),
        }
    }
    format!("{}?next={to}", paths::LOGIN)
}

/// A path of this house to go on at, as somebody wrote it into an address; anything else
/// leads home.
#[must_use]
pub fn own_path(to: &str) -> &str {
    let is_own = to.starts_with('/')
        && !to.starts_with("//")
        && to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if is_own { to } else { domain::routes::HOME }
}

/// Sends the browser that asked for this page to another one of ours (303), whatever it
/// accepts. For forms there is [`redirect`].
pub fn go(to: &str) {
    #[cfg(feature = "ssr")]
    if let (Some(options), Ok(to)) = (
        use_context::<leptos_axum::ResponseOptions>(),
        http::HeaderValue::from_str(own_path(to)),
    ) {
        options.set_status(http::StatusCode::SEE_OTHER);
        options.insert_header(http::header::LOCATION, to);
    }
    #[cfg(not(feature = "ssr"))]
    let _ = to;
}

/// Who looks, on pages for people who are logged in. Others are sent to log in, and the page
/// has nothing to show.
#[must_use]
pub fn require_viewer() -> Option<Viewer> {
    let viewer = use_visit().viewer;
    if viewer.is_none() {
        go(&login(&here()));
    }
    viewer
}

/// Answers with this status.
pub fn set_status(status: u16) {
    #[cfg(feature = "ssr")]
    if let (Some(options), Ok(status)) = (
        use_context::<leptos_axum::ResponseOptions>(),
        http::StatusCode::from_u16(status),
    ) {
        options.set_status(status);
    }
    #[cfg(not(feature = "ssr"))]
    let _ = status;
}

/// Answers a script with this status. A form sent by the browser itself is answered with a
/// redirect, whose status must stay.
pub fn set_program_status(status: u16) {
    if !is_browser_form() {
        set_status(status);
    }
}

/// Goes on at a page of ours. Anything that is not a path of this house leads home.
pub fn redirect(to: &str) {
    #[cfg(feature = "ssr")]
    if is_browser_form() {
        leptos_axum::redirect(own_path(to));
    }
    #[cfg(not(feature = "ssr"))]
    let _ = to;
}

/// Says a sentence on the page the browser goes to next. A script says it by itself.
pub fn say_next(flash: Flash) {
    if is_browser_form() {
        set_cookie(FLASH_COOKIE, flash.code(), 60);
    }
}

/// The sentence to say on this page, if there is one. It is said once.
#[must_use]
pub fn take_flash() -> Option<Flash> {
    let flash = Flash::parse(&sent_cookie(FLASH_COOKIE)?);
    set_cookie(FLASH_COOKIE, "", 0);
    flash
}

/// Sets a cookie of a plain word for so many seconds.
pub fn set_cookie(name: &str, value: &str, seconds: u32) {
    #[cfg(feature = "ssr")]
    if let (Some(options), Ok(cookie)) = (
        use_context::<leptos_axum::ResponseOptions>(),
        http::HeaderValue::from_str(&format!(
            "{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax; HttpOnly"
        )),
    ) {
        options.append_header(http::header::SET_COOKIE, cookie);
    }
    #[cfg(not(feature = "ssr"))]
    let _ = (name, value, seconds);
}

/// The value of a cookie of the request.
fn sent_cookie(name: &str) -> Option<String> {
    #[cfg(feature = "ssr")]
    {
        people::cookie(&use_context::<http::request::Parts>()?.headers, name)
    }
    #[cfg(not(feature = "ssr"))]
    {
        let _ = name;
        None
    }
}

/// Whether the browser itself sent this form: then it wants a page back, not data.
#[must_use]
pub fn is_browser_form() -> bool {
    #[cfg(feature = "ssr")]
    {
        use_context::<http::request::Parts>().is_some_and(|parts| accepts_page(&parts.headers))
    }
    #[cfg(not(feature = "ssr"))]
    false
}

#[cfg(feature = "ssr")]
fn accepts_page(headers: &http::HeaderMap) -> bool {
    headers
        .get(http::header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_in_the_house() {
        for (to, expected) in [
            ("/", "/"),
            ("/search?q=a%20b#x", "/search?q=a%20b#x"),
            ("", "/"),
            ("search", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nSet-Cookie: x=y", "/"),
            ("/\u{a0}", "/"),
        ] {
            assert_eq!(own_path(to), expected, "{to:?}");
        }
    }

    #[test]
    fn who_logs_in_goes_on_where_they_were() {
        assert_eq!(login("/"), "/login");
        assert_eq!(
            login("/search?q=a%20b&page=2#x"),
            "/login?next=/search?q=a%2520b%26page=2%23x"
        );
    }

    #[test]
    fn a_page_knows_where_it_is() {
        let owner = Owner::new();
        owner.with(|| {
            assert_eq!(here(), "/", "outside of a request");
            for (uri, expected) in [
                ("/search?q=a", "/search?q=a"),
                ("/admin/ui?__path=%2Fui%2Fx&__err=abc", "/admin/ui"),
                (
                    "/admin/ui?tab=forms&__path=x&__err=y",
                    "/admin/ui?tab=forms",
                ),
            ] {
                let (parts, ()) = http::Request::builder()
                    .uri(uri)
                    .body(())
                    .unwrap()
                    .into_parts();
                provide_context(parts);
                assert_eq!(here(), expected);
            }
        });
    }

    #[test]
    fn a_flash_is_said_once() {
        let owner = Owner::new();
        owner.with(|| {
            assert_eq!(take_flash(), None);
            let (parts, ()) = http::Request::builder()
                .header("cookie", "a=b; kadr_flash=introduced")
                .body(())
                .unwrap()
                .into_parts();
            provide_context(parts);
            provide_context(leptos_axum::ResponseOptions::default());
            assert_eq!(take_flash(), Some(Flash::Introduced));
            let options = expect_context::<leptos_axum::ResponseOptions>();
            let sent = options.0.read().unwrap().headers.clone();
            assert!(sent["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
        });
    }
}
