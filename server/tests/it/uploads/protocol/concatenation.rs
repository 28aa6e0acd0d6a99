//! Parts that become one.

use testkit::both_engines;

use super::super::{Tus, bytes, hurry, metadata};
use crate::harness::TestApp;

both_engines! {
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
}
