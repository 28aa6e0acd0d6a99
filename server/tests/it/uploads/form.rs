//! `POST /upload`: the form of a browser without scripts.

use domain::{accounts::Role, videos::Visibility};
use http::Method;

use super::{bytes, hurry, start, stored};
use crate::{
    accounts::{Browser, Part, person},
    harness::{Case, TestApp},
};

async fn ada(app: &TestApp) -> Browser<'_> {
    person(app, "ada", Role::User).await;
    Browser::of(app, "ada").await
}

/// The videos a browser was led back with.
fn sent(location: &str) -> Vec<String> {
    let (_, list) = location.split_once("sent=").unwrap_or_default();
    list.split(',')
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn files_become_videos() {
    let app = start().await;
    let mut browser = ada(&app).await;
    let (one, two) = (bytes(1, 700_000), bytes(2, 30_000));
    let parts = [
        Part::Field("title", "The first"),
        Part::Field("visibility", "private"),
        Part::File("one.mp4", &one),
        Part::File("folder/two.webm", &two),
    ];
    let answer = browser.upload("/upload", &parts).await.expect(303);
    let videos = sent(answer.header("location"));
    assert!(
        answer.header("location").starts_with("/upload?sent="),
        "{answer:?}"
    );
    assert_eq!(videos.len(), 2);
    assert!(stored(&app, &videos[0]).await == one);
    assert!(stored(&app, &videos[1]).await == two);
    for (video, title) in videos.iter().zip(["The first", "two"]) {
        let found = app
            .state
            .backend
            .videos
            .get(video.parse().unwrap())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.title.as_str(), title);
        assert_eq!(found.visibility, Visibility::Private);
    }
    browser_says_json(&app, &browser, &one).await;
}

/// A program that sends the same form is answered as programs are.
async fn browser_says_json(app: &TestApp, browser: &Browser<'_>, file: &[u8]) {
    let body = [
        b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.mp4\"\r\n\r\n",
        file,
        b"\r\n--b--\r\n",
    ]
    .concat();
    let case = Case::new(Method::POST, "/upload")
        .header("sec-fetch-site", "same-origin")
        .header(
            "cookie",
            &format!("kadr_session={}", browser.session().unwrap()),
        )
        .header("accept", "application/json")
        .header("content-type", "multipart/form-data; boundary=b");
    let answer = app.send(case.clone().body(body)).await.expect(201).json();
    let video = answer["videos"][0].as_str().unwrap();
    assert!(stored(app, video).await == file);
    let odd = app.send(case.body(b"nonsense".to_vec())).await.expect(400);
    assert_eq!(odd.problem(), "unreadable_body");
}

#[tokio::test]
async fn what_cannot_be_taken_is_said_on_the_page() {
    let app = TestApp::builder()
        .uploads(|options| {
            hurry(options);
            options.max_size = 100_000;
        })
        .start()
        .await;
    let mut browser = ada(&app).await;
    let (large, small) = (bytes(1, 300_000), bytes(2, 1000));
    for (parts, code, videos) in [
        (vec![], "upload_missing", 0),
        (vec![Part::File("", b"")], "upload_missing", 0),
        (vec![Part::File("empty.mp4", b"")], "upload_empty", 0),
        (
            vec![Part::File("letter.pdf", &small)],
            "upload_not_media",
            0,
        ),
        (vec![Part::File("large.mp4", &large)], "upload_too_large", 0),
        (
            vec![
                Part::Field("visibility", "friends"),
                Part::File("a.mp4", &small),
            ],
            "visibility_unknown",
            0,
        ),
        (
            vec![
                Part::File("small.mp4", &small),
                Part::File("large.mp4", &large),
            ],
            "upload_too_large",
            1,
        ),
    ] {
        let answer = browser.upload("/upload", &parts).await.expect(303);
        let location = answer.header("location");
        assert!(
            location.starts_with(&format!("/upload?refused={code}")),
            "{location}"
        );
        assert_eq!(sent(location).len(), videos, "{location}");
    }
    // Nothing of what was refused stays behind.
    let all = app.state.backend.uploads.storage().place("originals");
    let files = std::fs::read_dir(all)
        .unwrap()
        .flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap())
        .count();
    assert_eq!(files, 1);
}

#[tokio::test]
async fn strangers_are_sent_to_log_in() {
    let app = start().await;
    let form = Case::post("/upload")
        .by_browser()
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(b"--b--\r\n".to_vec());
    app.send(form)
        .await
        .expect(303)
        .has("location", "/login?next=/upload");
    let program = Case::post("/upload").header("accept", "application/json");
    app.send(program).await.expect(401);
}
