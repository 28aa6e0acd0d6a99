//! A disk that is full: said at the beginning, met in the middle, and over when there is room.

use testkit::both_engines;
use tokio::io::AsyncWriteExt;

use super::{Tus, bytes, hear, hurry, start, stored, until};
use crate::harness::TestApp;

#[tokio::test]
async fn no_room_is_said_at_the_beginning() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let room = app.state.backend.uploads.storage().room().clone();
    room.pretend(9);
    let refused = ada.create(&[("upload-length", "10")]).await.expect(507);
    assert_eq!(refused.problem(), "upload_no_room");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    ada.create(&[("upload-length", "9")]).await.expect(201);
    room.pretend(u64::MAX);
    ada.create(&[("upload-length", "10")]).await.expect(201);
}

both_engines! {
    async fn a_disk_that_fills_up_in_the_middle_spoils_nothing(test: TestDb) {
        let app = TestApp::builder().uploads(hurry).over(test).start().await;
        let ada = Tus::of(&app, "ada").await;
        let room = app.state.backend.uploads.storage().room().clone();
        let all = bytes(9, 5_000_000);
        let begun = ada.create(&[("upload-length", "5000000")]).await.expect(201);
        let upload = begun.header("location");
        room.pretend(1_234_567);
        let full = ada.patch(upload, 0, &all).await.expect(507);
        assert_eq!(full.problem(), "upload_no_room");
        assert!(full.header("retry-after").parse::<u32>().unwrap() > 0);
        assert_eq!(ada.offset(upload).await, 1_234_567, "what fits is kept");
        for _ in 0..2 {
            let rest = ada.patching(upload, 1_234_567).body(all[1_234_567..].to_vec());
            assert_eq!(ada.send(rest.chunked()).await.expect(507).problem(), "upload_no_room");
            assert_eq!(ada.offset(upload).await, 1_234_567);
        }
        // Some room, which another one takes meanwhile; then enough.
        room.pretend(1_000_000);
        ada.patch(upload, 1_234_567, &all[1_234_567..]).await.expect(507);
        let offset = ada.offset(upload).await;
        assert_eq!(offset, 2_234_567);
        room.pretend(u64::MAX);
        ada.patch(upload, offset, &all[offset..]).await.expect(204);
        assert!(stored(&app, begun.header("kadr-video")).await == all);
    }

    /// Long before the disk is full: the rest of it belongs to the database.
    async fn the_reserve_is_left_to_others(test: TestDb) {
        let with_reserve = |options: &mut backend::uploads::Options| {
            hurry(options);
            options.reserve = 4_000_000;
        };
        let app = TestApp::builder().uploads(with_reserve).over(test).start().await;
        let ada = Tus::of(&app, "ada").await;
        let room = app.state.backend.uploads.storage().room().clone();
        let all = bytes(10, 5_000_000);
        let begun = ada.create(&[("upload-length", "5000000")]).await.expect(201);
        let upload = begun.header("location");
        // Its half is reached when 2 MB have come.
        room.pretend(4_000_000);
        let mut stream = ada.open(upload, 0, all.len()).await;
        stream.write_all(&all[..1_000_000]).await.unwrap();
        until(async || ada.offset(upload).await == 1_000_000).await;
        stream.write_all(&all[1_000_000..2_500_000]).await.unwrap();
        until(async || ada.offset(upload).await == 2_500_000).await;
        let _refused = stream.write_all(&all[2_500_000..]).await;
        let answer = hear(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 507 "), "{answer}");
        assert!(answer.contains("upload_no_room"), "{answer}");
        let offset = ada.offset(upload).await;
        assert!(offset >= 2_500_000, "back to {offset}");
        room.pretend(u64::MAX);
        ada.patch(upload, offset, &all[offset..]).await.expect(204);
        assert!(stored(&app, begun.header("kadr-video")).await == all);
    }
}
