//! `/upload` and what its scripts ask: who may see what, and what is said about a video.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::accounts::Role;
use serde_json::{Value, json};

use super::{Tus, bytes, metadata, start};
use crate::{
    accounts::{Browser, person},
    harness::{Answer, Case},
};

impl Tus {
    /// A server function of the page, as a script calls it.
    async fn ask(&self, function: &str, values: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(values)
            .finish();
        Case::post(&format!("/ui/uploads/{function}"))
            .header("authorization", &format!("Bearer {}", self.token))
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.into_bytes())
            .send(self.addr)
            .await
    }

    async fn unfinished(&self) -> Vec<Value> {
        let answer = self.ask("unfinished", &[]).await.expect(200).json();
        answer["uploads"].as_array().unwrap().clone()
    }

    /// A file that has come whole; answers its video.
    async fn whole(&self, name: &str, content: &[u8]) -> String {
        let metadata = metadata(&[("filename", name)]);
        let length = content.len().to_string();
        let begun = self
            .create(&[("upload-length", &length), ("upload-metadata", &metadata)])
            .await
            .expect(201);
        self.patch(begun.header("location"), 0, content)
            .await
            .expect(204);
        begun.header("kadr-video").to_owned()
    }
}

#[tokio::test]
async fn the_page_is_for_who_is_logged_in() {
    let app = start().await;
    let guest = app.send(Case::get("/upload").by_browser()).await;
    assert_eq!(guest.expect(303).header("location"), "/login?next=/upload");

    person(&app, "ada", Role::User).await;
    let mut browser = Browser::of(&app, "ada").await;
    let page = browser.get("/upload").await.expect(200).text();
    for whole in [
        "<kadr-uploads",
        "action=\"/upload\"",
        "multipart/form-data",
        "data-act=\"choose\"",
    ] {
        assert!(page.contains(whole), "{whole} in {page}");
    }
    assert_eq!(page.matches("<h1").count(), 1);
    assert!(!page.contains("<kadr-underway"), "it shows more itself");
    let home = browser.get("/").await.expect(200).text();
    assert!(home.contains("<kadr-underway"));

    let refused = browser
        .get("/upload?refused=upload_not_media&sent=nonsense,1111111111111111111112")
        .await;
    let refused = refused.expect(200).text();
    assert!(refused.contains("This is not a video"), "{refused}");
    assert!(!refused.contains("Everything has arrived"), "{refused}");

    for function in [
        "page",
        "unfinished",
        "underway",
        "sizes",
        "known",
        "describe",
        "give_up",
        "withdraw",
    ] {
        let answer = Case::post(&format!("/ui/uploads/{function}"))
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .send(app.addr)
            .await;
        answer.expect(401);
    }
}

#[tokio::test]
async fn what_is_unfinished_is_listed_for_its_owner() {
    let app = start().await;
    let (ada, bob) = (Tus::of(&app, "ada").await, Tus::of(&app, "bob").await);
    assert!(ada.unfinished().await.is_empty());
    let print = format!("1:2000:5:{}:{}", "a".repeat(16), "b".repeat(64));
    let said = metadata(&[
        ("filename", "../day.mp4"),
        ("fingerprint", &print),
        ("visibility", "private"),
    ]);
    let begun = ada
        .create(&[("upload-length", "2000"), ("upload-metadata", &said)])
        .await
        .expect(201);
    let upload = begun.header("location").to_owned();
    ada.patch(&upload, 0, &bytes(1, 500)).await.expect(204);
    // A part of a concatenation is nothing that a page could go on with.
    ada.create(&[("upload-length", "10"), ("upload-concat", "partial")])
        .await
        .expect(201);

    let list = ada.unfinished().await;
    assert_eq!(list.len(), 1, "{list:?}");
    let one = &list[0];
    assert_eq!(
        upload,
        format!("/uploads/{}", one["flow"].as_str().unwrap())
    );
    assert_eq!(one["video"], begun.header("kadr-video"));
    assert_eq!(one["name"], "day.mp4");
    assert_eq!(one["title"], "day");
    assert_eq!(one["fingerprint"], print);
    assert_eq!(
        (&one["offset"], &one["length"]),
        (&json!(500), &json!(2000))
    );
    assert_eq!(one["visibility"], "private");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let left = one["expires_at"].as_u64().unwrap() / 1000 - now.as_secs();
    assert!((23 * 3600..=24 * 3600).contains(&left), "{left} s");
    assert_eq!(ada.ask("underway", &[]).await.expect(200).json(), json!(1));
    assert!(bob.unfinished().await.is_empty());
    assert_eq!(bob.ask("underway", &[]).await.expect(200).json(), json!(0));

    let flow = one["flow"].as_str().unwrap();
    bob.ask("give_up", &[("flow", flow)]).await.expect(404);
    ada.ask("give_up", &[("flow", "nonsense")])
        .await
        .expect(404);
    ada.ask("give_up", &[("flow", flow)]).await.expect(200);
    assert!(ada.unfinished().await.is_empty());
    ada.head(&upload).await.expect(410);
    ada.ask("give_up", &[("flow", flow)]).await.expect(200);
}

#[tokio::test]
async fn what_is_said_is_kept_while_it_uploads() {
    let app = start().await;
    let (ada, bob) = (Tus::of(&app, "ada").await, Tus::of(&app, "bob").await);
    let begun = ada.create(&[("upload-length", "100")]).await.expect(201);
    let video = begun.header("kadr-video");
    let say = [
        ("video", video),
        ("title", "Кіно & <кадри>"),
        ("description", "two\nlines"),
        ("tags", "sea, Sea, summer"),
        ("visibility", "unlisted"),
        ("edited", "title,tags,visibility"),
    ];
    bob.ask("describe", &say).await.expect(404);
    ada.ask("describe", &say).await.expect(200);
    let one = ada.unfinished().await.remove(0);
    assert_eq!(one["title"], "Кіно & <кадри>");
    assert_eq!(one["tags"], "sea, summer");
    assert_eq!(one["visibility"], "unlisted");
    assert_eq!(one["description"], "", "it was not edited");

    // One field is wrong for a moment; the others are kept.
    let say = [
        ("video", video),
        ("title", " "),
        ("description", "A day by the sea"),
        ("edited", "title,description"),
    ];
    let refused = ada.ask("describe", &say).await.expect(422).json();
    assert_eq!(refused["refused"]["faults"], json!([["title", "required"]]));
    let one = ada.unfinished().await.remove(0);
    assert_eq!(one["title"], "Кіно & <кадри>");
    assert_eq!(one["description"], "A day by the sea");

    // What is edited may be emptied.
    let say = [
        ("video", video),
        ("description", ""),
        ("edited", "description"),
    ];
    ada.ask("describe", &say).await.expect(200);
    assert_eq!(ada.unfinished().await.remove(0)["description"], "");
}

#[tokio::test]
async fn content_is_known_to_who_has_it() {
    let app = start().await;
    let (ada, bob) = (Tus::of(&app, "ada").await, Tus::of(&app, "bob").await);
    let content = bytes(7, 4321);
    let hash = blake3::hash(&content).to_hex().to_string();
    let video = ada.whole("sea.mp4", &content).await;

    let sizes = [("sizes", "1,4321,,nonsense,-3,4322,99999999999999999999")];
    assert_eq!(
        ada.ask("sizes", &sizes).await.expect(200).json(),
        json!([4321])
    );
    assert_eq!(bob.ask("sizes", &sizes).await.expect(200).json(), json!([]));
    let known = ada
        .ask("known", &[("hash", &hash)])
        .await
        .expect(200)
        .json();
    assert_eq!(known, json!({"video": video, "title": "sea"}));
    let known = bob
        .ask("known", &[("hash", &hash)])
        .await
        .expect(200)
        .json();
    assert_eq!(known, Value::Null);
    ada.ask("known", &[("hash", "abc")]).await.expect(400);

    let mut browser = Browser::of(&app, "ada").await;
    let page = browser.get(&format!("/upload?sent={video}")).await;
    let page = page.expect(200).text();
    assert!(page.contains("Everything has arrived"), "{page}");
    let page = browser
        .get(&format!("/upload?sent={video}&refused=upload_too_large"))
        .await;
    let page = page.expect(200).text();
    assert!(page.contains("These have arrived"), "{page}");
    assert!(!page.contains("Everything has arrived"), "{page}");
    let mut other = Browser::of(&app, "bob").await;
    let page = other.get(&format!("/upload?sent={video}")).await;
    assert!(!page.expect(200).text().contains("Everything has arrived"));
}

#[tokio::test]
async fn what_was_cancelled_too_late_can_be_taken_away() {
    let app = start().await;
    let (ada, bob) = (Tus::of(&app, "ada").await, Tus::of(&app, "bob").await);
    let content = bytes(3, 1234);
    let video = ada.whole("late.mp4", &content).await;
    let hash = blake3::hash(&content).to_hex().to_string();
    // Not one's own, it stays, and nobody is told that it is there.
    bob.ask("withdraw", &[("video", &video)]).await.expect(200);
    let known = ada
        .ask("known", &[("hash", &hash)])
        .await
        .expect(200)
        .json();
    assert_eq!(known["video"], video);
    ada.ask("withdraw", &[("video", "nonsense")])
        .await
        .expect(404);
    for _ in 0..2 {
        ada.ask("withdraw", &[("video", &video)]).await.expect(200);
    }
    let known = ada
        .ask("known", &[("hash", &hash)])
        .await
        .expect(200)
        .json();
    assert_eq!(known, Value::Null);
}
