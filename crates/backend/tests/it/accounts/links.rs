//! Forgotten passwords, other addresses, other passwords.

use std::time::Duration;

use backend::accounts::{AccountsError, Secret};
use domain::{forms::Fault, language::Language};
use testkit::both_engines;

use super::{PASSWORD, client, count, key, letters, open, registered, user, work_off};

const OTHER: &str = "a staple of another kind";

both_engines! {
    async fn a_forgotten_password_is_replaced_by_a_link(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let ada = registered(&test, &backend, "ada").await;
        let pair = accounts.issue("ada", PASSWORD, &client()).await.unwrap();
        accounts.request_reset("ADA@mail.example", Language::En, &client()).await.unwrap();
        assert_eq!(work_off(&backend, &["request_reset"]).await, 1);
        let secret = key(&test, "reset", "ada@mail.example").await;
        assert!(accounts.reset_works(&secret).await.unwrap());
        // A password that will not do does not use the link up.
        for (text, fault) in [("short", Fault::TooShort), ("password123", Fault::TooWeak), ("ada is my nick", Fault::HoldsOwnName)] {
            match accounts.reset_password(&secret, text, &client()).await.unwrap_err() {
                AccountsError::Field { field: "new_password", fault: said } => assert_eq!(said, fault),
                other => panic!("{other:?}"),
            }
        }
        accounts.reset_password(&secret, OTHER, &client()).await.unwrap();
        assert!(!accounts.reset_works(&secret).await.unwrap());
        assert_eq!(accounts.reset_password(&secret, OTHER, &client()).await.unwrap_err().code(), "link_gone");
        // Everybody who was in is out, and the owner is told.
        assert!(accounts.visit(&ada.session.secret, &client()).await.unwrap().is_none());
        assert_eq!(accounts.bearer(&pair.access_token).await.unwrap_err().code(), "not_logged_in");
        assert_eq!(letters(&test, "password_changed", "ada@mail.example").await.len(), 1);
        assert_eq!(accounts.log_in("ada", PASSWORD, false, &client()).await.unwrap_err().code(), "wrong_credentials");
        accounts.log_in("ada", OTHER, false, &client()).await.unwrap();
    }

    async fn asking_never_tells_whose_an_address_is(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        user(&test, &backend, "ada").await;
        accounts.request_reset("ada@mail.example", Language::En, &client()).await.unwrap();
        accounts.request_reset("nobody@mail.example", Language::En, &client()).await.unwrap();
        assert_eq!(work_off(&backend, &["request_reset"]).await, 2);
        assert_eq!(letters(&test, "reset", "ada@mail.example").await.len(), 1);
        assert!(letters(&test, "reset", "nobody@mail.example").await.is_empty());
        // Asked for too often, both say the same.
        for email in ["ada@mail.example", "nobody@mail.example"] {
            let codes = [
                accounts.request_reset(email, Language::En, &client()).await,
                accounts.request_reset(email, Language::En, &client()).await,
                accounts.request_reset(email, Language::En, &client()).await,
                accounts.request_reset(email, Language::En, &client()).await,
            ]
            .map(|outcome| outcome.err().map(|error| error.code()));
            assert_eq!(codes.last(), Some(&Some("wait")), "{email} {codes:?}");
        }
        assert_eq!(accounts.request_reset("no address", Language::En, &client()).await.unwrap_err().code(), "not_an_email");
    }

    async fn links_are_short_lived_single_and_the_last_one_counts(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        user(&test, &backend, "ada").await;
        let of = |url: String| Secret::parse(url.split_once('=').unwrap().1).unwrap();
        let first = of(accounts.reset_link("ada").await.unwrap());
        let second = of(accounts.reset_link("ada@mail.example").await.unwrap());
        assert!(!accounts.reset_works(&first).await.unwrap());
        assert!(accounts.reset_works(&second).await.unwrap());
        let here = client();
        let (one, two) = tokio::join!(
            accounts.reset_password(&second, OTHER, &here),
            accounts.reset_password(&second, PASSWORD, &here),
        );
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
        accounts.request_reset("ada@mail.example", Language::En, &client()).await.unwrap();
        work_off(&backend, &["request_reset"]).await;
        let third = key(&test, "reset", "ada@mail.example").await;
        accounts.clock().advance(Duration::from_secs(3600));
        assert_eq!(accounts.reset_password(&third, OTHER, &client()).await.unwrap_err().code(), "link_gone");
        accounts.tidy().await.unwrap();
        assert_eq!(count(&test, "links").await, 0);
        assert_eq!(accounts.reset_link("nobody").await.unwrap_err().code(), "unknown");
    }

    async fn asking_does_not_end_what_an_admin_handed_over(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        user(&test, &backend, "ada").await;
        let url = accounts.reset_link("ada").await.unwrap();
        let handed = Secret::parse(url.split_once('=').unwrap().1).unwrap();
        accounts.request_reset("ada@mail.example", Language::En, &client()).await.unwrap();
        assert_eq!(work_off(&backend, &["request_reset"]).await, 1);
        let mailed = key(&test, "reset", "ada@mail.example").await;
        assert!(accounts.reset_works(&handed).await.unwrap());
        assert!(accounts.reset_works(&mailed).await.unwrap());
    }

    async fn no_link_outlives_a_password(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let ada = user(&test, &backend, "ada").await;
        // A thief who knows the password asks for their own address; the owner is told, and
        // chooses another password.
        accounts.request_email_change(ada.id, None, PASSWORD, "thief@mail.example").await.unwrap();
        let thiefs = key(&test, "email_change", "thief@mail.example").await;
        let handed = Secret::parse(accounts.reset_link("ada").await.unwrap().split_once('=').unwrap().1).unwrap();
        accounts.change_password(ada.id, PASSWORD, OTHER, None).await.unwrap();
        assert_eq!(accounts.confirm_email_change(&thiefs).await.unwrap_err().code(), "link_gone");
        assert!(!accounts.reset_works(&handed).await.unwrap());
        assert_eq!(count(&test, "links").await, 0);
        // And one that lies in the old mailbox ends with the address.
        accounts.request_reset("ada@mail.example", Language::En, &client()).await.unwrap();
        work_off(&backend, &["request_reset"]).await;
        let old = key(&test, "reset", "ada@mail.example").await;
        accounts.request_email_change(ada.id, None, OTHER, "new@mail.example").await.unwrap();
        let new = key(&test, "email_change", "new@mail.example").await;
        accounts.confirm_email_change(&new).await.unwrap();
        assert!(!accounts.reset_works(&old).await.unwrap());
        assert_eq!(accounts.reset_password(&old, PASSWORD, &client()).await.unwrap_err().code(), "link_gone");
    }

    async fn a_password_is_changed_by_who_knows_it(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        let here = registered(&test, &backend, "ada").await;
        let (_, there) = accounts.log_in("ada", PASSWORD, true, &client()).await.unwrap();
        let ada = here.user.id;
        let wrong = accounts.change_password(ada, "wrong horse", OTHER, None).await.unwrap_err();
        assert!(matches!(wrong, AccountsError::Field { field: "password", fault: Fault::WrongPassword }));
        let empty = accounts.change_password(ada, "", OTHER, None).await.unwrap_err();
        assert_eq!(empty.code(), "required");
        accounts.change_password(ada, PASSWORD, OTHER, Some(here.session.id)).await.unwrap();
        assert!(accounts.visit(&here.session.secret, &client()).await.unwrap().is_some());
        assert!(accounts.visit(&there.secret, &client()).await.unwrap().is_none());
        accounts.log_in("ada", OTHER, false, &client()).await.unwrap();
        for _ in 0..5 {
            accounts.confirm_password(ada, None, "wrong horse").await.unwrap_err();
        }
        assert_eq!(accounts.confirm_password(ada, None, OTHER).await.unwrap_err().code(), "wait");
    }

    async fn another_address_is_confirmed_there_and_told_here(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let ada = user(&test, &backend, "ada").await;
        user(&test, &backend, "eve").await;
        for (email, code) in [("eve@mail.example", "taken"), ("ada@mail.example", "taken"), ("nonsense", "not_an_email")] {
            let error = accounts.request_email_change(ada.id, None, PASSWORD, email).await.unwrap_err();
            assert_eq!(error.code(), code, "{email}");
        }
        let wrong = accounts.request_email_change(ada.id, None, "wrong horse", "new@mail.example").await;
        assert_eq!(wrong.unwrap_err().code(), "wrong_password");
        accounts.request_email_change(ada.id, None, PASSWORD, "new@mail.example").await.unwrap();
        assert_eq!(accounts.user(ada.id).await.unwrap().unwrap().email, ada.email, "not yet");
        let warned = letters(&test, "email_change_asked", "ada@mail.example").await;
        assert_eq!(warned[0]["address"], "n…@mail.example");
        let secret = key(&test, "email_change", "new@mail.example").await;
        let changed = accounts.confirm_email_change(&secret).await.unwrap();
        assert_eq!(changed.email.as_str(), "new@mail.example");
        let told = letters(&test, "email_changed", "ada@mail.example").await;
        assert_eq!(told[0]["address"], "n…@mail.example");
        assert_eq!(accounts.confirm_email_change(&secret).await.unwrap_err().code(), "link_gone");
        accounts.log_in("new@mail.example", PASSWORD, false, &client()).await.unwrap();

        // Somebody else was faster: the constraint says so, and nothing has changed.
        accounts.request_email_change(ada.id, None, PASSWORD, "late@mail.example").await.unwrap();
        let secret = key(&test, "email_change", "late@mail.example").await;
        user(&test, &backend, "late").await;
        let late = accounts.confirm_email_change(&secret).await.unwrap_err();
        assert!(matches!(late, AccountsError::Field { field: "email", fault: Fault::Taken }), "{late:?}");
        assert_eq!(accounts.user(ada.id).await.unwrap().unwrap().email.as_str(), "new@mail.example");
    }
}
