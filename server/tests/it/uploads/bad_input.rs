//! What clients should not send, and limits: each with its status and its code.

use domain::uploads::{MAX_METADATA, MAX_PIECES};
use http::Method;

use super::{BYTES, Tus, bytes, hurry, metadata, start, stored, token};
use crate::{
    accounts::{PASSWORD, person},
    harness::{Case, TestApp},
};

#[tokio::test]
async fn beginnings_that_make_no_sense_are_refused() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let long = format!("filename {}", "A".repeat(MAX_METADATA));
    let many = format!(
        "final;{}",
        "/uploads/1111111111111111111111 ".repeat(MAX_PIECES + 1)
    );
    let friends = metadata(&[("visibility", "friends")]);
    let hash = metadata(&[("blake3", "0f0f")]);
    let length = ("upload-length", "10");
    for (headers, status, code) in [
        (vec![], 400, "upload_length_unreadable"),
        (
            vec![("upload-length", "-1")],
            400,
            "upload_length_unreadable",
        ),
        (
            vec![("upload-length", "+1")],
            400,
            "upload_length_unreadable",
        ),
        (
            vec![("upload-length", "1e3")],
            400,
            "upload_length_unreadable",
        ),
        (
            vec![("upload-length", "ten")],
            400,
            "upload_length_unreadable",
        ),
        (vec![length, length], 400, "upload_header"),
        (
            vec![("upload-length", "99999999999999999999999")],
            413,
            "upload_too_large",
        ),
        (
            vec![("upload-length", "18446744073709551615")],
            413,
            "upload_too_large",
        ),
        (
            vec![("upload-length", "9223372036854775808")],
            413,
            "upload_too_large",
        ),
        (
            vec![("upload-defer-length", "0")],
            400,
            "upload_length_unreadable",
        ),
        (
            vec![("upload-defer-length", "1"), length],
            400,
            "upload_length_unreadable",
        ),
        (
            vec![length, ("upload-metadata", "filename n*t")],
            400,
            "upload_metadata",
        ),
        (
            vec![length, ("upload-metadata", "a YQ==,a YQ==")],
            400,
            "upload_metadata",
        ),
        (
            vec![length, ("upload-metadata", ",")],
            400,
            "upload_metadata",
        ),
        (
            vec![length, ("upload-metadata", "имя YQ==")],
            400,
            "upload_header",
        ),
        (
            vec![length, ("upload-metadata", &*long)],
            400,
            "upload_metadata",
        ),
        (
            vec![length, ("upload-metadata", &*friends)],
            400,
            "upload_metadata",
        ),
        (
            vec![length, ("upload-metadata", &*hash)],
            400,
            "upload_metadata",
        ),
        (
            vec![length, ("upload-concat", "whole")],
            400,
            "upload_concat_unreadable",
        ),
        (
            vec![("upload-concat", "final;x")],
            400,
            "upload_concat_unreadable",
        ),
        (
            vec![("upload-concat", "final;/uploads/..")],
            400,
            "upload_concat_unreadable",
        ),
        (vec![("upload-concat", "final;")], 400, "upload_piece_count"),
        (vec![("upload-concat", &*many)], 400, "upload_piece_count"),
        (
            vec![("upload-concat", "final;/uploads/1111111111111111111111")],
            400,
            "upload_piece",
        ),
        (
            vec![
                ("upload-concat", "final;/uploads/1111111111111111111111"),
                length,
            ],
            400,
            "upload_length_unreadable",
        ),
    ] {
        let answer = ada.create(&headers).await.expect(status);
        assert_eq!(answer.problem(), code, "{headers:?}");
    }
    for (name, kind) in [
        ("letter.pdf", ""),
        ("film.mp4", "text/html"),
        ("x", "image/png"),
    ] {
        let said = metadata(&[("filename", name), ("filetype", kind)]);
        let answer = ada
            .create(&[length, ("upload-metadata", &said)])
            .await
            .expect(415);
        assert_eq!(answer.problem(), "upload_not_media", "{name} {kind}");
    }
}

#[tokio::test]
async fn names_are_mended_and_come_back_as_they_were_sent() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    for (name, title) in [
        ("../../etc/passwd.mp4", "passwd"),
        ("C:\\films\\one.mp4", "one"),
        ("two\0.mp4", "two"),
        ("film\u{202e}gpj.mp4", "filmgpj"),
        ("\u{0}", "video"),
        (&*"n".repeat(10_000), &*"n".repeat(120)),
    ] {
        let said = metadata(&[("filename", name)]);
        let begun = ada
            .create(&[("upload-length", "3"), ("upload-metadata", &said)])
            .await
            .expect(201);
        let upload = begun.header("location");
        ada.head(upload)
            .await
            .expect(200)
            .has("upload-metadata", &said);
        ada.patch(upload, 0, b"abc").await.expect(204);
        let video = begun.header("kadr-video").parse().unwrap();
        let video = app.state.backend.videos.get(video).await.unwrap().unwrap();
        assert_eq!(video.title.as_str(), title, "{name:.40}");
        assert_eq!(stored(&app, begun.header("kadr-video")).await, b"abc");
    }
}

#[tokio::test]
async fn bytes_that_belong_nowhere_are_refused_and_change_nothing() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let upload = ada.begin(10).await;
    ada.patch(&upload, 0, b"hello").await.expect(204);
    let patch = |offset: Option<&str>, kind: Option<&str>| {
        let mut case = ada.case(Method::PATCH, &upload).body(b"12345".to_vec());
        if let Some(offset) = offset {
            case = case.header("upload-offset", offset);
        }
        if let Some(kind) = kind {
            case = case.header("content-type", kind);
        }
        case
    };
    for (offset, kind, status, code) in [
        (None, Some(BYTES), 400, "upload_offset_unreadable"),
        (Some("-5"), Some(BYTES), 400, "upload_offset_unreadable"),
        (Some("five"), Some(BYTES), 400, "upload_offset_unreadable"),
        (Some("0"), Some(BYTES), 409, "upload_offset"),
        (Some("4"), Some(BYTES), 409, "upload_offset"),
        (Some("6"), Some(BYTES), 409, "upload_offset"),
        (
            Some("99999999999999999999999"),
            Some(BYTES),
            409,
            "upload_offset",
        ),
        (Some("5"), None, 415, "upload_type"),
        (
            Some("5"),
            Some("application/octet-stream"),
            415,
            "upload_type",
        ),
    ] {
        let answer = ada.send(patch(offset, kind)).await.expect(status);
        assert_eq!(answer.problem(), code, "{offset:?} {kind:?}");
    }
    // More than was promised: nothing of that request stays, however it was sent.
    let long = ada.patch(&upload, 5, b"123456").await.expect(413);
    assert_eq!(long.problem(), "upload_too_long");
    let long = ada.patching(&upload, 5).body(bytes(1, 3_000_000)).chunked();
    assert_eq!(
        ada.send(long).await.expect(413).problem(),
        "upload_too_long"
    );
    assert_eq!(ada.offset(&upload).await, 5);
    let kind = format!("{}; charset=binary", BYTES.to_uppercase());
    ada.send(patch(Some("5"), Some(&kind))).await.expect(204);
}

#[tokio::test]
async fn an_answer_is_heard_though_much_is_still_being_sent() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let upload = ada.begin(40_000_000).await;
    let wrong = ada
        .patch(&upload, 7, &bytes(1, 39_000_000))
        .await
        .expect(409);
    assert_eq!(wrong.header("connection"), "close");
    assert_eq!(wrong.problem(), "upload_offset");
    assert_eq!(ada.offset(&upload).await, 0);
}

#[tokio::test]
async fn empty_files_are_complete_and_come_to_nothing() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let begun = ada.create(&[("upload-length", "0")]).await.expect(201);
    let begun = begun.has("upload-offset", "0");
    let upload = begun.header("location");
    ada.head(upload)
        .await
        .expect(200)
        .has("upload-length", "0")
        .has("upload-offset", "0");
    ada.patch(upload, 0, b"").await.expect(204);
    assert_eq!(
        ada.patch(upload, 0, b"x").await.expect(403).problem(),
        "upload_finished"
    );
    let video = begun.header("kadr-video").parse().unwrap();
    let video = app.state.backend.videos.get(video).await.unwrap().unwrap();
    assert_eq!(video.error.as_deref(), Some("empty_file"));
}

#[tokio::test]
async fn limits_are_said_at_the_beginning() {
    let app = TestApp::builder()
        .uploads(|options| {
            hurry(options);
            options.max_size = 1000;
            options.quota = Some(1500);
            options.parallel = 3;
        })
        .start()
        .await;
    let ada = Tus::of(&app, "ada").await;
    let begin = async |length: &str| ada.create(&[("upload-length", length)]).await;
    assert_eq!(
        begin("1001").await.expect(413).problem(),
        "upload_too_large"
    );
    begin("1000").await.expect(201);
    let quota = begin("501").await.expect(413);
    assert_eq!(quota.problem(), "upload_quota");
    assert!(quota.text().contains("1500"), "{}", quota.text());
    let last = begin("500").await.expect(201);
    assert_eq!(begin("1").await.expect(413).problem(), "upload_quota");
    // What is given up counts no more.
    ada.delete(last.header("location")).await.expect(204);
    begin("100").await.expect(201);
    begin("100").await.expect(201);
    let many = begin("100").await.expect(429);
    assert_eq!(many.problem(), "upload_too_many");
    assert!(many.header("retry-after").parse::<u32>().unwrap() > 0);
    // Another person has limits of their own. A length that is said late is a length, too.
    let boris = Tus::of(&app, "boris").await;
    let later = boris
        .create(&[("upload-defer-length", "1")])
        .await
        .expect(201);
    let upload = later.header("location");
    let said = boris.patching(upload, 0).header("upload-length", "1001");
    assert_eq!(
        boris.send(said).await.expect(413).problem(),
        "upload_too_large"
    );
    let sent = boris.patching(upload, 0).body(bytes(1, 1001)).chunked();
    assert_eq!(
        boris.send(sent).await.expect(413).problem(),
        "upload_too_large"
    );
    assert_eq!(boris.offset(upload).await, 0);
}

#[tokio::test]
async fn a_token_uploads_only_if_it_was_made_for_it() {
    use domain::accounts::{Role, Scope, Scopes};
    let app = start().await;
    let ada = person(&app, "ada", Role::User).await;
    let make = async |scope: Scope| {
        let scopes: Scopes = [scope].into_iter().collect();
        let accounts = &app.state.backend.accounts;
        let made = accounts.create_token(ada.id, "test", &scopes, None).await;
        made.unwrap().1.reveal().to_owned()
    };
    let begin = async |token: &str| {
        let case = Case::post("/uploads")
            .header("tus-resumable", "1.0.0")
            .header("upload-length", "10")
            .header("authorization", &format!("Bearer {token}"));
        app.send(case).await
    };
    begin(&make(Scope::Upload).await).await.expect(201);
    begin(&make(Scope::Read).await).await.expect(403);
    begin(&token(app.addr, "ada", PASSWORD).await)
        .await
        .expect(201);
}
