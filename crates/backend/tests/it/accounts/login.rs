//! Logging in, and what slows down who guesses; sessions and their list.

use std::time::Duration;

use backend::accounts::{AccountsError, Client, NewUser};
use domain::{accounts::Role, forms::email::Email, language::Language};
use testkit::both_engines;

use super::{PASSWORD, client, count, key, open, registered, user, work_off};

fn from(address: &str) -> Client {
    Client::new(address.parse().ok(), "a browser")
}

both_engines! {
    async fn by_address_or_nick_in_any_case(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let ada = user(&test, &backend, "Ada.L").await;
        for login in ["ada.l@mail.example", "ADA.L@MAIL.example", "ada.l", " ADA.L ", "@ada.l"] {
            let (user, session) = accounts.log_in(login, PASSWORD, false, &client()).await.unwrap();
            assert_eq!(user.id, ada.id, "{login}");
            assert_eq!(session.max_age, None);
        }
        // Looking like somebody is not being them.
        for login in ["ada_l", "ada-l", "eve", "", "ada.l@mail.example ' OR 1=1", "\u{0}"] {
            let error = accounts.log_in(login, PASSWORD, false, &client()).await.unwrap_err();
            assert_eq!(error.code(), "wrong_credentials", "{login:?}");
        }
        let long = "x".repeat(100_000);
        let error = accounts.log_in(&long, &long, false, &client()).await.unwrap_err();
        assert_eq!(error.code(), "wrong_credentials");
    }

    async fn guessing_gets_slower_for_accounts_there_are_and_are_not(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        user(&test, &backend, "ada").await;
        for login in ["ada", "nobody.here", "ada@mail.example", "nobody@mail.example"] {
            for number in 0..20 {
                // From everywhere: the name counts.
                let there = from(&format!("198.51.100.{number}"));
                let error = accounts.log_in(login, "wrong horse", false, &there).await.unwrap_err();
                assert_eq!(error.code(), "wrong_credentials", "{login} {number}");
            }
            let error = accounts.log_in(login, PASSWORD, false, &from("203.0.113.9")).await.unwrap_err();
            assert!(matches!(error, AccountsError::Wait { seconds: 1 }), "{login}: {error:?}");
        }
        accounts.clock().advance(Duration::from_secs(2));
        accounts.log_in("ada", PASSWORD, false, &from("203.0.113.9")).await.unwrap();
        // The right one was there: the count begins anew.
        for _ in 0..4 {
            let error = accounts.log_in("ada", "wrong horse", false, &client()).await.unwrap_err();
            assert_eq!(error.code(), "wrong_credentials");
        }
        accounts.log_in("ada", PASSWORD, false, &client()).await.unwrap();
    }

    async fn nobody_is_locked_out_by_who_guesses(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        let here = registered(&test, &backend, "ada").await;
        let ada = here.user.id;
        // All over the world they take every try there is.
        let guess = async |seconds: u64| {
            accounts.clock().advance(Duration::from_secs(seconds));
            for number in 0..40 {
                let there = from(&format!("2001:db8:{number:x}::1"));
                accounts.log_in("ada", "wrong horse", false, &there).await.unwrap_err();
            }
        };
        guess(0).await;
        let stranger = from("203.0.113.9");
        assert_eq!(accounts.log_in("ada", PASSWORD, false, &stranger).await.unwrap_err().code(), "wait");
        // Where they were before, people come in, and browsers that are in can do all they may.
        for _ in 0..3 {
            accounts.log_in("ada", PASSWORD, false, &client()).await.unwrap();
            accounts.confirm_password(ada, Some(here.session.id), PASSWORD).await.unwrap();
            guess(61).await;
        }
        // A link by mail is the way in from elsewhere.
        accounts.request_reset("ada@mail.example", Language::En, &stranger).await.unwrap();
        work_off(&backend, &["request_reset"]).await;
        let link = key(&test, "reset", "ada@mail.example").await;
        accounts.reset_password(&link, "a staple of another kind", &stranger).await.unwrap();
        guess(61).await;
        accounts.log_in("ada", "a staple of another kind", false, &stranger).await.unwrap();
        // After a month away it is a network like others.
        accounts.clock().advance(Duration::from_secs(31 * 24 * 3600));
        guess(0).await;
        let error = accounts.log_in("ada", "a staple of another kind", false, &client()).await.unwrap_err();
        assert_eq!(error.code(), "wait");
    }

    async fn at_home_too_guessing_gets_slower(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        let here = registered(&test, &backend, "ada").await;
        for _ in 0..5 {
            let error = accounts.log_in("ada", "wrong horse", false, &client()).await.unwrap_err();
            assert_eq!(error.code(), "wrong_credentials");
        }
        assert_eq!(accounts.log_in("ada", PASSWORD, false, &client()).await.unwrap_err().code(), "wait");
        // A stolen cookie is no way to guess on, and takes nothing from other browsers.
        let (_, there) = accounts.log_in("ada", PASSWORD, false, &from("203.0.113.9")).await.unwrap();
        for _ in 0..5 {
            let wrong = accounts.confirm_password(here.user.id, Some(there.id), "wrong horse").await.unwrap_err();
            assert_eq!(wrong.code(), "wrong_password");
        }
        for (session, code) in [(Some(there.id), Some("wait")), (Some(here.session.id), None), (None, None)] {
            let asked = accounts.confirm_password(here.user.id, session, PASSWORD).await;
            assert_eq!(asked.err().map(|error| error.code()), code);
        }
    }

    async fn counts_do_not_tell_whose_an_address_is(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        let new = |nick: &str| NewUser {
            email: Email::parse(&format!("{nick}@mail.example")).unwrap(),
            nick: Some(nick.parse().unwrap()),
            name: None,
            role: Role::User,
            language: Language::En,
            password: Some(PASSWORD.to_owned()),
        };
        accounts.create_user(new("bob")).await.unwrap();
        // Spellings that are one are one, whether anybody has that name or not; a nick and an
        // address are two, whether they are the same person's or not.
        let mut answers = Vec::new();
        for (nick, alike, address) in [("bob", "b0b", "bob@mail.example"), ("tom", "t0m", "tom@mail.example")] {
            let mut codes = Vec::new();
            for login in [nick, nick, alike, nick, alike, nick, alike, address, address] {
                let error = accounts.log_in(login, "wrong horse", false, &client()).await.unwrap_err();
                codes.push(error.code());
            }
            answers.push(codes);
        }
        assert_eq!(answers[0], answers[1]);
        let (wrong, wait) = ("wrong_credentials", "wait");
        assert_eq!(answers[0], [wrong, wrong, wrong, wrong, wrong, wait, wait, wrong, wrong]);
    }

    async fn a_refused_try_counts_nowhere(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        for _ in 0..60 {
            accounts.log_in("ada", "wrong horse", false, &client()).await.unwrap_err();
        }
        // Five were tries; the network has others left.
        let error = accounts.log_in("boris", "wrong horse", false, &client()).await.unwrap_err();
        assert_eq!(error.code(), "wrong_credentials");
    }

    async fn forty_guesses_at_once_are_forty(test: TestDb) {
        let backend = open(&test).await;
        user(&test, &backend, "ada").await;
        backend.accounts.clock().stop();
        let mut guesses = tokio::task::JoinSet::new();
        for number in 0..40 {
            let accounts = backend.accounts.clone();
            guesses.spawn(async move {
                let there = from(&format!("198.51.100.{number}"));
                accounts.log_in("ada", "wrong horse", false, &there).await.unwrap_err()
            });
        }
        let mut looked_at = 0;
        while let Some(error) = guesses.join_next().await {
            looked_at += usize::from(matches!(error.unwrap(), AccountsError::WrongCredentials));
        }
        assert_eq!(looked_at, 20);
    }

    async fn a_house_full_of_people_is_not_slowed_down(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        user(&test, &backend, "ada").await;
        // More than may be guessed; in between somebody mistypes.
        for number in 0..36 {
            accounts.log_in("ada", PASSWORD, false, &client()).await.unwrap();
            if number % 4 == 0 {
                let error = accounts.log_in("ada", "wrong horse", false, &client()).await.unwrap_err();
                assert_eq!(error.code(), "wrong_credentials", "{number}");
            }
        }
    }

    async fn one_network_cannot_try_every_account(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        let mut refused = 0;
        for number in 0..34 {
            // One household has many IPv6 addresses.
            let there = from(&format!("2001:db8:7:7::{number:x}"));
            let error = accounts.log_in(&format!("someone{number}"), "wrong horse", false, &there).await.unwrap_err();
            refused += usize::from(error.code() == "wait");
        }
        assert!(refused >= 3, "{refused}");
        let elsewhere = from("2001:db8:7:8::1");
        let error = accounts.log_in("someone", "wrong horse", false, &elsewhere).await.unwrap_err();
        assert_eq!(error.code(), "wrong_credentials");
        accounts.clock().advance(Duration::from_secs(7200));
        accounts.tidy().await.unwrap();
        assert_eq!(count(&test, "throttles").await, 0);
    }

    async fn replicas_count_together(test: TestDb) {
        let (one, two) = (open(&test).await, open(&test).await);
        user(&test, &one, "ada").await;
        one.accounts.clock().stop();
        two.accounts.clock().stop();
        for number in 0..5 {
            let backend = if number % 2 == 0 { &one } else { &two };
            let error = backend.accounts.log_in("ada", "wrong horse", false, &client()).await.unwrap_err();
            assert_eq!(error.code(), "wrong_credentials");
        }
        assert_eq!(one.accounts.log_in("ada", PASSWORD, false, &client()).await.unwrap_err().code(), "wait");
        assert_eq!(two.accounts.log_in("ada", PASSWORD, false, &client()).await.unwrap_err().code(), "wait");
    }

    async fn sessions_are_listed_and_revoked(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let first = registered(&test, &backend, "ada").await;
        let ada = first.user.id;
        let phone = Client::new("203.0.113.5".parse().ok(), "A phone");
        let (_, second) = accounts.log_in("ada", PASSWORD, true, &phone).await.unwrap();
        let (_, third) = accounts.log_in("ada", PASSWORD, false, &client()).await.unwrap();
        assert_ne!(second.secret, third.secret);
        let list = accounts.sessions(ada).await.unwrap();
        assert_eq!(list.len(), 3);
        let on_phone = list.iter().find(|session| session.id == second.id).unwrap();
        assert_eq!((on_phone.address.as_str(), on_phone.agent.as_str()), ("203.0.113.5", "A phone"));
        assert!(on_phone.remember);

        // Nobody else can end it.
        let eve = user(&test, &backend, "eve").await;
        assert_eq!(accounts.revoke_session(eve.id, second.id).await.unwrap_err().code(), "unknown");
        accounts.revoke_session(ada, second.id).await.unwrap();
        assert!(accounts.visit(&second.secret, &client()).await.unwrap().is_none());
        assert_eq!(accounts.revoke_others(ada, third.id).await.unwrap(), 1);
        assert!(accounts.visit(&first.session.secret, &client()).await.unwrap().is_none());
        assert!(accounts.visit(&third.secret, &client()).await.unwrap().is_some());
        accounts.log_out(&third.secret).await.unwrap();
        accounts.log_out(&third.secret).await.unwrap();
        assert!(accounts.visit(&third.secret, &client()).await.unwrap().is_none());
        assert_eq!(accounts.sessions(eve.id).await.unwrap().len(), 1);
    }

    async fn programs_are_listed_and_revoked_like_browsers(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        let here = registered(&test, &backend, "ada").await;
        let ada = here.user.id;
        let script = Client::new("203.0.113.5".parse().ok(), "curl/8.1");
        let first = accounts.issue("ada", PASSWORD, &script).await.unwrap();
        accounts.clock().advance(Duration::from_secs(60));
        let second = accounts.issue("ada", PASSWORD, &client()).await.unwrap();
        accounts.clock().advance(Duration::from_secs(60));
        let first = accounts.refresh(first.refresh_token.reveal()).await.unwrap();
        let now = accounts.clock().now();
        let list = accounts.programs(ada).await.unwrap();
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].address.as_str(), list[0].agent.as_str()), ("203.0.113.5", "curl/8.1"));
        assert_eq!((list[0].created_at, list[0].used_at), (now - 120_000, now), "the last used first");
        assert_eq!(list[1].used_at, now - 60_000);

        // Nobody else can end it; its owner can, once.
        let eve = user(&test, &backend, "eve").await;
        assert_eq!(accounts.revoke_program(eve.id, list[0].id).await.unwrap_err().code(), "unknown");
        accounts.revoke_program(ada, list[0].id).await.unwrap();
        assert_eq!(accounts.revoke_program(ada, list[0].id).await.unwrap_err().code(), "unknown");
        assert_eq!(accounts.bearer(&first.access_token).await.unwrap_err().code(), "not_logged_in");
        accounts.bearer(&second.access_token).await.unwrap();
        assert_eq!(accounts.programs(ada).await.unwrap(), &list[1..]);

        // Everywhere else means programs too.
        assert_eq!(accounts.revoke_others(ada, here.session.id).await.unwrap(), 1);
        assert_eq!(accounts.bearer(&second.access_token).await.unwrap_err().code(), "not_logged_in");
        assert_eq!(accounts.programs(ada).await.unwrap(), []);
        assert_eq!(accounts.sessions(ada).await.unwrap().len(), 1);

        // A program logs itself out by either token; others go on.
        for by_access in [true, false] {
            let (one, other) = (
                accounts.issue("ada", PASSWORD, &client()).await.unwrap(),
                accounts.issue("ada", PASSWORD, &client()).await.unwrap(),
            );
            let shown = if by_access { one.access_token.as_str() } else { one.refresh_token.reveal() };
            for _ in 0..2 {
                accounts.log_out_program(shown).await.unwrap();
            }
            accounts.log_out_program("nonsense").await.unwrap();
            assert_eq!(accounts.bearer(&one.access_token).await.unwrap_err().code(), "not_logged_in");
            accounts.bearer(&other.access_token).await.unwrap();
        }
        // One that is over is not listed.
        accounts.clock().advance(Duration::from_secs(31 * 24 * 3600));
        assert_eq!(accounts.programs(ada).await.unwrap(), []);
    }

    async fn a_session_lives_as_long_as_it_is_used(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        let clock = accounts.clock();
        let hours = |n: u64| Duration::from_secs(n * 3600);
        let kept = registered(&test, &backend, "ada").await.session;
        let (_, brief) = accounts.log_in("ada", PASSWORD, false, &client()).await.unwrap();
        // A use within five minutes writes nothing.
        let used = |list: Vec<backend::accounts::Session>| list.iter().map(|s| s.used_at).max();
        let before = used(accounts.sessions(kept_user(accounts, &kept).await).await.unwrap());
        clock.advance(Duration::from_secs(200));
        let visit = accounts.visit(&brief.secret, &client()).await.unwrap().unwrap();
        assert_eq!(visit.renewed, None);
        assert_eq!(used(accounts.sessions(visit.visitor.user.id).await.unwrap()), before);
        clock.advance(Duration::from_secs(200));
        let elsewhere = Client::new("203.0.113.77".parse().ok(), "b");
        let visit = accounts.visit(&kept.secret, &elsewhere).await.unwrap().unwrap();
        assert!(visit.renewed.is_some(), "the cookie must live on too");
        let list = accounts.sessions(visit.visitor.user.id).await.unwrap();
        assert!(used(list.clone()) > before);
        assert_eq!(list[0].address, "203.0.113.77", "the last place of use");
        // Not remembered: a day without use is the end. Remembered: thirty.
        clock.advance(hours(24));
        assert!(accounts.visit(&brief.secret, &client()).await.unwrap().is_none());
        for _ in 0..4 {
            clock.advance(hours(24 * 25));
            assert!(accounts.visit(&kept.secret, &client()).await.unwrap().is_some());
        }
        clock.advance(hours(24 * 30));
        assert!(accounts.visit(&kept.secret, &client()).await.unwrap().is_none());
        accounts.tidy().await.unwrap();
        assert_eq!(count(&test, "sessions").await, 0);
    }
}

async fn kept_user(
    accounts: &backend::accounts::Accounts,
    session: &backend::accounts::NewSession,
) -> domain::ids::UserId {
    let visit = accounts.visit(&session.secret, &client()).await.unwrap();
    visit.unwrap().visitor.user.id
}
