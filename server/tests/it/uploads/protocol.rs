//! tus 1.0.0, its extensions, and what clients rely on beside it.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::accounts::Role;
use http::Method;
use testkit::both_engines;
use tokio::io::AsyncWriteExt;

use super::{BYTES, Tus, bytes, hear, hurry, metadata, start, stored};
use crate::{
    accounts::{Browser, person},
    harness::{Case, TestApp},
};

both_engines! {
    async fn a_file_comes_in_piece_by_piece(test: TestDb) {
        let app = TestApp::builder().uploads(hurry).over(test).start().await;
        let ada = Tus::of(&app, "ada").await;
        let all = bytes(1, 300_000);
        let said = metadata(&[("filename", "My film.mp4"), ("x", ""), ("filetype", "video/mp4")]);
        let begun = ada
            .create(&[("upload-length", "300000"), ("upload-metadata", &said)])
            .await
            .expect(201)
            .has("upload-offset", "0");
        let upload = begun.header("location").to_owned();
        let video = begun.header("kadr-video").to_owned();
        assert!(upload.starts_with("/uploads/"), "{upload}");
        assert!(begun.header("upload-expires").ends_with(" GMT"), "{begun:?}");

        let head = ada
            .head(&upload)
            .await
            .expect(200)
            .has("upload-offset", "0")
            .has("upload-length", "300000")
            .has("upload-metadata", &said)
            .has("cache-control", "no-store")
            .has("kadr-video", &video);
        assert!(head.headers.get("upload-defer-length").is_none());

        let half = ada.patch(&upload, 0, &all[..100_000]).await.expect(204);
        let half = half.has("upload-offset", "100000");
        assert!(half.header("upload-expires").ends_with(" GMT"));
        // Nothing at all is fine as well.
        ada.patch(&upload, 100_000, b"").await.expect(204).has("upload-offset", "100000");
        // Without a length of its own.
        let case = ada.patching(&upload, 100_000).body(all[100_000..].to_vec()).chunked();
        let done = ada.send(case).await.expect(204).has("upload-offset", "300000");
        assert!(done.headers.get("upload-expires").is_none(), "it does not expire any more");

        ada.head(&upload).await.expect(200).has("upload-offset", "300000");
        assert!(stored(&app, &video).await == all);
        assert_eq!(ada.delete(&upload).await.expect(403).problem(), "upload_finished");
        // A lost answer: who tries again learns that there is nothing to send.
        let again = ada.patch(&upload, 100_000, &all[100_000..]).await.expect(409);
        assert_eq!(again.problem(), "upload_offset");
        ada.patch(&upload, 300_000, b"").await.expect(204).has("upload-offset", "300000");
    }

    async fn an_upload_is_given_up(test: TestDb) {
        let app = TestApp::builder().uploads(hurry).over(test).start().await;
        let ada = Tus::of(&app, "ada").await;
        let upload = ada.begin(1000).await;
        ada.patch(&upload, 0, b"some").await.expect(204);
        ada.delete(&upload).await.expect(204);
        let gone = ada.head(&upload).await.expect(410);
        assert!(gone.headers.get("upload-offset").is_none());
        assert_eq!(ada.patch(&upload, 4, b"more").await.expect(410).problem(), "upload_gone");
        assert_eq!(ada.delete(&upload).await.expect(410).problem(), "upload_gone");
    }

    async fn parts_become_one(test: TestDb) {
        let app = TestApp::builder().uploads(hurry).over(test).start().await;
        let ada = Tus::of(&app, "ada").await;
        let all = bytes(2, 90_000);
        let mut parts = Vec::new();
        for part in all.chunks(45_000) {
            let begun = ada
                .create(&[("upload-length", "45000"), ("upload-concat", "partial")])
                .await
                .expect(201);
            assert!(begun.headers.get("kadr-video").is_none(), "a part is no video");
            let upload = begun.header("location").to_owned();
            if parts.is_empty() {
                let early = format!("final;{upload}");
                let early = ada.create(&[("upload-concat", &early)]).await.expect(400);
                assert_eq!(early.problem(), "upload_piece", "it is not finished");
            }
            ada.patch(&upload, 0, part).await.expect(204);
            ada.head(&upload).await.expect(200).has("upload-concat", "partial");
            parts.push(upload);
        }
        // Addresses may be whole ones, as clients write them.
        let list = format!("final;{} http://{}{}", parts[0], app.addr, parts[1]);
        let other = Tus::of(&app, "boris").await;
        let foreign = other.create(&[("upload-concat", &list)]).await.expect(400);
        assert_eq!(foreign.problem(), "upload_piece");
        let said = metadata(&[("filename", "whole.mp4")]);
        let whole = ada
            .create(&[("upload-concat", &list), ("upload-metadata", &said)])
            .await
            .expect(201);
        assert!(!whole.header("kadr-video").is_empty());
        let upload = whole.header("location").to_owned();
        ada.head(&upload)
            .await
            .expect(200)
            .has("upload-length", "90000")
            .has("upload-offset", "90000")
            .has("upload-concat", &list);
        let more = ada.patch(&upload, 90_000, b"more").await.expect(403);
        assert_eq!(more.problem(), "upload_finished");
        let more = ada.patch(&upload, 0, b"more").await.expect(403);
        assert_eq!(more.problem(), "upload_finished");
    }

    async fn bytes_that_are_ours_already_need_not_be_sent(test: TestDb) {
        let app = TestApp::builder().uploads(hurry).over(test).start().await;
        let ada = Tus::of(&app, "ada").await;
        let all = bytes(3, 50_000);
        let begun = ada.create(&[("upload-length", "50000")]).await.expect(201);
        let first = begun.header("kadr-video").to_owned();
        ada.patch(begun.header("location"), 0, &all).await.expect(204);

        let hash = blake3_hex(&all);
        let said = metadata(&[("filename", "again.mp4"), ("blake3", &hash)]);
        let headers = [("upload-length", "50000"), ("upload-metadata", &*said)];
        let again = ada
            .create(&headers)
            .await
            .expect(201)
            .has("upload-offset", "50000")
            .has("kadr-duplicate-of", &first);
        assert!(again.headers.get("upload-expires").is_none());
        // A client that sends all the same is told where the upload stands, and is done.
        let upload = again.header("location").to_owned();
        ada.patch(&upload, 0, &all).await.expect(409);
        ada.head(&upload).await.expect(200).has("upload-offset", "50000");

        // Others have to send it, and a claim that is not true ends badly.
        let boris = Tus::of(&app, "boris").await;
        let theirs = boris.create(&headers).await.expect(201).has("upload-offset", "0");
        assert!(theirs.headers.get("kadr-duplicate-of").is_none());
        let wrong = boris.patch(theirs.header("location"), 0, &bytes(4, 50_000)).await;
        assert_eq!(wrong.expect(460).problem(), "upload_false_claim");
        boris.head(theirs.header("location")).await.expect(410);
    }
}

fn blake3_hex(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

#[tokio::test]
async fn everybody_may_ask_what_there_is() {
    let app = start().await;
    for path in ["/uploads", "/uploads/", "/uploads/anything"] {
        let case = Case::new(Method::OPTIONS, path)
            .header("origin", "https://elsewhere.example")
            .header("access-control-request-method", "PATCH")
            .header(
                "access-control-request-headers",
                "authorization,upload-offset",
            );
        let answer = app
            .send(case)
            .await
            .expect(204)
            .has("tus-version", "1.0.0")
            .has("tus-max-size", &(64_u64 << 30).to_string())
            .has("tus-checksum-algorithm", "sha1,sha256,blake3")
            .has("access-control-allow-origin", "*");
        let extensions: Vec<&str> = answer.header("tus-extension").split(',').collect();
        for extension in [
            "creation",
            "creation-with-upload",
            "creation-defer-length",
            "expiration",
            "checksum",
            "checksum-trailer",
            "termination",
            "concatenation",
        ] {
            assert!(extensions.contains(&extension), "{extension}");
        }
        let allowed = answer.header("access-control-allow-headers").to_lowercase();
        for name in [
            "authorization",
            "upload-offset",
            "tus-resumable",
            "upload-metadata",
        ] {
            assert!(allowed.contains(name), "{name}");
        }
        assert!(
            answer
                .header("access-control-allow-methods")
                .contains("PATCH")
        );
        assert!(
            answer
                .headers
                .get("access-control-allow-credentials")
                .is_none()
        );
    }
}

#[tokio::test]
async fn the_version_is_said_by_both_sides() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let upload = ada.begin(10).await;
    for (method, path) in [
        (Method::POST, "/uploads"),
        (Method::HEAD, &*upload),
        (Method::PATCH, &upload),
        (Method::DELETE, &upload),
    ] {
        for version in [None, Some("0.2.2"), Some("1.0"), Some("1.0.0, 1.0.0")] {
            let mut case = Case::new(method.clone(), path)
                .header("authorization", &format!("Bearer {}", ada.token))
                .header("upload-length", "10");
            if let Some(version) = version {
                case = case.header("tus-resumable", version);
            }
            let answer = ada.send(case).await.expect(412).has("tus-version", "1.0.0");
            if method != Method::HEAD {
                assert_eq!(answer.problem(), "tus_version");
            }
        }
    }
    ada.head(&upload)
        .await
        .expect(200)
        .has("upload-offset", "0");
    // Refusals from before any route say it as well, and are readable elsewhere.
    let foreign = Case::post("/uploads").header("sec-fetch-site", "cross-site");
    let foreign = ada.send(foreign).await.expect(403);
    assert_eq!(foreign.problem(), "foreign_origin");
    assert_eq!(foreign.header("access-control-allow-origin"), "*");
    assert!(
        foreign
            .header("access-control-expose-headers")
            .contains("Upload-Offset")
    );
}

#[tokio::test]
async fn the_first_bytes_may_come_with_the_request() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let all = bytes(5, 70_000);
    let with = |body: &[u8], length: &str| {
        ada.case(Method::POST, "/uploads/")
            .header("content-type", BYTES)
            .header("upload-length", length)
            .body(body.to_vec())
    };
    let whole = ada
        .send(with(&all, "70000"))
        .await
        .expect(201)
        .has("upload-offset", "70000");
    assert!(stored(&app, whole.header("kadr-video")).await == all);
    let half = ada
        .send(with(&all[..30_000], "70000").chunked())
        .await
        .expect(201);
    let half = half.has("upload-offset", "30000");
    ada.patch(half.header("location"), 30_000, &all[30_000..])
        .await
        .expect(204);

    let long = ada.send(with(&all, "100")).await.expect(413);
    assert_eq!(long.problem(), "upload_too_long");
    let long = ada.send(with(&all, "100").chunked()).await.expect(413);
    assert_eq!(long.problem(), "upload_too_long");
    let sum = format!("sha1 {}", STANDARD.encode([0; 20]));
    let wrong = with(&all, "70000").header("upload-checksum", &sum);
    assert_eq!(
        ada.send(wrong).await.expect(460).problem(),
        "upload_checksum"
    );
    let kind = ada
        .case(Method::POST, "/uploads")
        .header("content-type", "text/plain")
        .header("upload-length", "5")
        .body(b"hello".to_vec());
    assert_eq!(ada.send(kind).await.expect(415).problem(), "upload_type");
    let left = app
        .state
        .backend
        .uploads
        .unfinished(owner(&app, "ada").await)
        .await
        .unwrap();
    assert!(
        left.is_empty(),
        "what could not begin is not there: {left:?}"
    );
}

async fn owner(app: &TestApp, nick: &str) -> domain::ids::UserId {
    use testkit::sqlx::{self, Row as _};
    let row = sqlx::query("SELECT id FROM users WHERE nick_key = $1")
        .bind(nick)
        .fetch_one(app.db.db.read())
        .await
        .unwrap();
    row.get::<String, _>("id").parse().unwrap()
}

#[tokio::test]
async fn the_length_may_be_said_later_and_once() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let begun = ada
        .create(&[("upload-defer-length", "1")])
        .await
        .expect(201);
    let upload = begun.header("location").to_owned();
    let head = ada
        .head(&upload)
        .await
        .expect(200)
        .has("upload-defer-length", "1");
    assert!(head.headers.get("upload-length").is_none());
    ada.patch(&upload, 0, b"hello ").await.expect(204);
    let short = ada.patching(&upload, 6).header("upload-length", "3");
    assert_eq!(
        ada.send(short).await.expect(400).problem(),
        "upload_length_too_short"
    );
    let said = ada
        .patching(&upload, 6)
        .header("upload-length", "11")
        .body(b"wo".to_vec());
    ada.send(said).await.expect(204).has("upload-offset", "8");
    let head = ada
        .head(&upload)
        .await
        .expect(200)
        .has("upload-length", "11");
    assert!(head.headers.get("upload-defer-length").is_none());
    let changed = ada
        .patching(&upload, 8)
        .header("upload-length", "12")
        .body(b"rld!".to_vec());
    assert_eq!(
        ada.send(changed).await.expect(400).problem(),
        "upload_length_changed"
    );
    let repeated = ada
        .patching(&upload, 8)
        .header("upload-length", "11")
        .body(b"rld".to_vec());
    ada.send(repeated)
        .await
        .expect(204)
        .has("upload-offset", "11");
    assert_eq!(
        stored(&app, begun.header("kadr-video")).await,
        b"hello world"
    );
}

#[tokio::test]
async fn checksums_keep_wrong_bytes_out() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let begun = ada.create(&[("upload-length", "9")]).await.expect(201);
    let upload = begun.header("location").to_owned();
    // Of "abc", of which the file is made three times.
    for (at, (algorithm, sum)) in [
        ("sha1", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="),
        ("sha256", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
        ("blake3", &*STANDARD.encode(blake3::hash(b"abc").as_bytes())),
    ]
    .into_iter()
    .enumerate()
    {
        let case = |sum: &str, body: &[u8]| {
            ada.patching(&upload, 3 * at)
                .header("upload-checksum", &format!("{algorithm} {sum}"))
                .body(body.to_vec())
        };
        let wrong = ada.send(case(sum, b"abd")).await.expect(460);
        assert_eq!(wrong.problem(), "upload_checksum");
        let half = ada.send(case(sum, b"ab")).await.expect(460);
        assert_eq!(half.problem(), "upload_checksum");
        assert_eq!(ada.offset(&upload).await, 3 * at, "nothing of it is kept");
        let unknown = ada
            .patching(&upload, 3 * at)
            .header("upload-checksum", "md5 AAAA");
        let unknown = ada.send(unknown.body(b"abc".to_vec())).await.expect(400);
        assert_eq!(unknown.problem(), "upload_checksum_unknown");
        let odd = ada.send(case("not base64!", b"abc")).await.expect(400);
        assert_eq!(odd.problem(), "upload_checksum_unreadable");
        ada.send(case(sum, b"abc")).await.expect(204);
    }
    assert_eq!(stored(&app, begun.header("kadr-video")).await, b"abcabcabc");
}

#[tokio::test]
async fn a_checksum_may_come_after_the_bytes() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let upload = ada.begin(6).await;
    let send = async |offset: usize, trailer: &str| {
        let text = format!(
            "PATCH {upload} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\n\
             authorization: Bearer {}\r\ncontent-type: {BYTES}\r\nupload-offset: {offset}\r\n\
             trailer: Upload-Checksum\r\ntransfer-encoding: chunked\r\n\r\n\
             3\r\nabc\r\n0\r\n{trailer}\r\n",
            ada.token
        );
        let mut stream = tokio::net::TcpStream::connect(app.addr).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let answer = hear(&mut stream).await;
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    let right = "Upload-Checksum: sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=\r\n";
    let wrong = "Upload-Checksum: sha1 AAAANkcGgWq6PiVxeFDCbJzQ2J0=\r\n";
    assert_eq!(send(0, wrong).await, "460");
    assert_eq!(send(0, "Upload-Checksum: md5 AAAA\r\n").await, "400");
    assert_eq!(
        send(0, "").await,
        "460",
        "it was announced and did not come"
    );
    assert_eq!(ada.offset(&upload).await, 0);
    assert_eq!(send(0, right).await, "204");
    assert_eq!(send(3, right).await, "204");
    assert_eq!(ada.offset(&upload).await, 6);
}

#[tokio::test]
async fn a_method_in_a_header_outranks_the_one_of_the_request() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let upload = ada.begin(10).await;
    let as_method = |method: &str| {
        ada.case(Method::POST, &upload)
            .header("x-http-method-override", method)
    };
    let patch = as_method("PATCH")
        .header("content-type", BYTES)
        .header("upload-offset", "0")
        .body(b"12345".to_vec());
    ada.send(patch).await.expect(204).has("upload-offset", "5");
    ada.send(as_method("HEAD"))
        .await
        .expect(200)
        .has("upload-offset", "5");
    let odd = ada.send(as_method("BREW")).await.expect(405);
    assert_eq!(odd.problem(), "method_not_allowed");
    assert!(odd.header("allow").contains("PATCH"));
    ada.send(as_method("DELETE")).await.expect(204);
    ada.head(&upload).await.expect(410);
    // The real method is ignored, so this one begins nothing.
    let begin = ada
        .case(Method::POST, "/uploads")
        .header("x-http-method-override", "DELETE")
        .header("upload-length", "10");
    ada.send(begin).await.expect(405);
    for (method, path) in [
        (Method::GET, "/uploads"),
        (Method::PUT, "/uploads"),
        (Method::GET, &*upload),
        (Method::POST, &upload),
        (Method::PUT, &upload),
    ] {
        let refused = ada.send(ada.case(method.clone(), path)).await.expect(405);
        assert!(
            refused.header("allow").starts_with("OPTIONS"),
            "{method} {path}"
        );
    }
}

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

#[tokio::test]
async fn who_waits_to_be_told_to_go_on_is_told_only_if_it_is_any_use() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let upload = ada.begin(5).await;
    let ask = |offset: usize| {
        format!(
            "PATCH {upload} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\n\
             authorization: Bearer {}\r\ncontent-type: {BYTES}\r\nupload-offset: {offset}\r\n\
             content-length: 5\r\nexpect: 100-continue\r\n\r\n",
            ada.token
        )
    };
    let mut stream = tokio::net::TcpStream::connect(app.addr).await.unwrap();
    stream.write_all(ask(3).as_bytes()).await.unwrap();
    let answer = hear(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 409 "), "{answer}");
    let mut stream = tokio::net::TcpStream::connect(app.addr).await.unwrap();
    stream.write_all(ask(0).as_bytes()).await.unwrap();
    let answer = hear(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 100 "), "{answer}");
    stream.write_all(b"hello").await.unwrap();
    let answer = hear(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
}
