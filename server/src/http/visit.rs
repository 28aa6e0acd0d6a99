//! From a request to the `Visit` that pages are made for, and who makes it.

use app::context::{Identity, LANGUAGE_COOKIE as LANGUAGE, THEME_COOKIE as THEME, Visit, cookie};
use backend::accounts::Client;
use domain::{language::Language, theme::Theme};
use http::{HeaderMap, header};

use super::{Caller, State};

pub(super) fn visit(state: &State, headers: &HeaderMap, caller: &Caller) -> Visit {
    let language = cookie(headers, LANGUAGE)
        .and_then(|code| code.parse().ok())
        .unwrap_or_else(|| {
            headers
                .get(header::ACCEPT_LANGUAGE)
                .and_then(|value| value.to_str().ok())
                .map_or_else(Language::default, Language::negotiate)
        });
    let theme: Theme = cookie(headers, THEME)
        .and_then(|code| code.parse().ok())
        .unwrap_or_default();
    Visit {
        language,
        theme,
        request_id: caller.request_id.to_string(),
        assets: state.assets.clone(),
        viewer: None,
        registration: state.backend.accounts.registration(),
    }
}

/// What the request shows of who sent it.
pub(super) fn identity(state: &State, headers: &HeaderMap, caller: &Caller) -> Identity {
    let agent = headers
        .get(header::USER_AGENT)
        .map(|agent| String::from_utf8_lossy(agent.as_bytes()))
        .unwrap_or_default();
    let client = Client::new(Some(caller.address), &agent);
    let secure = caller.secure || state.is_https();
    Identity::of(&state.backend.accounts, headers, client, secure)
}

/// The visit of somebody who may be logged in: what they chose for themselves outranks what
/// this browser remembers. When the database is away, the page is that of a guest.
pub(super) async fn of_viewer(mut visit: Visit, identity: &Identity) -> Visit {
    if let Ok(Some(visitor)) = identity.visitor().await
        && visitor.is_person()
    {
        visit.language = visitor.user.language;
        if visitor.user.theme != Theme::Auto {
            visit.theme = visitor.user.theme;
        }
        visit.viewer = Some(visitor.viewer());
    }
    visit
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn cookies_are_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=1; kadr_lang=uk;b"),
        );
        headers.append(header::COOKIE, HeaderValue::from_static("kadr_theme=dark"));
        assert_eq!(cookie(&headers, LANGUAGE).as_deref(), Some("uk"));
        assert_eq!(cookie(&headers, THEME).as_deref(), Some("dark"));
        assert_eq!(cookie(&headers, "b"), None);
        assert_eq!(cookie(&headers, "lang"), None);
    }
}
