//! One writer at a time: who waits, who takes over, and what is kept of the older one.

use std::time::Duration;

use backend::uploads::{Algorithm, Checksum, Verify};
use sha2::Digest as _;
use testkit::both_engines;
use tokio::time::sleep;

use super::*;

fn frame(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

fn sha256(bytes: &[u8]) -> Checksum {
    Checksum {
        algorithm: Algorithm::Sha256,
        value: sha2::Sha256::digest(bytes).to_vec(),
    }
}

both_engines! {
    async fn a_newer_request_takes_over_from_a_silent_one_only(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let all = bytes(1, 3_000_000);
        let flow = backend.uploads.create(ada, new(3_000_000, "a.mp4")).await.unwrap().flow;
        let mut old = backend.uploads.open(ada, flow, at(0)).await.unwrap();
        old.write(frame(&all[..1_000_000])).await.unwrap();
        assert_eq!(code(backend.uploads.open(ada, flow, at(0)).await), "upload_busy");
        assert_eq!(code(backend.uploads.terminate(ada, flow).await), "upload_busy");
        sleep(Duration::from_millis(700)).await;
        // A wrong offset does not cost the older one its bytes.
        assert!(matches!(
            backend.uploads.open(ada, flow, at(17)).await,
            Err(UploadsError::Offset { offset: 1_000_000 })
        ));
        let mut newer = backend.uploads.open(ada, flow, at(1_000_000)).await.unwrap();
        assert_eq!(code(old.write(frame(&all[..5])).await), "upload_taken_over");
        newer.write(frame(&all[1_000_000..])).await.unwrap();
        let written = newer.finish(None).await.unwrap();
        assert!(written.complete);
        let asset = "SELECT hash FROM assets";
        let row = sqlx::query(asset).fetch_one(test.db.read()).await.unwrap();
        assert_eq!(row.get::<String, _>("hash"), hash(&all).to_string());
        sessions_fit(&test).await;
    }

    async fn two_processes_on_one_folder_never_write_at_once(test: TestDb) {
        let patient = |options: &mut backend::uploads::Options| {
            options.silence = Duration::from_millis(2000);
        };
        let here = open_with(&test, patient).await;
        let there = open_with(&test, patient).await;
        let ada = person(&test, "ada").await;
        let all = bytes(2, 4_000_000);
        let created = here.uploads.create(ada, new(4_000_000, "a.mp4")).await.unwrap();
        let flow = created.flow;
        let mut old = here.uploads.open(ada, flow, at(0)).await.unwrap();
        old.write(frame(&all[..1_500_000])).await.unwrap();
        // What is said there is at most a checkpoint old; and it never locks.
        sleep(Duration::from_millis(250)).await;
        assert_eq!(there.uploads.status(ada, flow).await.unwrap().offset, 1_500_000);
        assert_eq!(code(there.uploads.open(ada, flow, at(1_500_000)).await), "upload_busy");
        assert_eq!(code(there.uploads.terminate(ada, flow).await), "upload_busy");
        sleep(Duration::from_millis(2500)).await;
        let mut newer = there.uploads.open(ada, flow, at(1_500_000)).await.unwrap();
        newer.write(frame(&all[1_500_000..2_000_000])).await.unwrap();
        assert_eq!(code(old.finish(None).await), "upload_taken_over");
        // The one here may come back, once the one there has ended.
        let written = newer.finish(None).await.unwrap();
        assert_eq!(written.offset, 2_000_000);
        assert!(send(&here, ada, flow, 2_000_000, &all[2_000_000..]).await.unwrap().complete);
        assert_eq!(stored(&there, &created).await, all);
    }

    async fn a_request_that_is_verified_at_its_end_lives_in_other_processes_too(test: TestDb) {
        let (here, there) = (open(&test).await, open(&test).await);
        let ada = person(&test, "ada").await;
        let all = bytes(9, 2_000_000);
        let flow = here.uploads.create(ada, new(2_000_000, "a.mp4")).await.unwrap().flow;
        // It has rested for longer than anybody is taken for alive.
        sleep(Duration::from_millis(1000)).await;
        let given = Verify::Given(sha256(&all));
        let request = Request { verify: given, ..at(0) };
        let mut writer = here.uploads.open(ada, flow, request).await.unwrap();
        for some in all.chunks(100_000) {
            writer.write(frame(some)).await.unwrap();
            assert_eq!(code(there.uploads.open(ada, flow, at(0)).await), "upload_busy");
            assert_eq!(code(there.uploads.terminate(ada, flow).await), "upload_busy");
            sleep(Duration::from_millis(100)).await;
        }
        assert!(writer.finish(None).await.unwrap().complete);
    }

    async fn too_many_bytes_take_back_nothing_that_was_acknowledged(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let all = bytes(10, 3_000_000);
        let created = backend.uploads.create(ada, new(3_000_000, "a.mp4")).await.unwrap();
        let flow = created.flow;
        let mut writer = backend.uploads.open(ada, flow, at(0)).await.unwrap();
        writer.write(frame(&all[..2_000_000])).await.unwrap();
        let acknowledged = backend.uploads.status(ada, flow).await.unwrap().offset;
        assert_eq!(acknowledged, 2_000_000);
        assert_eq!(code(writer.write(frame(&[0; 1_000_001])).await), "upload_too_long");
        assert_eq!(backend.uploads.status(ada, flow).await.unwrap().offset, acknowledged);
        let rest = &all[2_000_000..];
        assert!(send(&backend, ada, flow, acknowledged, rest).await.unwrap().complete);
        assert_eq!(stored(&backend, &created).await, all);
    }

    async fn an_upload_given_up_elsewhere_ends_its_writer(test: TestDb) {
        let (here, there) = (open(&test).await, open(&test).await);
        let ada = person(&test, "ada").await;
        let created = here.uploads.create(ada, new(4_000_000, "a.mp4")).await.unwrap();
        let mut writer = here.uploads.open(ada, created.flow, at(0)).await.unwrap();
        writer.write(frame(&bytes(3, 100_000))).await.unwrap();
        there.videos.remove(ada, created.video.unwrap()).await.unwrap();
        assert_eq!(code(writer.finish(None).await), "upload_gone");
        assert_eq!(code(here.uploads.status(ada, created.flow).await), "upload_gone");
        assert_eq!(files(&here, "originals"), 0);
        sessions_fit(&test).await;
    }

    async fn a_wrong_checksum_leaves_no_trace(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let all = bytes(4, 6_000_000);
        let created = backend.uploads.create(ada, new(6_000_000, "a.mp4")).await.unwrap();
        let flow = created.flow;
        send(&backend, ada, flow, 0, &all[..1_000_000]).await.unwrap();
        let verify = |verify: Verify| Request { offset: 1_000_000, verify, ..Request::default() };
        let chunk = &all[1_000_000..5_000_000];
        let wrong = sha256(b"something else");
        for (given, trailer) in [
            (Verify::Given(wrong.clone()), None),
            (Verify::Trailer, Some(wrong)),
            (Verify::Trailer, None),
        ] {
            let mut writer = backend.uploads.open(ada, flow, verify(given)).await.unwrap();
            // Several flushes long: none of it is acknowledged before it is verified.
            for some in chunk.chunks(500_000) {
                writer.write(frame(some)).await.unwrap();
                sleep(Duration::from_millis(20)).await;
            }
            assert_eq!(backend.uploads.status(ada, flow).await.unwrap().offset, 1_000_000);
            assert_eq!(code(writer.finish(trailer).await), "upload_checksum");
            assert_eq!(backend.uploads.status(ada, flow).await.unwrap().offset, 1_000_000);
        }
        // A connection that breaks cannot be verified any more.
        let given = Verify::Given(sha256(chunk));
        let mut writer = backend.uploads.open(ada, flow, verify(given.clone())).await.unwrap();
        writer.write(frame(chunk)).await.unwrap();
        drop(writer);
        assert_eq!(backend.uploads.status(ada, flow).await.unwrap().offset, 1_000_000);
        sleep(Duration::from_millis(700)).await;
        let mut writer = backend.uploads.open(ada, flow, verify(given)).await.unwrap();
        writer.write(frame(chunk)).await.unwrap();
        assert_eq!(writer.finish(None).await.unwrap().offset, 5_000_000);
        let request = Request { offset: 5_000_000, verify: Verify::Trailer, ..Request::default() };
        let mut writer = backend.uploads.open(ada, flow, request).await.unwrap();
        writer.write(frame(&all[5_000_000..])).await.unwrap();
        assert!(writer.finish(Some(sha256(&all[5_000_000..]))).await.unwrap().complete);
        assert_eq!(stored(&backend, &created).await, all);
    }

    async fn a_server_that_stops_keeps_what_has_come(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let all = bytes(5, 2_000_000);
        let flow = backend.uploads.create(ada, new(2_000_000, "a.mp4")).await.unwrap().flow;
        let mut writer = backend.uploads.open(ada, flow, at(0)).await.unwrap();
        writer.write(frame(&all[..700_000])).await.unwrap();
        backend.close().await;
        assert_eq!(code(writer.finish(None).await), "upload_stopping");
        assert_eq!(code(backend.uploads.open(ada, flow, at(0)).await), "upload_stopping");
        let backend = open(&test).await;
        assert_eq!(backend.uploads.status(ada, flow).await.unwrap().offset, 700_000);
        assert!(send(&backend, ada, flow, 700_000, &all[700_000..]).await.unwrap().complete);
    }

    async fn a_full_disk_corrupts_nothing_and_goes_on_when_there_is_room(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let all = bytes(6, 4_000_000);
        let created = backend.uploads.create(ada, new(4_000_000, "a.mp4")).await.unwrap();
        let room = backend.uploads.storage().room().clone();
        room.pretend(1_234_567);
        assert_eq!(code(send(&backend, ada, created.flow, 0, &all).await), "upload_no_room");
        assert_eq!(backend.uploads.status(ada, created.flow).await.unwrap().offset, 1_234_567);
        let again = send(&backend, ada, created.flow, 1_234_567, &all[1_234_567..]).await;
        assert_eq!(code(again), "upload_no_room");
        room.pretend(u64::MAX);
        let rest = &all[1_234_567..];
        assert!(send(&backend, ada, created.flow, 1_234_567, rest).await.unwrap().complete);
        assert_eq!(stored(&backend, &created).await, all);
    }

    async fn a_file_that_somebody_cut_is_not_made_a_video(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let created = backend.uploads.create(ada, new(4_000_000, "a.mp4")).await.unwrap();
        send(&backend, ada, created.flow, 0, &bytes(7, 2_000_000)).await.unwrap();
        let root = backend.uploads.storage().place("originals");
        std::fs::remove_dir_all(root).unwrap();
        assert_eq!(code(backend.uploads.open(ada, created.flow, at(2_000_000)).await), "upload_gone");
        assert_eq!(code(backend.uploads.status(ada, created.flow).await), "upload_gone");
        sessions_fit(&test).await;
    }
}
