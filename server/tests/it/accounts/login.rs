//! Coming in and going out: cookies, and who may not.

use domain::accounts::Role;
use testkit::both_engines;

use super::{Browser, PASSWORD, cookie_line, count, letters, person, secret, set_cookies};
use crate::harness::{Case, TestApp};

both_engines! {
    async fn somebody_comes_in_and_goes_out(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        person(&app, "ada", Role::User).await;
        let mut browser = Browser::new(&app);
        assert_eq!(browser.me().await, None);
        let answer = browser
            .form(
                "/ui/accounts/log_in",
                &[("login", "Ada@mail.example"), ("password", PASSWORD), ("next", "/search?q=a")],
            )
            .await
            .expect(302)
            .has("location", "/search?q=a");
        let cookie = cookie_line(&answer, "kadr_session");
        assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"), "{cookie}");
        assert!(cookie.contains("; Path=/") && !cookie.contains("Max-Age"), "{cookie}");
        assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
        assert_eq!(browser.me().await.as_deref(), Some("ada"));
        assert!(browser.get("/").await.expect(200).text().contains("ada"));
        // The database does not know the cookie, only its hash.
        let value = browser.session().unwrap().to_owned();
        let rows = testkit::sqlx::query("SELECT id_hash FROM sessions WHERE id_hash = $1")
            .bind(&value)
            .fetch_all(app.db.db.read())
            .await;
        assert!(rows.is_err() || rows.unwrap().is_empty());

        let answer = browser.form("/ui/accounts/log_out", &[]).await.expect(302);
        assert!(cookie_line(&answer, "kadr_session").contains("Max-Age=0"));
        assert_eq!(browser.me().await, None);
        browser.cookies.insert("kadr_session".into(), value);
        assert_eq!(browser.me().await, None, "the old cookie opens nothing");
    }

    async fn each_log_in_has_an_id_of_its_own(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        person(&app, "ada", Role::User).await;
        // Somebody planted a cookie in this browser before its owner logs in.
        let planted = backend::accounts::Secret::generate().reveal().to_owned();
        let mut browser = Browser::new(&app);
        browser.cookies.insert("kadr_session".into(), planted.clone());
        browser.log_in("ada", PASSWORD).await.expect(302);
        let first = browser.session().unwrap().to_owned();
        assert_ne!(first, planted);
        let mut thief = Browser::new(&app);
        thief.cookies.insert("kadr_session".into(), planted);
        assert_eq!(thief.me().await, None);
        // Logging in again: another id, and the one before is over.
        browser.log_in("ada", PASSWORD).await.expect(302);
        assert_ne!(browser.session().unwrap(), first);
        thief.cookies.insert("kadr_session".into(), first);
        assert_eq!(thief.me().await, None);
        assert_eq!(count(&app, "SELECT COUNT(*) FROM sessions").await, 1);
    }

    async fn revoked_sessions_are_over_at_once(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        let ada = person(&app, "ada", Role::User).await;
        let mut here = Browser::of(&app, "ada").await;
        let mut phone = Browser::of(&app, "ada").await;
        let mut work = Browser::of(&app, "ada").await;
        let accounts = &app.state.backend.accounts;
        assert_eq!(accounts.sessions(ada.id).await.unwrap().len(), 3);
        let client = backend::accounts::Client::default();
        let mine = accounts.visit(&secret(here.session().unwrap()), &client).await.unwrap().unwrap();
        let other = accounts.visit(&secret(phone.session().unwrap()), &client).await.unwrap().unwrap();
        accounts.revoke_session(ada.id, other.visitor.session).await.unwrap();
        assert_eq!(phone.me().await, None);
        assert_eq!(work.me().await.as_deref(), Some("ada"));
        accounts.revoke_others(ada.id, mine.visitor.session).await.unwrap();
        assert_eq!(work.me().await, None);
        assert_eq!(here.me().await.as_deref(), Some("ada"));
        accounts.set_password("ada", "another horse battery").await.unwrap();
        assert_eq!(here.me().await, None, "a new password ends every log-in");
    }

    async fn nobody_learns_whose_names_are_known(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        person(&app, "ada", Role::User).await;
        let mut answers = Vec::new();
        for (login, password) in [
            ("ada", "wrong horse battery"),
            ("ada@mail.example", "wrong horse battery"),
            ("nobody", PASSWORD),
            ("nobody@mail.example", PASSWORD),
            ("<script>", PASSWORD),
        ] {
            let mut browser = Browser::with_scripts(&app);
            let form = browser.log_in(login, password).await.expect(401);
            assert!(set_cookies(&form).is_empty());
            let body = serde_json::json!({"user": login, "password": password}).to_string();
            let api = Case::post("/api/v1/auth/token")
                .header("content-type", "application/json")
                .body(body.into_bytes());
            let api = app.send(api).await.expect(401);
            assert_eq!(api.problem(), "wrong_credentials");
            let detail = api.json()["detail"].clone();
            answers.push((form.text().replace(login, ""), detail));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:#?}");
    }

    async fn a_reset_never_tells_whether_an_address_is_known(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        person(&app, "ada", Role::User).await;
        let mut answers = Vec::new();
        for address in ["ada@mail.example", "nobody@mail.example"] {
            let mut browser = Browser::new(&app);
            let answer = browser.form("/ui/accounts/ask_reset", &[("email", address)]).await;
            answers.push((answer.status, answer.header("location").to_owned(), answer.text()));
            let mut browser = Browser::with_scripts(&app);
            let answer = browser.form("/ui/accounts/ask_reset", &[("email", address)]).await;
            answers.push((answer.status, answer.header("location").to_owned(), answer.text()));
        }
        assert_eq!(answers[0], answers[2]);
        assert_eq!(answers[1], answers[3]);
        assert_eq!(answers[0].0, 302);
        // What was asked for is done by a job, so the time does not tell either.
        assert!(letters(&app, "reset", "ada@mail.example").await.is_empty());
    }
}

#[tokio::test]
async fn remembered_browsers_keep_their_cookie_and_https_makes_it_secure() {
    let app = TestApp::builder()
        .public_url("https://kadr.example")
        .start()
        .await;
    person(&app, "ada", Role::User).await;
    let mut browser = Browser::new(&app);
    let fields = [
        ("login", "ada"),
        ("password", PASSWORD),
        ("remember", "true"),
    ];
    let answer = browser
        .form("/ui/accounts/log_in", &fields)
        .await
        .expect(302);
    let cookie = cookie_line(&answer, "kadr_session");
    assert!(cookie.contains("; Max-Age=2592000"), "{cookie}");
    assert!(cookie.ends_with("; Secure"), "{cookie}");
    // Used after more than five minutes it is sent again, so that it lasts 30 days from now.
    assert!(set_cookies(&browser.get("/api/v1/me").await).is_empty());
    let clock = app.state.backend.accounts.clock();
    clock.advance(std::time::Duration::from_secs(6 * 60));
    let answer = browser.get("/").await.expect(200);
    assert_eq!(cookie_line(&answer, "kadr_session"), cookie);
    assert!(set_cookies(&browser.get("/").await).is_empty(), "once");
}

#[tokio::test]
async fn a_trusted_proxy_says_who_came_by_https() {
    let app = TestApp::builder().proxies("127.0.0.1").start().await;
    person(&app, "ada", Role::User).await;
    let log_in =
        || Case::post("/ui/accounts/log_in").form(&format!("login=ada&password={PASSWORD}"));
    let https = log_in().header("x-forwarded-proto", "https");
    let cookie = cookie_line(&app.send(https).await.expect(302), "kadr_session");
    assert!(cookie.ends_with("; Secure"), "{cookie}");
    let cookie = cookie_line(&app.send(log_in()).await, "kadr_session");
    assert!(!cookie.contains("Secure"), "{cookie}");
}

#[tokio::test]
async fn only_own_pages_follow_a_log_in() {
    let app = TestApp::start().await;
    person(&app, "ada", Role::User).await;
    for next in [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "",
    ] {
        let mut browser = Browser::new(&app);
        let fields = [("login", "ada"), ("password", PASSWORD), ("next", next)];
        browser
            .form("/ui/accounts/log_in", &fields)
            .await
            .expect(302)
            .has("location", "/");
    }
}

#[tokio::test]
async fn forms_of_other_sites_change_nothing() {
    let app = TestApp::start().await;
    person(&app, "ada", Role::User).await;
    let mut browser = Browser::of(&app, "ada").await;
    let cookie = format!("kadr_session={}", browser.session().unwrap());
    for path in [
        "/ui/accounts/log_out",
        "/ui/accounts/log_in",
        "/ui/accounts/leave",
        "/settings/avatar",
    ] {
        let foreign = Case::post(path)
            .header("sec-fetch-site", "cross-site")
            .header("cookie", &cookie);
        let refused = app.send(foreign).await.expect(403);
        assert_eq!(refused.problem(), "foreign_origin", "{path}");
        let old_browser = Case::post(path)
            .header("origin", "https://evil.example")
            .header("cookie", &cookie);
        app.send(old_browser).await.expect(403);
    }
    // Without any of the headers it is no browser: its cookie does not count.
    let body = "password=correct horse battery".as_bytes().to_vec();
    let bare = Case::post("/ui/accounts/log_out")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", &cookie)
        .body(body);
    app.send(bare).await;
    assert_eq!(browser.me().await.as_deref(), Some("ada"));
}

#[tokio::test]
async fn who_guesses_is_slowed_down() {
    let app = TestApp::start().await;
    person(&app, "ada", Role::User).await;
    let mut statuses = Vec::new();
    let mut slowed = None;
    for n in 0..8 {
        let mut browser = Browser::with_scripts(&app);
        let answer = browser.log_in("ada", &format!("wrong horse {n}")).await;
        statuses.push(answer.status.as_u16());
        if answer.status == 429 {
            slowed = Some(answer);
            break;
        }
    }
    assert!(slowed.is_some(), "{statuses:?}");
    let body = format!("{{\"user\":\"ada\",\"password\":\"{PASSWORD}\"}}");
    let api = Case::post("/auth/token")
        .header("content-type", "application/json")
        .body(body.into_bytes());
    let api = app.send(api).await.expect(429);
    assert_eq!(api.problem(), "too_many_requests");
    let wait: u64 = api.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
}

#[tokio::test]
async fn checks_and_guesses_have_limits_of_their_own() {
    let app = TestApp::start().await;
    let mut browser = Browser::with_scripts(&app);
    let mut refused = None;
    for n in 0..45 {
        let fields = [("what", "nick"), ("text", &*format!("nick{n}"))];
        let answer = browser.form("/ui/accounts/register_check", &fields).await;
        if answer.status == 429 {
            refused = Some((n, answer));
            break;
        }
        answer.expect(200);
    }
    let (n, answer) = refused.expect("a limit");
    assert!(n >= 30, "who types is not near it: {n}");
    assert_eq!(answer.problem(), "too_many_requests");
    assert!(!answer.header("retry-after").is_empty());
    browser.get("/").await.expect(200);
}

#[tokio::test]
async fn answers_of_a_registration_are_limited_as_checks_are() {
    // They tell whether a name is taken.
    for (call, field) in [("register_email", "email"), ("register_nick", "nick")] {
        let app = TestApp::start().await;
        let mut browser = Browser::with_scripts(&app);
        let path = format!("/ui/accounts/{call}");
        let mut taken = 0;
        while browser.form(&path, &[(field, "?")]).await.status != 429 {
            taken += 1;
            assert!(taken < 50, "{call}");
        }
        assert!(taken >= 30, "{call}: {taken}");
    }
}

#[tokio::test]
async fn a_cookie_that_is_nothing_is_nobody() {
    let app = TestApp::start().await;
    for value in ["", "x", "kadr_abc", "a b", "é", &"a".repeat(5000)] {
        let page = Case::get("/")
            .by_browser()
            .header("cookie", &format!("kadr_session={value}"));
        app.send(page).await.expect(200);
    }
}
