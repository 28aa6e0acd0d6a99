//! Seven days to change one's mind, then nothing is left.

use std::time::Duration;

use backend::accounts::{Entry, NewInvitation, RemoveAccount, Secret};
use bytes::Bytes;
use domain::{
    accounts::{RegistrationMode, Role, Scope},
    language::Language,
};
use testkit::both_engines;

use super::{PASSWORD, client, count, letters, open, registered, user, work_off};

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

fn png() -> Bytes {
    let mut out = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(20, 20)
        .write_to(&mut out, image::ImageFormat::Png)
        .unwrap();
    out.into_inner().into()
}

both_engines! {
    async fn an_account_is_hidden_at_once_and_gone_after_a_week(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let ada = registered(&test, &backend, "ada").await;
        let id = ada.user.id;
        let avatar = accounts.change_avatar(id, png(), None).await.unwrap();
        let pair = accounts.issue("ada", PASSWORD, &client()).await.unwrap();
        let scopes = [Scope::Read].into_iter().collect();
        let (_, token) = accounts.create_token(id, "Laptop", &scopes, None).await.unwrap();
        assert_eq!(accounts.leave(id, "wrong horse", None).await.unwrap_err().code(), "wrong_password");
        accounts.leave(id, PASSWORD, Some(ada.session.id)).await.unwrap();
        assert_eq!(accounts.leave(id, PASSWORD, None).await.unwrap_err().code(), "unknown");
        assert_eq!(accounts.profile("ada").await.unwrap(), None);
        for token in [pair.access_token.as_str(), token.reveal()] {
            assert_eq!(accounts.bearer(token).await.unwrap_err().code(), "not_logged_in");
        }
        assert_eq!(accounts.issue("ada", PASSWORD, &client()).await.unwrap_err().code(), "wrong_credentials");
        let visit = accounts.visit(&ada.session.secret, &client()).await.unwrap().unwrap();
        assert!(visit.visitor.user.is_leaving());
        assert_eq!(letters(&test, "leaving", "ada@mail.example").await.len(), 1);

        // The job comes too early, or twice: nothing happens, or nothing more.
        assert!(!accounts.remove(id).await.unwrap());
        accounts.clock().advance(WEEK);
        backend.jobs.submit(&RemoveAccount { user: id }).await.unwrap();
        assert!(accounts.remove(id).await.unwrap());
        assert!(!accounts.remove(id).await.unwrap());
        assert_eq!(accounts.user(id).await.unwrap(), None);
        assert!(accounts.avatars().get(id, avatar, 64).await.unwrap().is_none());
        for table in ["users", "sessions", "tokens", "refresh_families", "refresh_tokens", "links"] {
            assert_eq!(count(&test, table).await, 0, "{table}");
        }
        assert_eq!(letters(&test, "left", "ada@mail.example").await.len(), 1);
        // Nick and address are free again.
        accounts.clock().advance(WEEK);
        user(&test, &backend, "ada").await;
    }

    async fn invitations_go_with_who_leaves(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let host = user(&test, &backend, "host").await.id;
        let ada = user(&test, &backend, "ada").await.id;
        let to = |email: &str| NewInvitation {
            email: Some(email.parse().unwrap()),
            uses: 5,
            days: 100,
            language: Language::En,
        };
        let (kept, _) = accounts.invite(Some(host), &to("ADA@Mail.Example")).await.unwrap();
        let (_, url) = accounts.invite(Some(ada), &to("friend@mail.example")).await.unwrap();
        let url = Entry::Invitation(Secret::parse(url.split_once('=').unwrap().1).unwrap());
        accounts.leave(ada, PASSWORD, None).await.unwrap();
        accounts.clock().advance(WEEK);
        assert!(accounts.remove(ada).await.unwrap());
        let left = accounts.invitations(None).await.unwrap();
        assert_eq!(left.iter().map(|it| (it.id, it.email.clone())).collect::<Vec<_>>(), [(kept, None)]);
        let keys = sqlx::query("SELECT id FROM invitations WHERE email_key IS NOT NULL");
        assert!(keys.fetch_optional(test.db.read()).await.unwrap().is_none());
        let invites = testkit::TestBackend::over(&test)
            .settings(|settings| settings.accounts.registration = RegistrationMode::Invite)
            .open(&test)
            .await;
        let gone = invites.accounts.may_register(&url).await.unwrap_err();
        assert_eq!(gone.code(), "invitation_gone");
    }

    async fn who_changes_their_mind_in_time_stays(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let ada = user(&test, &backend, "ada").await;
        assert_eq!(accounts.stay(ada.id).await.unwrap_err().code(), "unknown");
        accounts.leave(ada.id, PASSWORD, None).await.unwrap();
        accounts.clock().advance(WEEK - Duration::from_secs(60));
        // Logging in still works: it is the way back.
        let (user, _) = accounts.log_in("ada", PASSWORD, false, &client()).await.unwrap();
        assert!(user.is_leaving());
        accounts.stay(ada.id).await.unwrap();
        accounts.clock().advance(WEEK);
        assert!(!accounts.remove(ada.id).await.unwrap());
        assert!(accounts.profile("ada").await.unwrap().is_some());
    }

    async fn a_removal_that_was_lost_is_asked_for_again(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let ada = user(&test, &backend, "ada").await;
        accounts.leave(ada.id, PASSWORD, None).await.unwrap();
        let mut tx = test.db.write().await.unwrap();
        sqlx::query("DELETE FROM jobs WHERE kind = 'remove_account'").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        accounts.clock().advance(WEEK);
        accounts.tidy().await.unwrap();
        assert_eq!(work_off(&backend, &["remove_account"]).await, 1);
        assert_eq!(count(&test, "users").await, 0);
    }

    async fn the_last_admin_stays(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let ada = user(&test, &backend, "ada").await;
        let eve = user(&test, &backend, "eve").await;
        accounts.set_role("ada", Role::Admin).await.unwrap();
        assert_eq!(accounts.leave(ada.id, PASSWORD, None).await.unwrap_err().code(), "last_admin");
        accounts.set_role("eve", Role::Admin).await.unwrap();
        let (one, two) = tokio::join!(
            accounts.leave(ada.id, PASSWORD, None),
            accounts.leave(eve.id, PASSWORD, None),
        );
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
    }
}
