//! Uploads that come to nothing: given up by their sender, or left alone for too long.

use std::time::Duration;

use testkit::both_engines;

use super::super::{Tus, hurry, token};
use crate::{accounts::PASSWORD, harness::TestApp};

both_engines! {
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
    async fn one_that_was_left_alone_for_a_day_is_gone(test: TestDb) {
        let app = TestApp::builder().uploads(hurry).over(test).start().await;
        let ada = Tus::of(&app, "ada").await;
        let upload = ada.begin(1000).await;
        ada.patch(&upload, 0, b"some").await.expect(204);
        let later = async |hours: u64| {
            app.state.backend.accounts.clock().advance(Duration::from_secs(hours * 3600));
            // Her token does not live as long.
            let token = token(app.addr, "ada", PASSWORD).await;
            Tus { addr: app.addr, token }
        };
        let ada = later(23).await;
        assert_eq!(ada.offset(&upload).await, 4);
        ada.patch(&upload, 4, b"more").await.expect(204);
        // What comes gives it another day.
        let ada = later(23).await;
        assert_eq!(ada.offset(&upload).await, 8);
        let ada = later(2).await;
        for cleared in [false, true] {
            if cleared {
                app.state.backend.uploads.tidy().await.unwrap();
            }
            let gone = ada.head(&upload).await.expect(410);
            assert!(gone.headers.get("upload-offset").is_none());
            assert_eq!(ada.patch(&upload, 8, b"more").await.expect(410).problem(), "upload_gone");
        }
        assert_eq!(ada.delete(&upload).await.expect(410).problem(), "upload_gone");
    }
}
