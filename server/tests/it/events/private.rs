//! Whose news is whose: private videos, one's own uploads, and the streams of who is logged in
//! no more.

use domain::{
    accounts::{Scope, Scopes},
    ids::UserId,
    videos::{Details, Visibility},
};
use http::Method;
use serde_json::json;
use testkit::both_engines;

use super::*;
use crate::{
    accounts::Browser,
    uploads::{BYTES, Tus, metadata},
};

/// A film that has come whole: a video, and a job that looks at it.
async fn film(tus: &Tus, visibility: &str) -> VideoId {
    let said = metadata(&[("filename", "film.mp4"), ("visibility", visibility)]);
    let case = tus
        .case(Method::POST, "/uploads")
        .header("upload-length", "9")
        .header("upload-metadata", &said)
        .header("content-type", BYTES)
        .body(b"some film".to_vec());
    let begun = tus.send(case).await.expect(201);
    begun.header("kadr-video").parse().unwrap()
}

async fn show(app: &TestApp, owner: UserId, video: VideoId, visibility: Visibility) {
    let details = Details {
        visibility: Some(visibility),
        ..Details::default()
    };
    let videos = &app.state.backend.videos;
    videos.edit(owner, video, &details).await.unwrap();
}

async fn as_tus(app: &TestApp, tus: &Tus, query: &str) -> Reader {
    let token = format!("Bearer {}", tus.token);
    Reader::open_with(app, query, &[("authorization", &token)]).await
}

both_engines! {
    async fn nobody_hears_of_anothers_private_video(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        let (ada, boris) = (Tus::of(&app, "ada").await, Tus::of(&app, "boris").await);
        let (hidden, shown) = (film(&ada, "private").await, film(&ada, "unlisted").await);
        let owner = app.state.backend.videos.get(hidden).await.unwrap();
        let owner = owner.unwrap().owner;
        let both = format!("?videos={hidden},{shown}");

        let mut hers = as_tus(&app, &ada, &both).await;
        let jobs = hers.snapshot().await;
        // One content, one job: of the first video that had it.
        assert_eq!(jobs.as_array().unwrap().len(), 1, "{jobs}");
        assert_eq!(jobs[0]["video"], hidden.to_string());
        let job: JobId = jobs[0]["id"].as_str().unwrap().parse().unwrap();

        let all = format!("{both}&jobs={job}");
        let mut theirs = [
            Reader::open(&app, &all).await,
            as_tus(&app, &boris, &all).await,
        ];
        for reader in &mut theirs {
            assert_eq!(reader.snapshot().await, json!([]));
        }
        // Neither progress and reasons, nor what its owner does with it, and nothing held back.
        let events = &app.state.backend.events;
        for progress in [0.1, 0.2, 0.3] {
            events.publish(changed(job, JobState::Running, progress, Some(hidden)));
        }
        show(&app, owner, hidden, Visibility::Private).await;
        assert_eq!(hers.event().await["progress"], 0.1);
        for reader in &mut theirs {
            reader.is_silent().await;
        }
        // Of one that is only not listed hears who knows it.
        let other = JobId::generate();
        events.publish(changed(other, JobState::Running, 0.5, Some(shown)));
        for reader in &mut theirs {
            assert_eq!(reader.event().await["id"], other.to_string());
        }

        // Made public, it is heard of from then on; made private again, no more.
        show(&app, owner, hidden, Visibility::Public).await;
        events.publish(changed(job, JobState::Failed, 0.9, Some(hidden)));
        for reader in &mut theirs {
            let heard = reader.event().await;
            assert_eq!(
                (&heard["type"], &heard["id"]),
                (&json!("video"), &json!(hidden))
            );
            assert_eq!(reader.event().await["state"], "failed");
        }
        show(&app, owner, hidden, Visibility::Private).await;
        events.publish(changed(job, JobState::Running, 0.1, Some(hidden)));
        for reader in &mut theirs {
            reader.is_silent().await;
        }

        // That a video is gone is told to who knew it.
        let videos = &app.state.backend.videos;
        for video in [hidden, shown] {
            videos.remove(owner, video).await.unwrap();
        }
        for reader in &mut theirs {
            let heard = reader.event().await;
            assert_eq!(
                (&heard["id"], &heard["removed"]),
                (&json!(shown), &json!(true))
            );
        }
    }
}

#[tokio::test]
async fn ones_own_uploads_come_unasked() {
    let app = TestApp::start().await;
    let (ada, boris) = (Tus::of(&app, "ada").await, Tus::of(&app, "boris").await);
    let early = ada.begin(100).await;
    let mut hers = as_tus(&app, &ada, "").await;
    let mut theirs = [Reader::open(&app, "").await, as_tus(&app, &boris, "").await];
    let id = |upload: &str| upload.trim_start_matches("/uploads/").to_owned();
    let begun = hers.news().await;
    assert_eq!(begun.name, "snapshot");
    let uploads = begun.data["uploads"].as_array().unwrap();
    assert_eq!(uploads.len(), 1, "{uploads:?}");
    assert_eq!(uploads[0]["flow"], id(&early));
    assert_eq!(
        (&uploads[0]["offset"], &uploads[0]["length"]),
        (&json!(0), &json!(100))
    );
    for reader in &mut theirs {
        let begun = reader.news().await;
        assert_eq!(begun.data, json!({"jobs": []}));
    }

    ada.patch(&early, 0, b"hello").await.expect(204);
    let heard = loop {
        let heard = hers.event().await;
        if heard["type"] == "upload" && heard["receiving"] == false && heard["offset"] == 5 {
            break heard;
        }
    };
    assert_eq!(
        (&heard["flow"], &heard["status"]),
        (&json!(id(&early)), &json!("uploading"))
    );
    ada.delete(&early).await.expect(204);
    while hers.event().await["status"] != "abandoned" {}
    for reader in &mut theirs {
        reader.is_silent().await;
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_session_behind_it() {
    let streams = Streams::new(Pace {
        proof: Duration::from_millis(200),
        ..Pace::default()
    });
    let app = TestApp::builder().streams(streams).start().await;
    let ada = person(&app, "ada", Role::User).await;
    let accounts = &app.state.backend.accounts;
    let scopes: Scopes = [Scope::Read].into_iter().collect();
    let (token, secret) = accounts
        .create_token(ada.id, "test", &scopes, None)
        .await
        .unwrap();
    let bearer = format!("Bearer {}", secret.reveal());
    let browser = Browser::of(&app, "ada").await;
    let cookie = format!("kadr_session={}", browser.session().unwrap());
    let mut by_cookie = Reader::open_with(&app, "", &[("cookie", &cookie)]).await;
    let mut by_token = Reader::open_with(&app, "", &[("authorization", &bearer)]).await;
    let mut nobodys = Reader::open(&app, "").await;
    for reader in [&mut by_cookie, &mut by_token, &mut nobodys] {
        reader.snapshot().await;
        reader.is_silent().await;
    }
    for session in accounts.sessions(ada.id).await.unwrap() {
        accounts.revoke_session(ada.id, session.id).await.unwrap();
    }
    assert_eq!(by_cookie.rest().await, Vec::<String>::new(), "no bye");
    by_token.is_silent().await;
    accounts.revoke_token(ada.id, token).await.unwrap();
    assert_eq!(by_token.rest().await, Vec::<String>::new(), "no bye");
    nobodys.is_silent().await;
}
