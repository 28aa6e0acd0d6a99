//! tus 1.0.0, its extensions, and what clients rely on beside it.

mod checksum;
mod concatenation;
mod creation;
mod ending;
mod people;

use http::Method;
use testkit::both_engines;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{BYTES, Tus, bytes, hear, hurry, metadata, start, stored};
use crate::harness::{Case, TestApp};

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
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    stream.write_all(ask(3).as_bytes()).await.unwrap();
    let answer = hear(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 409 "), "{answer}");
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    stream.write_all(ask(0).as_bytes()).await.unwrap();
    let answer = hear(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 100 "), "{answer}");
    stream.write_all(b"hello").await.unwrap();
    let answer = hear(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
}
