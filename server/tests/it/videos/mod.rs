//! Videos over HTTP: what programs see of one and do with it, and its files. How one is made is
//! tested in `backend`; here once with the real helper and a real process ([`made`]).

mod made;

use domain::accounts::Role;
use http::Method;
use serde_json::{Value, json};
use testkit::sqlx;

use crate::{
    accounts::{PASSWORD, person},
    harness::{Answer, Case, TestApp},
};

/// An access token for somebody with an account.
async fn token(addr: std::net::SocketAddr, login: &str, password: &str) -> String {
    let body = json!({"user": login, "password": password});
    let case = Case::post("/api/v1/auth/token")
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes());
    let pair = case.send(addr).await.expect(200).json();
    pair["access_token"].as_str().unwrap().to_owned()
}

/// A request in somebody's name.
fn asking(method: Method, path: &str, token: &str) -> Case {
    Case::new(method, path).header("authorization", &format!("Bearer {token}"))
}

/// A whole file in one request. Answers the video.
async fn sent(addr: std::net::SocketAddr, token: &str, metadata: &str, bytes: Vec<u8>) -> String {
    let answer = asking(Method::POST, "/uploads", token)
        .header("tus-resumable", "1.0.0")
        .header("upload-length", &bytes.len().to_string())
        .header("upload-metadata", metadata)
        .header("content-type", "application/offset+octet-stream")
        .body(bytes)
        .send(addr)
        .await
        .expect(201);
    answer.header("kadr-video").to_owned()
}

async fn seen(app: &TestApp, id: &str, token: &str) -> Answer {
    app.send(asking(Method::GET, &format!("/api/v1/videos/{id}"), token))
        .await
}

/// `filename clip.mp4` and `visibility …`, as tus writes them.
fn metadata(visibility: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let (name, visibility) = (STANDARD.encode("clip.mp4"), STANDARD.encode(visibility));
    format!("filename {name},visibility {visibility}")
}

#[tokio::test]
async fn a_video_is_shown_to_whom_it_is_for() {
    let app = TestApp::start().await;
    person(&app, "ada", Role::User).await;
    person(&app, "bob", Role::User).await;
    let ada = token(app.addr, "ada", PASSWORD).await;
    let bob = token(app.addr, "bob", PASSWORD).await;
    let public = sent(app.addr, &ada, &metadata("public"), vec![1; 5000]).await;
    let private = sent(app.addr, &ada, &metadata("private"), vec![2; 5000]).await;

    let video = seen(&app, &public, &ada)
        .await
        .expect(200)
        .has("cache-control", "no-store");
    let video: Value = video.json();
    assert_eq!(video["id"], public.as_str());
    assert_eq!(video["title"], "clip");
    assert_eq!(
        (&video["status"], &video["stage"]),
        (&json!("processing"), &json!("queued"))
    );
    assert_eq!(
        (&video["playable"], &video["progress"]),
        (&json!(false), &json!(0.0))
    );
    assert_eq!(video["original"], json!({"name": "clip.mp4", "size": 5000}));
    assert_eq!(video["owner"]["nick"], "ada");
    for none in ["error", "duration", "poster_url", "hls_url", "dash_url"] {
        assert_eq!(video[none], Value::Null, "{none}");
    }
    assert_eq!(
        (&video["renditions"], &video["warnings"]),
        (&json!([]), &json!([]))
    );
    // Others see what is public, and not what file it was.
    let other = seen(&app, &public, &bob).await.expect(200).json();
    assert_eq!(
        (&other["original"], &other["title"]),
        (&Value::Null, &json!("clip"))
    );
    app.get(&format!("/api/v1/videos/{public}"))
        .await
        .expect(200);

    seen(&app, &private, &ada).await.expect(200);
    for answer in [
        seen(&app, &private, &bob).await,
        app.get(&format!("/api/v1/videos/{private}")).await,
        app.get("/api/v1/videos/1111111111111111111111").await,
        app.get("/api/v1/videos/nothing").await,
    ] {
        assert_eq!(answer.expect(404).problem(), "video_unknown");
    }
}

#[tokio::test]
async fn only_its_owner_removes_it_or_tries_again() {
    let app = TestApp::start().await;
    person(&app, "ada", Role::User).await;
    person(&app, "bob", Role::User).await;
    let ada = token(app.addr, "ada", PASSWORD).await;
    let bob = token(app.addr, "bob", PASSWORD).await;
    let id = sent(app.addr, &ada, &metadata("public"), vec![1; 5000]).await;
    let (video, retry) = (
        format!("/api/v1/videos/{id}"),
        format!("/api/v1/videos/{id}/retry"),
    );
    app.send(Case::new(Method::DELETE, &video))
        .await
        .expect(401);
    app.send(Case::post(&retry)).await.expect(401);
    for (method, path) in [(Method::DELETE, &video), (Method::POST, &retry)] {
        let answer = app.send(asking(method, path, &bob)).await;
        assert_eq!(answer.expect(404).problem(), "video_unknown");
    }
    let answer = app.send(asking(Method::POST, &retry, &ada)).await;
    assert_eq!(answer.expect(409).problem(), "nothing_failed");

    let mut tx = app.db.db.write().await.unwrap();
    for sql in [
        "UPDATE assets SET state = 'failed', error = 'truncated'",
        "UPDATE videos SET status = 'failed', error = 'truncated'",
        "UPDATE jobs SET state = 'failed', finished_at = 1 WHERE kind = 'probe'",
    ] {
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    let failed = seen(&app, &id, &ada).await.expect(200).json();
    assert_eq!(
        (&failed["status"], &failed["error"]),
        (&json!("failed"), &json!("truncated"))
    );
    let again = app
        .send(asking(Method::POST, &retry, &ada))
        .await
        .expect(202)
        .json();
    assert_eq!(
        (&again["status"], &again["error"]),
        (&json!("processing"), &Value::Null)
    );

    app.send(asking(Method::DELETE, &video, &ada))
        .await
        .expect(204);
    seen(&app, &id, &ada).await.expect(404);
    app.send(asking(Method::DELETE, &video, &ada))
        .await
        .expect(404);
}

#[tokio::test]
async fn its_files_are_served_as_what_they_are() {
    let app = TestApp::start().await;
    person(&app, "ada", Role::User).await;
    let ada = token(app.addr, "ada", PASSWORD).await;
    let public = sent(app.addr, &ada, &metadata("public"), vec![1; 5000]).await;
    let private = sent(app.addr, &ada, &metadata("private"), vec![2; 5000]).await;
    for id in [&public, &private] {
        let video = app
            .state
            .backend
            .videos
            .get(id.parse().unwrap())
            .await
            .unwrap()
            .unwrap();
        let folder = backend::assets::media(video.asset.unwrap());
        let storage = app.state.backend.uploads.storage();
        for (name, text) in [
            ("master.m3u8", "#EXTM3U\n"),
            ("v720/00000.m4s", "0123456789"),
            ("tiles/00000.jpg", "not yours"),
        ] {
            storage
                .put(&format!("{folder}/{name}"), text.as_bytes().to_vec())
                .await
                .unwrap();
        }
    }
    let list = app
        .get(&format!("/media/{public}/master.m3u8"))
        .await
        .expect(200);
    let list = list.has("content-type", "application/vnd.apple.mpegurl");
    let list = list.has("cache-control", "private, no-cache");
    assert_eq!(list.text(), "#EXTM3U\n");
    // It may have grown since, within the same second.
    let since = "Thu, 31 Dec 2099 23:59:59 GMT";
    let again = Case::get(&format!("/media/{public}/master.m3u8"));
    let again = again.header("if-modified-since", since);
    assert_eq!(app.send(again).await.expect(200).text(), "#EXTM3U\n");
    let piece = Case::get(&format!("/media/{public}/v720/00000.m4s")).header("range", "bytes=2-4");
    let piece = app
        .send(piece)
        .await
        .expect(206)
        .has("content-type", "video/iso.segment");
    assert!(piece.header("cache-control").contains("immutable"));
    assert_eq!(piece.has("content-range", "bytes 2-4/10").text(), "234");
    let beyond = Case::get(&format!("/media/{public}/v720/00000.m4s")).header("range", "bytes=20-");
    let beyond = app.send(beyond).await.expect(416);
    beyond.has("cache-control", "no-store");

    let hidden = format!("/media/{private}/v720/00000.m4s");
    app.get(&hidden).await.expect(404);
    app.send(asking(Method::GET, &hidden, &ada))
        .await
        .expect(200);
    for nothing in [
        format!("/media/{public}/tiles/00000.jpg"),
        format!("/media/{public}/v720/00001.m4s"),
        format!("/media/{public}/v720/"),
        format!("/media/{public}/..%2F..%2Fsecret.jpg"),
        format!("/media/{public}/v720%2F..%2F..%2Fx.jpg"),
        "/media/nothing/master.m3u8".to_owned(),
    ] {
        app.get(&nothing).await.expect(404);
    }
}
