//! Twenty people want one nick in the same millisecond.

use std::{collections::HashSet, sync::Arc};

use backend::accounts::AccountsError;
use domain::accounts::Step;
use testkit::both_engines;
use tokio::sync::Barrier;

use super::{PASSWORD, client, code, count, drafted_with, open};
use backend::accounts::Entry;

both_engines! {
    async fn twenty_confirmations_of_one_nick_make_one_person(test: TestDb) {
        let backend = open(&test).await;
        let start = Arc::new(Barrier::new(20));
        let mut people = Vec::new();
        for number in 0..20 {
            let email = format!("person{number}@mail.example");
            // Half of them only look the same.
            let nick = if number % 2 == 0 { "Wanted" } else { "vvanted" };
            let secret = drafted_with(&backend, nick, &email, &Entry::Open).await;
            people.push((secret, code(&test, &email).await));
        }
        let mut attempts = tokio::task::JoinSet::new();
        for (secret, code) in people {
            let (accounts, start) = (backend.accounts.clone(), Arc::clone(&start));
            attempts.spawn(async move {
                start.wait().await;
                let outcome = accounts.confirm(&secret, &code, &client()).await;
                (secret, outcome)
            });
        }
        let (mut won, mut back) = (Vec::new(), Vec::new());
        while let Some(attempt) = attempts.join_next().await {
            match attempt.unwrap() {
                (_, Ok(confirmed)) => won.push(confirmed.user),
                (secret, Err(AccountsError::StepBack { step: Step::Nick, suggestions })) => {
                    assert!(!suggestions.is_empty());
                    back.push((secret, suggestions));
                }
                (_, Err(other)) => panic!("{other:?}"),
            }
        }
        assert_eq!((won.len(), back.len()), (1, 19));
        assert_eq!(count(&test, "users").await, 1);
        assert_eq!(count(&test, "sessions").await, 1);

        // Each stands at the nick, has everything else, and needs no second code.
        let mut nicks = HashSet::from([won[0].nick.to_string()]);
        for (number, (secret, _)) in back.into_iter().enumerate() {
            let accounts = &backend.accounts;
            let draft = accounts.draft(&secret).await.unwrap().unwrap();
            assert_eq!(draft.step(), Step::Nick);
            assert!(draft.progress.email && draft.progress.password && draft.progress.avatar);
            assert!(draft.nick.is_some() && draft.email.is_some() && draft.confirmed);
            let nick = format!("another{number}");
            let draft = accounts.answer_nick(&secret, &nick, "").await.unwrap();
            assert_eq!(draft.step(), Step::Confirm);
            let confirmed = accounts.confirm(&secret, "", &client()).await.unwrap();
            assert!(nicks.insert(confirmed.user.nick.to_string()));
        }
        assert_eq!(count(&test, "users").await, 20);
        assert_eq!(count(&test, "registrations").await, 0);
    }

    async fn two_with_one_address_make_one_person(test: TestDb) {
        let backend = open(&test).await;
        let first = drafted_with(&backend, "first", "same@mail.example", &Entry::Open).await;
        let code_of_first = code(&test, "same@mail.example").await;
        let second = drafted_with(&backend, "second", "SAME@mail.example", &Entry::Open).await;
        let code_of_second = code(&test, "SAME@mail.example").await;
        let accounts = &backend.accounts;
        let here = client();
        let (one, two) = tokio::join!(
            accounts.confirm(&first, &code_of_first, &here),
            accounts.confirm(&second, &code_of_second, &here),
        );
        let (won, lost) = if one.is_ok() { (one, two) } else { (two, one) };
        assert!(won.is_ok());
        let lost = lost.unwrap_err();
        assert!(matches!(lost, AccountsError::StepBack { step: Step::Email, .. }), "{lost:?}");
        assert_eq!(count(&test, "users").await, 1);
    }

    async fn two_clicks_on_confirm_make_one_person(test: TestDb) {
        let backend = open(&test).await;
        let secret = drafted_with(&backend, "clicker", "clicker@mail.example", &Entry::Open).await;
        let code = code(&test, "clicker@mail.example").await;
        let accounts = &backend.accounts;
        let here = client();
        let (one, two) = tokio::join!(
            accounts.confirm(&secret, &code, &here),
            accounts.confirm(&secret, &code, &here),
        );
        // Whichever the browser listens to, it is logged in.
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!(one.user, two.user);
        for session in [one.session, two.session] {
            assert!(accounts.visit(&session.secret, &here).await.unwrap().is_some());
        }
        assert_eq!(count(&test, "users").await, 1);
    }

    async fn an_answer_that_got_lost_is_asked_for_again(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        let mut secrets = Vec::new();
        for nick in ["first", "second"] {
            let email = format!("{nick}@mail.example");
            let secret = drafted_with(&backend, nick, &email, &Entry::Open).await;
            let code = code(&test, &email).await;
            let user = accounts.confirm(&secret, &code, &client()).await.unwrap().user;
            // The line broke. The page of the last step is still there, and works.
            let draft = accounts.draft(&secret).await.unwrap().unwrap();
            assert_eq!((draft.step(), draft.confirmed, draft.user), (Step::Confirm, true, user.id));
            assert!(accounts.ensure_code(&secret, &client()).await.is_err(), "no code is needed");
            let again = accounts.confirm(&secret, &code, &client()).await.unwrap();
            assert_eq!(again.user, user);
            assert!(accounts.visit(&again.session.secret, &client()).await.unwrap().is_some());
            secrets.push((secret, user));
        }
        // A new password ends that, and so does an hour.
        let (first, user) = &secrets[0];
        accounts.change_password(user.id, PASSWORD, "a staple of another kind", None).await.unwrap();
        let error = accounts.confirm(first, "", &client()).await.unwrap_err();
        assert_eq!(error.code(), "registration_gone");
        accounts.clock().advance(std::time::Duration::from_secs(3601));
        let (second, _) = &secrets[1];
        assert_eq!(accounts.draft(second).await.unwrap(), None);
        let error = accounts.confirm(second, "", &client()).await.unwrap_err();
        assert_eq!(error.code(), "registration_gone");
        assert_eq!(count(&test, "users").await, 2);
    }
}
