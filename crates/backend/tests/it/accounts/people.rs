//! Profile, settings, avatars, and what admins do on the command line.

use backend::accounts::{Availability, FirstAdmin, NewInvitation, NewUser, UserSettings};
use bytes::Bytes;
use domain::{
    accounts::{Nick, Role, VideoDefaults, Visibility},
    forms::Fault,
    language::Language,
    theme::Theme,
};
use testkit::{TestBackend, TestDb, both_engines};

use super::{PASSWORD, client, count, files, open, user};

fn gif() -> Bytes {
    let mut out = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(20, 20, image::Rgb([40, 40, 200]))
        .write_to(&mut out, image::ImageFormat::Gif)
        .unwrap();
    out.into_inner().into()
}

both_engines! {
    async fn greek_letters_are_no_disguise(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        user(&test, &backend, "Tony").await;
        user(&test, &backend, "ivan").await;
        let helen = user(&test, &backend, "helen").await;
        // Large letters are the same to the last stroke; small ones look like others.
        for nick in ["ΤΟΝΥ", "τονυ", "ιναη"] {
            let available = accounts.nick_available(nick).await.unwrap();
            assert!(matches!(available, Availability::Taken(_)), "{nick}");
            assert_eq!(accounts.change_nick(helen.id, nick).await.unwrap_err().code(), "taken", "{nick}");
        }
        assert_eq!(accounts.nick_available("ιναν").await.unwrap(), Availability::Free);
        assert_eq!(accounts.nick_available("ΗΟΜΕ").await.unwrap(), Availability::Refused(Fault::Reserved));
        // Greek itself is welcome, in any case one nick.
        accounts.change_nick(helen.id, "Ελένη").await.unwrap();
        assert!(matches!(accounts.nick_available("ΕΛΕΝΗ").await.unwrap(), Availability::Taken(_)));
    }

    async fn profile_and_settings_are_saved(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let ada = user(&test, &backend, "ada").await;
        accounts.save_profile(ada.id, " Ada  L. ", "Films.\nhttps://example.org").await.unwrap();
        let settings = UserSettings {
            language: Some(Language::Ru),
            theme: Some(Theme::Dark),
            video_defaults: Some(VideoDefaults { visibility: Visibility::Private }),
        };
        accounts.save_settings(ada.id, settings).await.unwrap();
        let only_theme = UserSettings { theme: Some(Theme::Light), ..UserSettings::default() };
        accounts.save_settings(ada.id, only_theme).await.unwrap();
        let found = accounts.user(ada.id).await.unwrap().unwrap();
        assert_eq!((found.name.as_str(), found.bio.as_str()), ("Ada L.", "Films.\nhttps://example.org"));
        assert_eq!((found.language, found.theme), (Language::Ru, Theme::Light));
        assert_eq!(found.video_defaults.visibility, Visibility::Private);
        let error = accounts.save_profile(ada.id, "", "").await.unwrap_err();
        assert_eq!(error.code(), "required");
        let error = accounts.save_profile(ada.id, "Ada", &"x".repeat(501)).await.unwrap_err();
        assert_eq!(error.code(), "too_long");
    }

    async fn a_nick_is_changed_and_the_old_one_is_free(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let ada = user(&test, &backend, "ada").await;
        user(&test, &backend, "eve").await;
        for (nick, fault) in [("EVE", Fault::Taken), ("admin", Fault::Reserved), ("a", Fault::TooShort)] {
            assert_eq!(accounts.change_nick(ada.id, nick).await.unwrap_err().code(), fault.code());
        }
        // Another spelling of one's own.
        accounts.change_nick(ada.id, "ADA").await.unwrap();
        accounts.change_nick(ada.id, "lovelace").await.unwrap();
        assert_eq!(accounts.profile("ada").await.unwrap(), None);
        assert_eq!(accounts.profile("Lovelace").await.unwrap().unwrap().id, ada.id);
        for nick in ["", "nobody-here", "../../etc/passwd", "%00"] {
            assert_eq!(accounts.profile(nick).await.unwrap(), None, "{nick}");
        }
        user(&test, &backend, "ada2").await;
        accounts.change_nick(ada.id, "ada").await.unwrap();
    }

    async fn an_avatar_is_changed_and_removed(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let ada = user(&test, &backend, "ada").await.id;
        let first = accounts.change_avatar(ada, gif(), None).await.unwrap();
        let second = accounts.change_avatar(ada, gif(), None).await.unwrap();
        let get = async |version| accounts.avatars().get(ada, version, 512).await.unwrap();
        assert!(get(first).await.is_none() && get(second).await.is_some());
        let refused = accounts.change_avatar(ada, Bytes::from_static(b"text"), None).await.unwrap_err();
        assert_eq!(refused.code(), "avatar_not_a_picture");
        assert_eq!(accounts.user(ada).await.unwrap().unwrap().avatar, Some(second));
        accounts.remove_avatar(ada).await.unwrap();
        assert_eq!(accounts.user(ada).await.unwrap().unwrap().avatar, None);
        assert!(get(second).await.is_none());
    }

    async fn pictures_of_two_tabs_leave_no_files(test: TestDb) {
        let backend = open(&test).await;
        let ada = user(&test, &backend, "ada").await.id;
        let mut tabs = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let accounts = backend.accounts.clone();
            tabs.spawn(async move { accounts.change_avatar(ada, gif(), None).await.unwrap() });
        }
        tabs.join_all().await;
        let stays = backend.accounts.user(ada).await.unwrap().unwrap().avatar.unwrap();
        let found = files(&test);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.iter().all(|file| file.to_string_lossy().contains(&stays.to_string())));
    }

    async fn who_only_looks_like_somebody_is_not_meant(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let bob = user(&test, &backend, "bob").await;
        for alike in ["b0b", "bób"] {
            assert_eq!(accounts.set_role(alike, Role::Admin).await.unwrap_err().code(), "unknown");
            assert_eq!(accounts.reset_link(alike).await.unwrap_err().code(), "unknown");
            let set = accounts.set_password(alike, "a staple of another kind").await;
            assert_eq!(set.unwrap_err().code(), "unknown");
        }
        assert_eq!(accounts.set_role("@BOB", Role::Admin).await.unwrap().id, bob.id);
    }

    async fn a_word_that_is_reserved_later_stays_its_owners(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let ada = user(&test, &backend, "ada").await;
        let mut tx = test.db.write().await.unwrap();
        let key = backend::accounts::nick_key(&Nick::kept("admin".to_owned()));
        sqlx::query("UPDATE users SET nick = 'admin', nick_key = $1")
            .bind(key)
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        accounts.log_in("admin", PASSWORD, false, &client()).await.unwrap();
        assert_eq!(accounts.profile("admin").await.unwrap().unwrap().id, ada.id);
        assert_eq!(accounts.change_nick(ada.id, "admin").await.unwrap_err().code(), "reserved");
    }

    async fn one_sees_all_invitations_of_ones_own(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let host = user(&test, &backend, "host").await.id;
        let new = NewInvitation { email: None, uses: 1, days: 7, language: Language::En };
        let (own, _) = accounts.invite(Some(host), &new).await.unwrap();
        let mut newest = None;
        for _ in 0..500 {
            newest = Some(accounts.invite(None, &new).await.unwrap().0);
        }
        let listed = accounts.invitations(Some(host)).await.unwrap();
        assert_eq!(listed.iter().map(|it| it.id).collect::<Vec<_>>(), [own]);
        assert_eq!(accounts.invitations(None).await.unwrap().len(), 500);
        // Nobody takes back what another gave; an admin does.
        let newest = newest.unwrap();
        let foreign = accounts.revoke_invitation(Some(host), newest).await;
        assert_eq!(foreign.unwrap_err().code(), "unknown");
        accounts.revoke_invitation(Some(host), own).await.unwrap();
        accounts.revoke_invitation(None, newest).await.unwrap();
    }

    async fn two_servers_make_one_first_admin(test: TestDb) {
        let admin = Some(("admin@mail.example".to_owned(), PASSWORD.to_owned()));
        let with = || {
            let admin = admin.clone();
            TestBackend::over(&test).settings(move |settings| settings.accounts.admin = admin)
        };
        let (one, two) = (with().open(&test).await, with().open(&test).await);
        let (first, second) = tokio::join!(one.accounts.first_admin(), two.accounts.first_admin());
        for found in [first.unwrap(), second.unwrap()] {
            assert!(!matches!(found, FirstAdmin::Link(_)), "{found:?}");
        }
        assert_eq!(count(&test, "users").await, 1);
    }

    async fn an_admin_adds_people(test: TestDb) {
        let backend = open(&test).await;
        let accounts = &backend.accounts;
        let new = |email: &str, password: Option<&str>| NewUser {
            email: email.parse().unwrap(),
            nick: None,
            name: None,
            role: Role::User,
            language: Language::En,
            password: password.map(str::to_owned),
        };
        let (ada, link) = accounts.create_user(new("ada.l@mail.example", Some(PASSWORD))).await.unwrap();
        assert_eq!((ada.nick.as_str(), link.is_none()), ("ada.l", true));
        let (other, _) = accounts.create_user(new("ada.l@other.example", Some(PASSWORD))).await.unwrap();
        assert_eq!(other.nick.as_str(), "ada.l2");
        let taken = accounts.create_user(new("ADA.L@mail.example", Some(PASSWORD))).await.unwrap_err();
        assert_eq!(taken.code(), "taken");
        let weak = accounts.create_user(new("x@mail.example", Some("password123"))).await.unwrap_err();
        assert_eq!(weak.code(), "too_weak");
        let odd = accounts.create_user(new("a+{b}@mail.example", None)).await.unwrap();
        // Without a password nobody gets in, until the link was used.
        let error = accounts.log_in(odd.0.nick.as_str(), "-", false, &client()).await.unwrap_err();
        assert_eq!(error.code(), "wrong_credentials");
        accounts.reset_password(&odd.1.unwrap(), PASSWORD, &client()).await.unwrap();
        accounts.log_in(odd.0.nick.as_str(), PASSWORD, false, &client()).await.unwrap();
        let mut named = new("nick@mail.example", None);
        named.nick = Some("ADA_L".parse().unwrap());
        assert_eq!(accounts.create_user(named).await.unwrap_err().code(), "taken");
    }

    async fn the_first_admin_comes_from_the_settings(test: TestDb) {
        let with = |email: &str, password: &str| {
            let pair = Some((email.to_owned(), password.to_owned()));
            TestBackend::over(&test).settings(move |settings| settings.accounts.admin = pair)
        };
        let weak = with("admin@mail.example", "password123").open(&test).await;
        assert_eq!(weak.accounts.first_admin().await.unwrap_err().code(), "too_weak");
        let backend = with("admin@mail.example", PASSWORD).open(&test).await;
        let FirstAdmin::Created(nick) = backend.accounts.first_admin().await.unwrap() else {
            panic!("no admin");
        };
        // The word itself is reserved.
        assert_eq!(nick, "admin_home");
        let (user, _) = backend.accounts.log_in("admin@mail.example", PASSWORD, false, &client()).await.unwrap();
        assert_eq!(user.role, Role::Admin);
        assert_eq!(backend.accounts.first_admin().await.unwrap(), FirstAdmin::Present);
    }

    async fn who_registered_before_is_made_the_admin(test: TestDb) {
        let backend = open(&test).await;
        user(&test, &backend, "ada").await;
        let backend = TestBackend::over(&test)
            .settings(|settings| settings.accounts.admin = Some(("ada@mail.example".into(), String::new())))
            .open(&test)
            .await;
        assert_eq!(backend.accounts.first_admin().await.unwrap(), FirstAdmin::Created("ada".into()));
    }
}

#[tokio::test]
async fn a_secret_that_can_be_guessed_is_refused() {
    let test = TestDb::sqlite().await;
    let mut settings = backend::Settings::new(test.folder());
    settings.accounts.secret = "hunter2".to_owned();
    let error = backend::Backend::over(test.again().await, settings).unwrap_err();
    assert_eq!(error.code(), "secret_too_short");
}
