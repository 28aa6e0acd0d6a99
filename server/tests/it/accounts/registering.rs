//! Registration over HTTP, as a browser without scripts does it, and who may begin one.

use backend::accounts::{Client, NewInvitation};
use domain::accounts::{RegistrationMode, Role};
use testkit::both_engines;

use super::{Browser, PASSWORD, cookie_line, count, letters, person};
use crate::harness::TestApp;

/// Everything but the code. Answers where the last form led.
async fn up_to_the_code(browser: &mut Browser<'_>, nick: &str, email: &str) -> String {
    let mut at = "/register".to_owned();
    for (path, fields) in [
        ("register_email", vec![("email", email)]),
        (
            "register_nick",
            vec![("nick", nick), ("name", "Ada Lovelace")],
        ),
        ("register_password", vec![("password", PASSWORD)]),
        ("register_keep_avatar", vec![]),
    ] {
        browser.get(&at).await.expect(200);
        let answer = browser
            .form(&format!("/ui/accounts/{path}"), &fields)
            .await
            .expect(302);
        at = answer.header("location").to_owned();
        assert!(!at.contains("__err"), "{path}: {at}");
    }
    at
}

async fn code(app: &TestApp, email: &str) -> String {
    let mails = letters(app, "code", email).await;
    mails.last().unwrap()["code"].as_str().unwrap().to_owned()
}

both_engines! {
    async fn somebody_registers_without_scripts(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        let mut browser = Browser::new(&app);
        let at = up_to_the_code(&mut browser, "ada", "ada@mail.example").await;
        assert_eq!(at, "/register/confirm");
        // The page sends the code, once.
        browser.get(&at).await.expect(200);
        browser.get(&at).await.expect(200);
        assert_eq!(letters(&app, "code", "ada@mail.example").await.len(), 1);
        let code = code(&app, "ada@mail.example").await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let answer = browser.form("/ui/accounts/register_confirm", &[("code", wrong)]).await.expect(302);
        assert!(answer.header("location").contains("__err"), "{}", answer.header("location"));
        assert_eq!(browser.session(), None);
        let answer = browser.form("/ui/accounts/register_confirm", &[("code", &code)]).await.expect(302);
        assert!(cookie_line(&answer, "kadr_session").contains("Max-Age=2592000"));
        assert!(cookie_line(&answer, "kadr_registration").contains("Max-Age=0"));
        assert_eq!(browser.me().await.as_deref(), Some("ada"));
        assert_eq!(count(&app, "SELECT COUNT(*) FROM registrations").await, 0);
    }

    async fn a_key_opens_a_registration_that_is_under_way(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        let accounts = &app.state.backend.accounts;
        let mut browser = Browser::new(&app);
        let at = up_to_the_code(&mut browser, "owner.of.it", "owner@mail.example").await;
        browser.get(&at).await.expect(200);
        let code = code(&app, "owner@mail.example").await;
        // One that is no longer good is said to be; the draft is still there.
        let page = browser.get(&format!("/register?admin={}", "x".repeat(43))).await;
        assert!(!page.text().contains("name=\"code\""), "{}", page.status);
        let backend::accounts::FirstAdmin::Link(link) = accounts.first_admin().await.unwrap() else {
            panic!("no link");
        };
        let path = &link[link.find("/register").unwrap()..];
        let answer = browser.get(path).await.expect(303);
        assert_eq!(answer.header("location"), "/register/confirm");
        let kept = browser.cookies.clone();
        browser.form("/ui/accounts/register_confirm", &[("code", &code)]).await.expect(302);
        let owner = accounts.profile("owner.of.it").await.unwrap().unwrap();
        assert_eq!(owner.role, Role::Admin);
        // The answer got lost: the last page is still there, and lets in once more.
        browser.cookies = kept;
        let page = browser.get("/register/confirm").await.expect(200);
        assert!(page.text().contains("register_confirm") && !page.text().contains("name=\"code\""));
        browser.form("/ui/accounts/register_confirm", &[]).await.expect(302);
        assert_eq!(browser.me().await.as_deref(), Some("owner.of.it"));
    }

    async fn twenty_confirm_one_nick_and_one_gets_it(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        let accounts = &app.state.backend.accounts;
        let mut browsers = Vec::new();
        for n in 0..20 {
            let email = format!("ada{n}@mail.example");
            let (secret, _) = accounts
                .answer_email(None, &backend::accounts::Entry::Open, &email, domain::language::Language::En)
                .await
                .unwrap();
            accounts.answer_nick(&secret, "ada", "").await.unwrap();
            accounts.answer_password(&secret, PASSWORD, &Client::default()).await.unwrap();
            accounts.keep_avatar(&secret).await.unwrap();
            accounts.ensure_code(&secret, &Client::default()).await.unwrap();
            let mut browser = Browser::new(&app);
            browser.cookies.insert("kadr_registration".into(), secret.reveal().to_owned());
            browsers.push((browser, code(&app, &email).await));
        }
        let confirmed = browsers.iter_mut().map(|(browser, code)| async move {
            let answer = browser.form("/ui/accounts/register_confirm", &[("code", code)]).await.expect(302);
            (browser.session().is_some(), answer.header("location").to_owned())
        });
        let answers = futures::future::join_all(confirmed).await;
        let winners: Vec<_> = answers.iter().filter(|(is_in, _)| *is_in).collect();
        assert_eq!(winners.len(), 1, "{answers:?}");
        for (_, location) in answers.iter().filter(|(is_in, _)| !is_in) {
            assert_eq!(location, "/register/nick?note=nick-lost");
        }
        assert_eq!(count(&app, "SELECT COUNT(*) FROM users").await, 1);
        // One step back, and nothing is asked twice: no other code either.
        let (loser, _) = browsers.iter_mut().find(|(browser, _)| browser.session().is_none()).unwrap();
        let answer = loser
            .form("/ui/accounts/register_nick", &[("nick", "countess"), ("name", "Ada")])
            .await
            .expect(302);
        assert!(!answer.header("location").contains("__err"), "{}", answer.header("location"));
        loser.form("/ui/accounts/register_confirm", &[("code", "")]).await.expect(302);
        assert_eq!(loser.me().await.as_deref(), Some("countess"));
    }

    async fn who_may_register_is_a_setting(test: TestDb) {
        let app = TestApp::builder()
            .over(test)
            .registration(RegistrationMode::Invite)
            .start()
            .await;
        let accounts = &app.state.backend.accounts;
        let host = person(&app, "host", Role::Admin).await;
        let email = [("email", "ada@mail.example")];
        let mut browser = Browser::with_scripts(&app);
        let answer = browser.form("/ui/accounts/register_email", &email).await;
        assert!(answer.status.is_client_error(), "{}", answer.status);
        assert!(answer.text().contains("invitation_needed"), "{}", answer.text());
        let (_, link) = accounts
            .invite(Some(host.id), &NewInvitation { email: None, uses: 1, days: 7, language: domain::language::Language::En })
            .await
            .unwrap();
        let key = link.split_once("?invite=").unwrap().1.to_owned();
        for (nick, is_in) in [("ada", true), ("boris", false)] {
            let mut browser = Browser::with_scripts(&app);
            let email = format!("{nick}@mail.example");
            let fields = [("email", &*email), ("invite", &*key)];
            let answer = browser.form("/ui/accounts/register_email", &fields).await;
            assert_eq!(answer.status.is_success(), is_in, "{}", answer.text());
            if !is_in {
                assert!(answer.text().contains("invitation_gone"), "{}", answer.text());
                continue;
            }
            for (path, fields) in [
                ("register_nick", vec![("nick", nick)]),
                ("register_password", vec![("password", PASSWORD)]),
                ("register_keep_avatar", vec![]),
                ("register_send_code", vec![]),
            ] {
                browser.form(&format!("/ui/accounts/{path}"), &fields).await.expect(200);
            }
            let code = code(&app, &email).await;
            browser.form("/ui/accounts/register_confirm", &[("code", &code)]).await.expect(200);
            assert_eq!(browser.me().await.as_deref(), Some(nick));
        }
    }
}

#[tokio::test]
async fn a_closed_house_says_so() {
    let app = TestApp::builder()
        .registration(RegistrationMode::Closed)
        .start()
        .await;
    let mut browser = Browser::with_scripts(&app);
    let fields = [("email", "ada@mail.example")];
    let answer = browser.form("/ui/accounts/register_email", &fields).await;
    assert!(answer.status.is_client_error());
    assert!(answer.text().contains("closed"), "{}", answer.text());
    assert_eq!(count(&app, "SELECT COUNT(*) FROM registrations").await, 0);
    let mut browser = Browser::new(&app);
    let page = browser.get("/register").await;
    assert!(page.status.as_u16() < 500);
    assert!(
        !page.text().contains("name=\"email\""),
        "there is no form to fill in"
    );
}
