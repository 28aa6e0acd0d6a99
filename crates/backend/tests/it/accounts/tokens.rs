//! Programs: access and refresh tokens by the contract, API tokens.

use std::time::Duration;

use backend::accounts::Secret;
use domain::accounts::{Role, Scope, Scopes};
use testkit::{TestBackend, both_engines};

use super::{PASSWORD, client, count, open, user};

both_engines! {
    async fn a_pair_is_issued_used_and_traded(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let ada = user(&test, &backend, "ada").await;
        let wrong = accounts.issue("ada", "wrong horse", &client()).await.unwrap_err();
        assert_eq!(wrong.code(), "wrong_credentials");
        let first = accounts.issue("ada", PASSWORD, &client()).await.unwrap();
        assert_eq!(first.expires_in, 3600);
        let bearer = accounts.bearer(&first.access_token).await.unwrap();
        assert_eq!((bearer.user.id, bearer.scopes), (ada.id, Scopes::all()));
        let second = accounts.refresh(first.refresh_token.reveal()).await.unwrap();
        assert_ne!(second.refresh_token, first.refresh_token);
        accounts.bearer(&second.access_token).await.unwrap();
        // The access token lives an hour, the refresh token thirty days, from its own issue on.
        accounts.clock().advance(Duration::from_secs(3600));
        assert_eq!(accounts.bearer(&second.access_token).await.unwrap_err().code(), "not_logged_in");
        accounts.clock().advance(Duration::from_secs(29 * 24 * 3600));
        let third = accounts.refresh(second.refresh_token.reveal()).await.unwrap();
        accounts.clock().advance(Duration::from_secs(30 * 24 * 3600));
        let late = accounts.refresh(third.refresh_token.reveal()).await.unwrap_err();
        assert_eq!(late.code(), "not_logged_in");
        accounts.clock().advance(Duration::from_secs(2 * 24 * 3600));
        accounts.tidy().await.unwrap();
        assert_eq!(count(&test, "refresh_families").await, 0);
        assert_eq!(count(&test, "refresh_tokens").await, 0);
    }

    async fn a_spent_refresh_token_ends_its_family_and_no_other(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        user(&test, &backend, "ada").await;
        let other = accounts.issue("ada", PASSWORD, &client()).await.unwrap();
        let first = accounts.issue("ada", PASSWORD, &client()).await.unwrap();
        let second = accounts.refresh(first.refresh_token.reveal()).await.unwrap();
        let reused = accounts.refresh(first.refresh_token.reveal()).await.unwrap_err();
        assert_eq!(reused.code(), "refresh_reused");
        // Thief and owner are both out, at once.
        assert_eq!(accounts.refresh(second.refresh_token.reveal()).await.unwrap_err().code(), "not_logged_in");
        assert_eq!(accounts.bearer(&second.access_token).await.unwrap_err().code(), "not_logged_in");
        assert_eq!(accounts.bearer(&first.access_token).await.unwrap_err().code(), "not_logged_in");
        accounts.bearer(&other.access_token).await.unwrap();
        accounts.refresh(other.refresh_token.reveal()).await.unwrap();
    }

    async fn of_two_at_the_same_moment_one_is_served_and_none_is_left(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        user(&test, &backend, "ada").await;
        let pair = accounts.issue("ada", PASSWORD, &client()).await.unwrap();
        let token = pair.refresh_token.reveal();
        let (one, two) = tokio::join!(accounts.refresh(token), accounts.refresh(token));
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
        let served = one.or(two).unwrap();
        assert_eq!(accounts.refresh(served.refresh_token.reveal()).await.unwrap_err().code(), "not_logged_in");
    }

    async fn nonsense_is_nobody(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        for token in ["", "x", "a.b.c", "kadr_", Secret::generate().reveal(), Secret::generate_token().reveal()] {
            assert_eq!(accounts.bearer(token).await.unwrap_err().code(), "not_logged_in", "{token}");
            assert_eq!(accounts.refresh(token).await.unwrap_err().code(), "not_logged_in", "{token}");
        }
        // Another house's token is no token of ours.
        let other = TestBackend::over(&test)
            .settings(|settings| settings.accounts.secret = "another secret of thirty-two bytes".into())
            .open(&test)
            .await;
        user(&test, &backend, "ada").await;
        let pair = other.accounts.issue("ada", PASSWORD, &client()).await.unwrap();
        assert_eq!(accounts.bearer(&pair.access_token).await.unwrap_err().code(), "not_logged_in");
    }

    async fn api_tokens_are_shown_once_scoped_and_revoked(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let ada = user(&test, &backend, "ada").await;
        let scopes: Scopes = [Scope::Upload, Scope::Admin].into_iter().collect();
        let (id, secret) = accounts.create_token(ada.id, "Laptop", &scopes, Some(30)).await.unwrap();
        assert!(secret.reveal().starts_with("kadr_"));
        let bearer = accounts.bearer(secret.reveal()).await.unwrap();
        assert_eq!(bearer.user.id, ada.id);
        assert!(bearer.scopes.allow(Scope::Upload) && !bearer.scopes.allow(Scope::Read));
        assert!(!bearer.scopes.allow(Scope::Admin), "who is no admin has no admin's token");
        let list = accounts.tokens(ada.id).await.unwrap();
        assert_eq!((list[0].name.as_str(), list[0].scopes.clone()), ("Laptop", scopes.clone()));
        assert!(secret.reveal().ends_with(&list[0].hint) && list[0].used_at.is_some());
        accounts.clock().advance(Duration::from_secs(30 * 24 * 3600));
        assert_eq!(accounts.bearer(secret.reveal()).await.unwrap_err().code(), "not_logged_in");

        let (forever, secret) = accounts.create_token(ada.id, "Server", &scopes, None).await.unwrap();
        let eve = user(&test, &backend, "eve").await;
        assert_eq!(accounts.revoke_token(eve.id, forever).await.unwrap_err().code(), "unknown");
        accounts.revoke_token(ada.id, forever).await.unwrap();
        assert_eq!(accounts.bearer(secret.reveal()).await.unwrap_err().code(), "not_logged_in");
        accounts.revoke_token(ada.id, id).await.unwrap();
        assert_eq!(count(&test, "tokens").await, 0);
        assert_eq!(accounts.create_token(ada.id, " ", &scopes, None).await.unwrap_err().code(), "required");
        let none = Scopes::default();
        assert_eq!(accounts.create_token(ada.id, "None", &none, None).await.unwrap_err().code(), "required");
        for number in 0..100 {
            accounts.create_token(ada.id, &format!("Token {number}"), &scopes, None).await.unwrap();
        }
        let more = accounts.create_token(ada.id, "One more", &scopes, None).await.unwrap_err();
        assert_eq!(more.code(), "too_many");
    }

    async fn a_role_that_was_taken_away_is_away_at_once(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        user(&test, &backend, "ada").await;
        user(&test, &backend, "eve").await;
        accounts.set_role("ada", Role::Admin).await.unwrap();
        accounts.set_role("eve@mail.example", Role::Admin).await.unwrap();
        let pair = accounts.issue("ada", PASSWORD, &client()).await.unwrap();
        assert_eq!(accounts.bearer(&pair.access_token).await.unwrap().user.role, Role::Admin);
        accounts.set_role("ada", Role::User).await.unwrap();
        assert_eq!(accounts.bearer(&pair.access_token).await.unwrap().user.role, Role::User);
        assert_eq!(accounts.set_role("eve", Role::User).await.unwrap_err().code(), "last_admin");
        assert_eq!(accounts.set_role("nobody", Role::User).await.unwrap_err().code(), "unknown");
    }
}
