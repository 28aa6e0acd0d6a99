//! Every page without scripts: complete, with the right status and one title.

use app::shell::{OWN_PAGES, OWNERS_PAGES, PAGES};
use domain::accounts::Role;

use crate::{
    accounts::{Browser, person},
    harness::{Answer, Case, TestApp},
};

/// Pages that cannot be walked as they are, each with its reason: those with a part of the
/// address to fill in, and those that lead elsewhere until something has happened.
const NOT_WALKED: &[&str] = &[
    // Walked below, with somebody's nick.
    "/@{nick}",
    // Steps of a registration lead to its first one; `accounts::registering` walks them.
    "/register/avatar",
    "/register/confirm",
    "/register/nick",
    "/register/password",
    // Leads to the first of the settings.
    "/settings",
    // Is about the key of a mail.
    "/settings/email",
];

/// A page that nobody walks is a page that nobody tests.
#[tokio::test]
async fn every_page_of_the_app_is_walked() {
    let app = TestApp::start().await;
    let mut addresses = server::http::page_addresses(&app.state);
    addresses.sort();
    let mut walked: Vec<&str> = [PAGES, OWN_PAGES, OWNERS_PAGES, NOT_WALKED].concat();
    walked.sort_unstable();
    assert_eq!(
        addresses, walked,
        "add it to PAGES, or to NOT_WALKED with its reason"
    );

    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/../end2end/fixtures/walk.ts");
    let list = std::fs::read_to_string(list).unwrap();
    for page in [PAGES, OWN_PAGES, OWNERS_PAGES].concat() {
        assert!(
            list.contains(&format!("\"{page}\"")),
            "{page} in end2end/fixtures/walk.ts"
        );
    }
}

#[track_caller]
fn whole(page: &Answer) {
    let html = page.text();
    assert!(html.starts_with("<!DOCTYPE html>"), "{html}");
    for once in [
        "<title", "</title>", "<h1", "</head>", "<main", "</main>", "</body>", "</html>",
    ] {
        assert_eq!(html.matches(once).count(), 1, "{once} in {html}");
    }
    assert!(!html.contains("<title></title>"), "a title with words");
    // What streaming out of order would leave behind for scripts to put together.
    for unfinished in ["<template id=", "<!--s-"] {
        assert!(!html.contains(unfinished), "{unfinished} in {html}");
    }
    for link in ["/pkg/kadr.11aa.css", "/pkg/boot.22bb.js"] {
        assert!(html.contains(link), "{link}");
    }
}

testkit::both_engines! {
async fn all_pages_are_complete_without_scripts(test: TestDb) {
    let app = TestApp::builder().over(test).start().await;
    for path in PAGES {
        let page = app.send(Case::get(path).by_browser()).await.expect(200);
        whole(&page);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "private, no-cache");
        let vary = page.header("vary").to_ascii_lowercase();
        for name in ["cookie", "accept-language", "accept-encoding"] {
            assert!(vary.contains(name), "{vary}");
        }
        let length: usize = page.header("content-length").parse().unwrap();
        assert_eq!(length, page.body.len(), "the length is known");
        let head = app.send(Case::head(path).by_browser()).await.expect(200);
        assert_eq!(head.header("content-length"), page.header("content-length"));
        assert!(head.body.is_empty());
    }
}

/// Pages of people: guests are sent to log in, and what is the owner's is for nobody else.
async fn pages_of_people_are_complete_for_them_alone(test: TestDb) {
    let app = TestApp::builder().over(test).start().await;
    person(&app, "viewer", Role::User).await;
    person(&app, "agnes", Role::Admin).await;
    let mut viewer = Browser::of(&app, "viewer").await;
    let mut owner = Browser::of(&app, "agnes").await;
    for path in [OWN_PAGES, OWNERS_PAGES].concat() {
        let guest = app.send(Case::get(path).by_browser()).await.expect(303);
        assert_eq!(guest.header("location"), format!("/login?next={path}"));
        whole(&owner.get(path).await.expect(200));
    }
    for path in OWN_PAGES {
        let page = viewer.get(path).await.expect(200);
        whole(&page);
        assert!(page.header("cache-control").contains("private"));
    }
    viewer.get(domain::routes::ADMIN_UI).await.expect(404);
    viewer.get(domain::accounts::paths::SETTINGS_INVITATIONS).await.expect(403);
    for browser in [&mut viewer, &mut owner] {
        whole(&browser.get("/@viewer").await.expect(200));
    }
    whole(&app.send(Case::get("/@viewer").by_browser()).await.expect(200));
    whole(&app.send(Case::get("/settings/email").by_browser()).await.expect(410));
}
}

#[tokio::test]
async fn a_query_and_a_final_slash_change_nothing_that_breaks() {
    let app = TestApp::start().await;
    let page = app
        .send(Case::get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E").by_browser())
        .await;
    let page = page.expect(200);
    whole(&page);
    assert!(!page.text().contains("<script>alert(1)"), "{}", page.text());
    let page = app
        .send(Case::get("/search?q=%3C/title%3E%3Cb%3Ea%26amp;").by_browser())
        .await;
    whole(&page);
    assert!(
        page.text().contains("&lt;/title&gt;&lt;b&gt;a&amp;amp;"),
        "{}",
        page.text()
    );
    let slash = app.send(Case::get("/search/?q=a").by_browser()).await;
    slash.expect(308).has("location", "/search?q=a");
    app.send(Case::get("//evil.example/").by_browser())
        .await
        .expect(404);
    app.send(Case::get("/?%3Cb%3E=1").by_browser())
        .await
        .expect(200);
}

#[tokio::test]
async fn language_and_theme_are_chosen_by_cookie_then_by_browser() {
    let app = TestApp::start().await;
    for (cookie, accept, lang, theme) in [
        ("", "", "en", "auto"),
        ("", "uk-UA,uk;q=0.9,en;q=0.8", "uk", "auto"),
        ("kadr_lang=ru; kadr_theme=dark", "uk", "ru", "dark"),
        ("kadr_lang=xx; kadr_theme=pink", "ru", "ru", "auto"),
    ] {
        let case = Case::get("/")
            .by_browser()
            .header("cookie", cookie)
            .header("accept-language", accept);
        let html = app.send(case).await.expect(200).text();
        assert!(
            html.contains(&format!("lang=\"{lang}\"")),
            "{cookie} {accept}: {}",
            &html[..200]
        );
        assert!(
            html.contains(&format!("data-theme=\"{theme}\"")),
            "{cookie}"
        );
    }
    let case = Case::get("/nope")
        .by_browser()
        .header("cookie", "kadr_lang=uk; kadr_theme=light");
    let html = app.send(case).await.expect(404).text();
    assert!(html.contains("lang=\"uk\"") && html.contains("data-theme=\"light\""));
}

/// The home page is made once a second for everybody; nobody must see another one's choices.
#[tokio::test]
async fn shared_pages_keep_language_theme_and_nonce_apart() {
    let app = TestApp::start().await;
    let mut nonces = std::collections::BTreeSet::new();
    for _ in 0..3 {
        for (lang, theme) in [("en", "dark"), ("uk", "light"), ("ru", "auto")] {
            let cookie = format!("kadr_lang={lang}; kadr_theme={theme}");
            let page = app
                .send(Case::get("/").by_browser().header("cookie", &cookie))
                .await
                .expect(200);
            whole(&page);
            let html = page.text();
            assert!(html.contains(&format!("<html lang=\"{lang}\" data-theme=\"{theme}\"")));
            let policy = page.header("content-security-policy");
            let nonce = policy
                .split("'nonce-")
                .nth(1)
                .unwrap()
                .split('\'')
                .next()
                .unwrap();
            assert!(
                html.contains(nonce),
                "the page uses the nonce of its own policy"
            );
            assert!(nonces.insert(nonce.to_owned()), "the same nonce twice");
        }
    }
    let flash = app
        .send(
            Case::get("/")
                .by_browser()
                .header("cookie", "kadr_flash=introduced"),
        )
        .await
        .expect(200);
    assert!(
        flash.header("set-cookie").starts_with("kadr_flash=;"),
        "said once: {flash:?}"
    );
    let next = app.send(Case::get("/").by_browser()).await.expect(200);
    assert_eq!(next.header("set-cookie"), "");
}

#[tokio::test]
async fn pages_are_compressed_for_who_can_read_it() {
    let app = TestApp::start().await;
    let plain = app.get("/").await.expect(200);
    assert_eq!(plain.header("content-encoding"), "");
    for encoding in ["br", "gzip"] {
        let small = app
            .send(Case::get("/").header("accept-encoding", encoding))
            .await
            .expect(200);
        assert_eq!(small.header("content-encoding"), encoding);
        assert!(
            small.body.len() * 2 < plain.body.len(),
            "{encoding}: {}",
            small.body.len()
        );
    }
}

#[tokio::test]
async fn choices_are_remembered_without_scripts() {
    let app = TestApp::start().await;
    let answer = app
        .send(Case::post("/ui/preferences/theme").form("theme=dark&back=%2Fsearch"))
        .await;
    let answer = answer.expect(302).has("location", "/search");
    assert!(
        answer.header("set-cookie").starts_with("kadr_theme=dark;"),
        "{answer:?}"
    );
    let answer = app
        .send(Case::post("/ui/preferences/language").form("language=uk&back=%2F"))
        .await;
    assert!(
        answer
            .expect(302)
            .header("set-cookie")
            .starts_with("kadr_lang=uk;")
    );
}
