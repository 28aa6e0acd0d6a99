//! Whose upload it is, and how they show it.

use domain::accounts::Role;

use super::{Tus, start};
use crate::{
    accounts::{Browser, person},
    harness::Case,
};

#[tokio::test]
async fn an_upload_is_its_owners_and_nobody_elses() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let boris = Tus::of(&app, "boris").await;
    let upload = ada.begin(10).await;
    for path in [
        &*upload,
        "/uploads/1111111111111111111111",
        "/uploads/x",
        "/uploads/%00",
    ] {
        if path == "/uploads/%00" {
            boris.head(path).await.expect(400);
            continue;
        }
        let head = boris.head(path).await.expect(404);
        assert!(head.headers.get("upload-offset").is_none());
        assert_eq!(
            boris.patch(path, 0, b"x").await.expect(404).problem(),
            "upload_unknown"
        );
        assert_eq!(
            boris.delete(path).await.expect(404).problem(),
            "upload_unknown"
        );
    }
    // Nobody at all.
    let nobody = Case::head(&upload).header("tus-resumable", "1.0.0");
    app.send(nobody).await.expect(401);
    let liar = Case::post("/uploads")
        .header("tus-resumable", "1.0.0")
        .header("authorization", "Bearer invented");
    app.send(liar).await.expect(401);
    assert_eq!(ada.offset(&upload).await, 0);
}

#[tokio::test]
async fn a_session_is_as_good_as_a_token_on_our_own_pages() {
    let app = start().await;
    person(&app, "ada", Role::User).await;
    let browser = Browser::of(&app, "ada").await;
    let cookie = format!("kadr_session={}", browser.session().unwrap());
    let with = |site: Option<&str>| {
        let mut case = Case::post("/uploads")
            .header("tus-resumable", "1.0.0")
            .header("upload-length", "10")
            .header("cookie", &cookie);
        if let Some(site) = site {
            case = case.header("sec-fetch-site", site);
        }
        app.send(case)
    };
    let begun = with(Some("same-origin")).await.expect(201);
    assert_eq!(
        with(Some("cross-site")).await.expect(403).problem(),
        "foreign_origin"
    );
    assert_eq!(with(None).await.expect(401).problem(), "not_logged_in");
    // A simple request whose header says it is none.
    let sneaky = Case::get(begun.header("location"))
        .header("tus-resumable", "1.0.0")
        .header("cookie", &cookie)
        .header("sec-fetch-site", "cross-site")
        .header("x-http-method-override", "DELETE");
    assert_eq!(
        app.send(sneaky).await.expect(403).problem(),
        "foreign_origin"
    );
    let head = Case::head(begun.header("location"))
        .header("tus-resumable", "1.0.0")
        .header("cookie", &cookie);
    app.send(head).await.expect(200).has("upload-offset", "0");
}
