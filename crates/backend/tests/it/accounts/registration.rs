//! Registration, step by step, and everything that can happen between the steps.

use std::time::Duration;

use backend::accounts::{AccountsError, Availability, Client, Entry, NewInvitation, Secret};
use bytes::Bytes;
use domain::{
    accounts::{RegistrationMode, Role, Step},
    forms::{Fault, email::Email},
    language::Language,
};
use testkit::{TestBackend, both_engines};

use super::{
    PASSWORD, client, code, count, drafted, drafted_with, files, letters, open, registered, user,
};

fn field(error: &AccountsError) -> (&'static str, Fault) {
    match error {
        AccountsError::Field { field, fault } => (field, *fault),
        other => panic!("not a field: {other:?}"),
    }
}

fn png() -> Bytes {
    let mut out = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(40, 40, image::Rgb([200, 40, 40]))
        .write_to(&mut out, image::ImageFormat::Png)
        .unwrap();
    out.into_inner().into()
}

/// The file or folder of that name, wherever it is.
fn find(below: &std::path::Path, name: &str) -> Option<std::path::PathBuf> {
    std::fs::read_dir(below).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if entry.file_name().to_string_lossy() == name {
            return Some(path);
        }
        find(&path, name)
    })
}

both_engines! {
    async fn somebody_registers_step_by_step(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let (secret, draft) = accounts
            .answer_email(None, &Entry::Open, " Ada@Mail.Example ", Language::Uk)
            .await
            .unwrap();
        assert_eq!((draft.step(), draft.email.as_deref()), (Step::Nick, Some("Ada@Mail.Example")));
        let draft = accounts.answer_nick(&secret, "Леся", "Леся  Українка").await.unwrap();
        assert_eq!(draft.name.as_deref(), Some("Леся Українка"));
        accounts.answer_password(&secret, PASSWORD, &client()).await.unwrap();
        let draft = accounts.answer_avatar(&secret, png(), None).await.unwrap();
        let avatar = draft.avatar.unwrap();
        assert_eq!(draft.step(), Step::Confirm);
        let draft = accounts.ensure_code(&secret, &client()).await.unwrap();
        assert_eq!(draft.code.unwrap().tries_left, 5);
        // Opening the page again sends nothing.
        accounts.ensure_code(&secret, &client()).await.unwrap();
        let mails = letters(&test, "code", "Ada@Mail.Example").await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0]["to"]["language"], "uk");

        let code = code(&test, "Ada@Mail.Example").await;
        let spaced = format!(" {} {}", &code[..3], &code[3..]);
        let confirmed = accounts.confirm(&secret, &spaced, &client()).await.unwrap();
        let user = confirmed.user;
        assert_eq!(user.nick.as_str(), "Леся");
        assert_eq!((user.role, user.language), (Role::User, Language::Uk));
        assert_eq!(user.avatar, Some(avatar));
        assert!(accounts.avatars().get(user.id, avatar, 192).await.unwrap().is_some());
        // Logged in, and the draft is gone; what is left of it says that there is nothing to do.
        let visit = accounts.visit(&confirmed.session.secret, &client()).await.unwrap().unwrap();
        assert_eq!(visit.visitor.user, user);
        assert_eq!(count(&test, "registrations").await, 0);
        assert!(accounts.draft(&secret).await.unwrap().unwrap().confirmed);
        assert_eq!(accounts.profile("леся").await.unwrap(), Some(user));
    }

    async fn a_draft_survives_the_server_and_the_way_back(test: TestDb) {
        let backend = open(&test).await;
        let secret = drafted(&backend, "ada").await;
        backend.close().await;
        drop(backend);
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let draft = accounts.draft(&secret).await.unwrap().unwrap();
        assert_eq!(draft.step(), Step::Confirm);
        // Back to the nick and forth again: nothing else is asked anew, the code is still good.
        let draft = accounts.answer_nick(&secret, "countess", "Ada").await.unwrap();
        assert_eq!(draft.step(), Step::Confirm);
        assert!(draft.code.is_some());
        let confirmed = accounts.confirm(&secret, &code(&test, "ada@mail.example").await, &client()).await;
        assert_eq!(confirmed.unwrap().user.nick.as_str(), "countess");
    }

    async fn no_step_is_jumped_over(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let (secret, _) = accounts
            .answer_email(None, &Entry::Open, "ada@mail.example", Language::En)
            .await
            .unwrap();
        for outcome in [
            accounts.answer_password(&secret, PASSWORD, &client()).await,
            accounts.answer_avatar(&secret, png(), None).await,
            accounts.keep_avatar(&secret).await,
            accounts.ensure_code(&secret, &client()).await,
            accounts.send_code(&secret, &client()).await,
        ] {
            match outcome.unwrap_err() {
                AccountsError::NotYet(refusal) => assert_eq!(refusal.missing, Step::Nick),
                other => panic!("{other:?}"),
            }
        }
        let early = accounts.confirm(&secret, "123456", &client()).await.unwrap_err();
        assert_eq!(early.code(), "step_not_yet");
        let gone = accounts.answer_nick(&Secret::generate(), "ada", "").await.unwrap_err();
        assert_eq!(gone.code(), "registration_gone");
        assert_eq!(count(&test, "users").await, 0);
    }

    async fn what_is_taken_is_said_while_typing_and_when_sent(test: TestDb) {
        let backend = open(&test).await;
        user(&test, &backend, "ada").await;
        let accounts = &backend.accounts;
        assert_eq!(accounts.email_available("ADA@mail.EXAMPLE").await.unwrap(), Availability::Taken(vec![]));
        assert_eq!(accounts.email_available("eve@mail.example").await.unwrap(), Availability::Free);
        assert_eq!(accounts.email_available("eve").await.unwrap(), Availability::Refused(Fault::NotAnEmail));
        for alike in ["ada", "ADA", "АDА".replace('D', "d").replace('А', "a").as_str(), "àda"] {
            match accounts.nick_available(alike).await.unwrap() {
                Availability::Taken(suggestions) => {
                    assert_eq!(suggestions.len(), 3, "{alike}: {suggestions:?}");
                    for nick in suggestions {
                        assert_eq!(accounts.nick_available(&nick).await.unwrap(), Availability::Free, "{nick}");
                    }
                }
                other => panic!("{alike}: {other:?}"),
            }
        }
        assert_eq!(accounts.nick_available("adm1n").await.unwrap(), Availability::Refused(Fault::Reserved));
        // Typed in two strokes: и and a breve.
        assert_eq!(accounts.nick_available("сии\u{306}").await.unwrap(), Availability::Free);

        let (secret, _) = accounts.answer_email(None, &Entry::Open, "eve@mail.example", Language::En).await.unwrap();
        let error = accounts.answer_nick(&secret, "Ada", "").await.unwrap_err();
        assert_eq!(field(&error), ("nick", Fault::Taken));
        let error = accounts.answer_nick(&secret, "eve", "x\u{202E}").await.unwrap_err();
        assert_eq!(field(&error), ("name", Fault::Unprintable));
        accounts.answer_nick(&secret, "evelyn", "").await.unwrap();
        for (password, fault) in [
            ("short", Fault::TooShort),
            ("password123", Fault::TooWeak),
            ("i-am-Evelyn-you-see", Fault::HoldsOwnName),
        ] {
            let error = accounts.answer_password(&secret, password, &client()).await.unwrap_err();
            assert_eq!(field(&error), ("password", fault));
        }
        let error = accounts.answer_email(Some(&secret), &Entry::Open, "ada@mail.example", Language::En).await.unwrap_err();
        assert_eq!(field(&error), ("email", Fault::Taken));
    }

    async fn a_code_has_five_tries_and_fifteen_minutes(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        let secret = drafted(&backend, "ada").await;
        let right = code(&test, "ada@mail.example").await;
        let wrong = if right == "000000" { "000001" } else { "000000" };
        for left in (1..5).rev() {
            let error = accounts.confirm(&secret, wrong, &client()).await.unwrap_err();
            assert!(matches!(error, AccountsError::WrongCode { left: n } if n == left), "{error:?}");
        }
        // No code at all costs no try.
        let error = accounts.confirm(&secret, "12", &client()).await.unwrap_err();
        assert_eq!(field(&error), ("code", Fault::TooShort));
        assert_eq!(accounts.confirm(&secret, wrong, &client()).await.unwrap_err().code(), "code_spent");
        // Now the right one does not help either.
        assert_eq!(accounts.confirm(&secret, &right, &client()).await.unwrap_err().code(), "code_spent");
        // Another one may be asked for after a while, and each time after a longer one.
        let error = accounts.send_code(&secret, &client()).await.unwrap_err();
        assert!(matches!(error, AccountsError::Wait { seconds: 25..=30 }), "{error:?}");
        accounts.clock().advance(Duration::from_secs(31));
        accounts.send_code(&secret, &client()).await.unwrap();
        accounts.clock().advance(Duration::from_secs(31));
        let error = accounts.send_code(&secret, &client()).await.unwrap_err();
        assert!(matches!(error, AccountsError::Wait { seconds: 25..=30 }), "{error:?}");

        let second = code(&test, "ada@mail.example").await;
        accounts.clock().advance(Duration::from_secs(15 * 60));
        assert_eq!(accounts.draft(&secret).await.unwrap().unwrap().code, None);
        assert_eq!(accounts.confirm(&secret, &second, &client()).await.unwrap_err().code(), "code_spent");
        // Opening the step again sends the third, which is good.
        accounts.ensure_code(&secret, &client()).await.unwrap();
        let third = code(&test, "ada@mail.example").await;
        accounts.confirm(&secret, &third, &client()).await.unwrap();
    }

    async fn five_tries_at_once_are_five_tries(test: TestDb) {
        let backend = open(&test).await;
        let secret = drafted(&backend, "ada").await;
        let right = code(&test, "ada@mail.example").await;
        let mut tries = tokio::task::JoinSet::new();
        for number in 0..20 {
            let (accounts, secret) = (backend.accounts.clone(), secret.clone());
            let guess = format!("{number:06}");
            assert_ne!(guess, right, "one in fifty thousand; run it again");
            tries.spawn(async move { accounts.confirm(&secret, &guess, &client()).await.unwrap_err() });
        }
        let mut looked_at = 0;
        while let Some(error) = tries.join_next().await {
            looked_at += usize::from(matches!(error.unwrap(), AccountsError::WrongCode { .. }));
        }
        // The fifth is told that the code is spent.
        assert_eq!(looked_at, 4);
    }

    async fn another_address_asks_for_another_code(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let secret = drafted(&backend, "ada").await;
        let old = code(&test, "ada@mail.example").await;
        let (same, draft) = accounts
            .answer_email(Some(&secret), &Entry::Open, "lovelace@mail.example", Language::En)
            .await
            .unwrap();
        assert_eq!(same, secret);
        assert_eq!((draft.step(), draft.code), (Step::Confirm, None));
        assert_eq!(accounts.confirm(&secret, &old, &client()).await.unwrap_err().code(), "code_spent");
        accounts.ensure_code(&secret, &client()).await.unwrap();
        let new = code(&test, "lovelace@mail.example").await;
        let user = accounts.confirm(&secret, &new, &client()).await.unwrap().user;
        assert_eq!(user.email.as_str(), "lovelace@mail.example");
    }

    async fn nobody_can_fill_a_strangers_mailbox(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let mut sent = 0;
        for number in 0..12 {
            let (secret, _) = accounts.answer_email(None, &Entry::Open, "victim@mail.example", Language::En).await.unwrap();
            accounts.answer_nick(&secret, &format!("sender{number}"), "").await.unwrap();
            accounts.answer_password(&secret, PASSWORD, &client()).await.unwrap();
            accounts.keep_avatar(&secret).await.unwrap();
            match accounts.ensure_code(&secret, &client()).await {
                Ok(_) => sent += 1,
                Err(error) => assert_eq!(error.code(), "wait"),
            }
        }
        assert_eq!(sent, 4);
    }

    async fn a_draft_is_no_way_to_write_to_many(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        let (secret, _) = accounts.answer_email(None, &Entry::Open, "stranger0@mail.example", Language::En).await.unwrap();
        accounts.answer_nick(&secret, "spammer", "Buy at evil.example").await.unwrap();
        accounts.answer_password(&secret, PASSWORD, &client()).await.unwrap();
        accounts.keep_avatar(&secret).await.unwrap();
        let mut sent = 0;
        for number in 0..10 {
            let email = format!("stranger{number}@mail.example");
            accounts.answer_email(Some(&secret), &Entry::Open, &email, Language::En).await.unwrap();
            match accounts.ensure_code(&secret, &client()).await {
                Ok(_) => sent += 1,
                Err(error) => assert_eq!(error.code(), "wait"),
            }
            if let Some(mail) = letters(&test, "code", &email).await.pop() {
                assert_eq!(mail["to"]["name"], serde_json::Value::Null, "no words of others");
            }
        }
        // Typos are mended at once, but not for ever: then the waits grow, whatever the address.
        assert_eq!(sent, 3);
        accounts.clock().advance(Duration::from_secs(121));
        accounts.send_code(&secret, &client()).await.unwrap();
        accounts.clock().advance(Duration::from_secs(121));
        assert_eq!(accounts.send_code(&secret, &client()).await.unwrap_err().code(), "wait");
    }

    async fn one_network_does_not_write_to_everybody(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        // Answered mails do not count: a whole school may register.
        registered(&test, &backend, "ada").await;
        let ask = |number: usize, from: Client| async move {
            let email = format!("stranger{number}@mail.example");
            accounts.request_reset(&email, Language::En, &from).await.map_err(|error| error.code())
        };
        for number in 0..100 {
            ask(number, client()).await.unwrap();
        }
        assert_eq!(ask(100, client()).await, Err("wait"));
        let elsewhere = Client::new("198.51.100.1".parse().ok(), "");
        assert_eq!(ask(100, elsewhere).await, Ok(()));
    }

    async fn one_purpose_does_not_hinder_another(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        let email = "ada@mail.example";
        // A bot asks for resets until it must wait: in one place soon, from many later.
        for number in 0..4 {
            accounts.request_reset(email, Language::En, &client()).await.unwrap_or_else(|e| panic!("{number} {e}"));
        }
        assert_eq!(accounts.request_reset(email, Language::En, &client()).await.unwrap_err().code(), "wait");
        let mut asked = 4;
        for number in 0..60 {
            let there = Client::new(format!("198.51.100.{number}").parse().ok(), "");
            asked += usize::from(accounts.request_reset(email, Language::En, &there).await.is_ok());
        }
        assert_eq!(asked, 30, "a mailbox has an end");
        // The owner of the address can register all the same.
        registered(&test, &backend, "ada").await;
    }

    async fn who_invites_has_an_end_too(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        accounts.clock().stop();
        let host = user(&test, &backend, "host").await;
        let new = |email: Option<String>| NewInvitation {
            email: email.map(|email| Email::parse(&email).unwrap()),
            uses: 1,
            days: 7,
            language: Language::En,
        };
        for _ in 0..4 {
            accounts.invite(Some(host.id), &new(Some("a@mail.example".into()))).await.unwrap();
        }
        let error = accounts.invite(Some(host.id), &new(Some("A@mail.example".into()))).await.unwrap_err();
        assert_eq!(error.code(), "wait", "one address is not written to for ever");
        for number in 0..95 {
            accounts.invite(Some(host.id), &new(Some(format!("b{number}@mail.example")))).await.unwrap();
        }
        accounts.invite(Some(host.id), &new(Some("c@mail.example".into()))).await.unwrap();
        let error = accounts.invite(Some(host.id), &new(Some("d@mail.example".into()))).await.unwrap_err();
        assert_eq!(error.code(), "wait", "nor are a hundred");
        for _ in 100..200 {
            accounts.invite(Some(host.id), &new(None)).await.unwrap();
        }
        let error = accounts.invite(Some(host.id), &new(None)).await.unwrap_err();
        assert!(matches!(error, AccountsError::TooMany { limit: 200 }), "{error:?}");
        // Those that are over do not count, and the command line is nobody.
        accounts.invite(None, &new(None)).await.unwrap();
        accounts.clock().advance(Duration::from_secs(8 * 24 * 3600));
        accounts.invite(Some(host.id), &new(None)).await.unwrap();
    }

    async fn a_refused_picture_leaves_the_draft_as_it_was(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let (secret, _) = accounts.answer_email(None, &Entry::Open, "ada@mail.example", Language::En).await.unwrap();
        accounts.answer_nick(&secret, "ada", "").await.unwrap();
        accounts.answer_password(&secret, PASSWORD, &client()).await.unwrap();
        let first = accounts.answer_avatar(&secret, png(), None).await.unwrap();
        let error = accounts.answer_avatar(&secret, Bytes::from_static(b"<svg/>"), None).await.unwrap_err();
        assert_eq!(error.code(), "avatar_unsupported");
        assert_eq!(accounts.draft(&secret).await.unwrap().unwrap().avatar, first.avatar);
        let second = accounts.answer_avatar(&secret, png(), None).await.unwrap();
        let old = accounts.avatars().get(first.user, first.avatar.unwrap(), 64).await.unwrap();
        assert!(old.is_none(), "the files of the first are gone");
        let none = accounts.drop_draft_avatar(&secret).await.unwrap();
        assert_eq!((none.avatar, none.step()), (None, Step::Confirm));
        assert!(accounts.avatars().get(first.user, second.avatar.unwrap(), 64).await.unwrap().is_none());
    }

    async fn an_old_draft_goes_with_its_files(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let (secret, _) = accounts.answer_email(None, &Entry::Open, "ada@mail.example", Language::En).await.unwrap();
        accounts.answer_nick(&secret, "ada", "").await.unwrap();
        accounts.answer_password(&secret, PASSWORD, &client()).await.unwrap();
        let draft = accounts.answer_avatar(&secret, png(), None).await.unwrap();
        accounts.clock().advance(Duration::from_secs(24 * 3600 + 1));
        assert_eq!(accounts.draft(&secret).await.unwrap(), None);
        assert_eq!(accounts.ensure_code(&secret, &client()).await.unwrap_err().code(), "registration_gone");
        accounts.tidy().await.unwrap();
        assert_eq!(count(&test, "registrations").await, 0);
        assert!(accounts.avatars().get(draft.user, draft.avatar.unwrap(), 64).await.unwrap().is_none());
        // Starting over with the same cookie begins a new draft with a new secret.
        let (new, _) = accounts.answer_email(Some(&secret), &Entry::Open, "ada@mail.example", Language::En).await.unwrap();
        assert_ne!(new, secret);
        accounts.discard_draft(&new).await.unwrap();
        accounts.discard_draft(&new).await.unwrap();
        assert_eq!(count(&test, "registrations").await, 0);
    }

    async fn what_cannot_be_removed_stays_known_and_stops_nothing(test: TestDb) {
        let folder = test.folder().to_owned();
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let mut drafts = Vec::new();
        for nick in ["ada", "boris", "clara"] {
            let (secret, _) = accounts.answer_email(None, &Entry::Open, &format!("{nick}@mail.example"), Language::En).await.unwrap();
            accounts.answer_nick(&secret, nick, "").await.unwrap();
            accounts.answer_password(&secret, PASSWORD, &client()).await.unwrap();
            let draft = accounts.answer_avatar(&secret, png(), None).await.unwrap();
            drafts.push((secret, draft));
        }
        // A file where a folder should be cannot be removed as one.
        let ada = &drafts[0].1;
        let own = find(&folder, &ada.user.to_string()).unwrap();
        let aside = folder.join("aside");
        std::fs::rename(&own, &aside).unwrap();
        std::fs::write(&own, "in the way").unwrap();
        // Started over: the draft is gone for its owner, its row stays until its files go.
        accounts.discard_draft(&drafts[0].0).await.unwrap();
        assert!(accounts.draft(&drafts[0].0).await.unwrap().is_none());
        assert_eq!(count(&test, "registrations").await, 3);
        accounts.discard_draft(&drafts[1].0).await.unwrap();
        assert_eq!(count(&test, "registrations").await, 2);
        assert_eq!(find(&folder, &drafts[1].1.user.to_string()), None);
        // The others, and all else that is over, are tidied up all the same.
        accounts.clock().advance(Duration::from_secs(24 * 3600));
        accounts.tidy().await.unwrap();
        assert_eq!(count(&test, "registrations").await, 1);
        std::fs::remove_file(&own).unwrap();
        std::fs::rename(&aside, &own).unwrap();
        accounts.tidy().await.unwrap();
        assert_eq!(count(&test, "registrations").await, 0);
        assert_eq!(find(&folder, &ada.user.to_string()), None);
    }

    async fn invitations_are_counted_and_used_up_at_the_end(test: TestDb) {
        let backend = TestBackend::over(&test)
            .settings(|settings| settings.accounts.registration = RegistrationMode::Invite)
            .open(&test)
            .await;
        let accounts = &backend.accounts;
        let refused = accounts.answer_email(None, &Entry::Open, "ada@mail.example", Language::En).await;
        assert_eq!(refused.unwrap_err().code(), "invitation_needed");
        let wrong = accounts.may_register(&Entry::Invitation(Secret::generate())).await;
        assert_eq!(wrong.unwrap_err().code(), "invitation_gone");

        let new = NewInvitation {
            email: Some("guest@mail.example".parse().unwrap()),
            uses: 1,
            days: 3,
            language: Language::Ru,
        };
        let (id, url) = accounts.invite(None, &new).await.unwrap();
        assert!(url.starts_with("http://127.0.0.1:3000/register?invite="), "{url}");
        let mails = letters(&test, "invitation", "guest@mail.example").await;
        assert_eq!(mails[0]["to"]["language"], "ru");
        let entry = Entry::Invitation(Secret::parse(url.split_once('=').unwrap().1).unwrap());
        // Two begin with it; the one who finishes has used it up.
        let one = drafted_with(&backend, "one", "one@mail.example", &entry).await;
        let two = drafted_with(&backend, "two", "two@mail.example", &entry).await;
        // Who comes back without the address of the invitation still has it.
        accounts.answer_email(Some(&one), &Entry::Open, "one@mail.example", Language::En).await.unwrap();
        let code_of_one = code(&test, "one@mail.example").await;
        accounts.confirm(&one, &code_of_one, &client()).await.unwrap();
        let code_of_two = code(&test, "two@mail.example").await;
        let late = accounts.confirm(&two, &code_of_two, &client()).await.unwrap_err();
        assert_eq!(late.code(), "invitation_gone");
        assert!(accounts.draft(&two).await.unwrap().is_some(), "nothing else is lost");
        assert_eq!(accounts.invitations(None).await.unwrap()[0].uses, 1);
        accounts.revoke_invitation(None, id).await.unwrap();
        assert_eq!(accounts.revoke_invitation(None, id).await.unwrap_err().code(), "unknown");

        let brief = NewInvitation { email: None, uses: 5, days: 1, language: Language::En };
        let (_, url) = accounts.invite(None, &brief).await.unwrap();
        let entry = Entry::Invitation(Secret::parse(url.split_once('=').unwrap().1).unwrap());
        accounts.may_register(&entry).await.unwrap();
        accounts.clock().advance(Duration::from_secs(24 * 3600));
        assert_eq!(accounts.may_register(&entry).await.unwrap_err().code(), "invitation_gone");
    }

    async fn a_closed_house_lets_in_its_first_admin_alone(test: TestDb) {
        let backend = TestBackend::over(&test)
            .settings(|settings| settings.accounts.registration = RegistrationMode::Closed)
            .open(&test)
            .await;
        let accounts = &backend.accounts;
        assert_eq!(accounts.may_register(&Entry::Open).await.unwrap_err().code(), "registration_closed");
        let link = |found| match found {
            backend::accounts::FirstAdmin::Link(url) => url,
            other => panic!("{other:?}"),
        };
        let first = link(accounts.first_admin().await.unwrap());
        let second = link(accounts.first_admin().await.unwrap());
        let entry = |url: &str| Entry::FirstAdmin(Secret::parse(url.split_once('=').unwrap().1).unwrap());
        // The server was started again while the admin was registering: both are good.
        let secret = drafted_with(&backend, "owner.of.it", "owner@mail.example", &entry(&first)).await;
        let other = drafted_with(&backend, "late", "late@mail.example", &entry(&second)).await;
        let code_of_other = code(&test, "late@mail.example").await;
        let code = code(&test, "owner@mail.example").await;
        // Of both at the same moment one is the admin.
        let here = client();
        let (one, two) = tokio::join!(
            accounts.confirm(&secret, &code, &here),
            accounts.confirm(&other, &code_of_other, &here),
        );
        let (won, lost) = if one.is_ok() { (one, two) } else { (two, one) };
        assert_eq!(won.unwrap().user.role, Role::Admin);
        assert_eq!(lost.unwrap_err().code(), "link_gone");
        for link in [&first, &second] {
            assert_eq!(accounts.may_register(&entry(link)).await.unwrap_err().code(), "link_gone");
        }
        assert_eq!(count(&test, "users").await, 1);
        assert_eq!(accounts.first_admin().await.unwrap(), backend::accounts::FirstAdmin::Present);
    }

    async fn a_link_to_the_first_admin_ends_with_any_admin(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        user(&test, &backend, "ada").await;
        let backend::accounts::FirstAdmin::Link(url) = accounts.first_admin().await.unwrap() else {
            panic!("no link");
        };
        let entry = Entry::FirstAdmin(Secret::parse(url.split_once('=').unwrap().1).unwrap());
        let secret = drafted_with(&backend, "thief", "thief@mail.example", &entry).await;
        let code = code(&test, "thief@mail.example").await;
        // By the command line, which knows nothing of links.
        accounts.set_role("ada", Role::Admin).await.unwrap();
        assert_eq!(accounts.may_register(&entry).await.unwrap_err().code(), "link_gone");
        let error = accounts.confirm(&secret, &code, &client()).await.unwrap_err();
        assert_eq!(error.code(), "link_gone");
        assert_eq!(count(&test, "users").await, 1);
        // The next start clears it away.
        let link = "SELECT hash FROM links WHERE kind = 'admin'";
        assert!(sqlx::query(link).fetch_optional(test.db.read()).await.unwrap().is_some());
        assert_eq!(accounts.first_admin().await.unwrap(), backend::accounts::FirstAdmin::Present);
        assert!(sqlx::query(link).fetch_optional(test.db.read()).await.unwrap().is_none());
    }

    async fn a_key_that_comes_later_counts_for_the_draft(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let secret = drafted(&backend, "owner.of.it").await;
        let code = code(&test, "owner.of.it@mail.example").await;
        let wrong = accounts.enter(&secret, &Entry::FirstAdmin(Secret::generate())).await;
        assert_eq!(wrong.unwrap_err().code(), "link_gone");
        accounts.enter(&secret, &Entry::Open).await.unwrap();
        let backend::accounts::FirstAdmin::Link(url) = accounts.first_admin().await.unwrap() else {
            panic!("no link");
        };
        let entry = Entry::FirstAdmin(Secret::parse(url.split_once('=').unwrap().1).unwrap());
        accounts.enter(&secret, &entry).await.unwrap();
        let user = accounts.confirm(&secret, &code, &client()).await.unwrap().user;
        assert_eq!(user.role, Role::Admin);
    }

    async fn a_code_proves_only_the_address_it_was_sent_to(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let (secret, _) = accounts.answer_email(None, &Entry::Open, "mine@mail.example", Language::En).await.unwrap();
        accounts.answer_nick(&secret, "thief", "").await.unwrap();
        accounts.answer_password(&secret, PASSWORD, &client()).await.unwrap();
        accounts.keep_avatar(&secret).await.unwrap();
        // The code is on its way to one address, and waits for its turn to write, when the
        // address becomes another one.
        let mut tx = test.db.write().await.unwrap();
        if test.url.starts_with("postgres") {
            sqlx::query("LOCK TABLE throttles IN EXCLUSIVE MODE").execute(&mut *tx).await.unwrap();
        }
        let send = tokio::spawn({
            let (accounts, secret) = (accounts.clone(), secret.clone());
            async move { accounts.send_code(&secret, &client()).await }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        let change = tokio::spawn({
            let (accounts, secret) = (accounts.clone(), secret.clone());
            async move { accounts.answer_email(Some(&secret), &Entry::Open, "victim@mail.example", Language::En).await }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        tx.rollback().await.unwrap();
        change.await.unwrap().unwrap();
        let _ = send.await.unwrap();
        let draft = accounts.draft(&secret).await.unwrap().unwrap();
        assert_eq!(draft.email.as_deref(), Some("victim@mail.example"));
        assert!(letters(&test, "code", "mine@mail.example").await.is_empty(), "it proves nothing now");
        assert_eq!(draft.code, None);
        assert_eq!(count(&test, "users").await, 0);
    }

    async fn a_password_holds_no_name_that_was_chosen_after_it(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let secret = drafted(&backend, "ada").await;
        let code = code(&test, "ada@mail.example").await;
        let draft = accounts.answer_nick(&secret, "Battery", "").await.unwrap();
        assert_eq!(draft.step(), Step::Password);
        assert!(draft.progress.avatar && draft.progress.email && draft.code.is_some());
        assert_eq!(accounts.confirm(&secret, &code, &client()).await.unwrap_err().code(), "step_not_yet");
        let error = accounts.answer_password(&secret, PASSWORD, &client()).await.unwrap_err();
        assert_eq!(field(&error), ("password", Fault::HoldsOwnName));
        let draft = accounts.answer_password(&secret, "a staple of another kind", &client()).await.unwrap();
        assert_eq!(draft.step(), Step::Confirm);
        // The same by the address, and not by the domain of it.
        let change = async |email: &str| {
            let changed = accounts.answer_email(Some(&secret), &Entry::Open, email, Language::En).await;
            changed.unwrap().1.step()
        };
        assert_eq!(change("ada@staple.example").await, Step::Confirm);
        assert_eq!(change("staple@mail.example").await, Step::Password);
        let draft = accounts.answer_password(&secret, PASSWORD, &client()).await.unwrap_err();
        assert_eq!(field(&draft), ("password", Fault::HoldsOwnName));
    }

    async fn pictures_of_two_tabs_leave_no_files(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let secret = drafted(&backend, "ada").await;
        // Four at once: the last one stays, with its three sizes.
        let mut tabs = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (accounts, secret) = (accounts.clone(), secret.clone());
            tabs.spawn(async move { accounts.answer_avatar(&secret, png(), None).await.unwrap() });
        }
        tabs.join_all().await;
        assert_eq!(files(&test).len(), 3);
        // One tab removes it while another one says that it stays.
        for round in 0..20 {
            let (drop, keep) = (accounts.clone(), accounts.clone());
            let (one, two) = (secret.clone(), secret.clone());
            let (dropped, kept) = tokio::join!(
                tokio::spawn(async move { drop.drop_draft_avatar(&one).await }),
                tokio::spawn(async move { keep.keep_avatar(&two).await }),
            );
            dropped.unwrap().unwrap();
            kept.unwrap().unwrap();
            let draft = accounts.draft(&secret).await.unwrap().unwrap();
            assert_eq!((draft.avatar, files(&test).len()), (None, 0), "{round}");
            accounts.answer_avatar(&secret, png(), None).await.unwrap();
        }
    }

    async fn nothing_that_proves_anything_is_in_the_tables(test: TestDb) {
        let backend = open(&test).await;
        let secret = drafted(&backend, "ada").await;
        let code = code(&test, "ada@mail.example").await;
        let row = sqlx::query("SELECT id, code, password FROM registrations")
            .fetch_one(test.db.read())
            .await
            .unwrap();
        let text = |column: &str| sqlx::Row::get::<String, _>(&row, column);
        assert!(!text("id").contains(secret.reveal()));
        assert!(!text("code").contains(&code));
        assert!(text("password").starts_with("$argon2id$"));
        let other = registered(&test, &backend, "eve").await;
        let row = sqlx::query("SELECT hash FROM sessions").fetch_one(test.db.read()).await.unwrap();
        let hash: String = sqlx::Row::get(&row, "hash");
        assert!(!hash.contains(other.session.secret.reveal()));
    }
}
