//! Parts that become one file.

use domain::{
    uploads::FlowStatus,
    videos::{Stage, VideoStatus},
};
use testkit::both_engines;

use super::*;

fn joined(pieces: &[FlowId]) -> New {
    New {
        part: Part::Final(pieces.to_vec()),
        concat: Some("final;…".to_owned()),
        ..new(0, "joined.mp4")
    }
}

both_engines! {
    async fn parts_sent_side_by_side_become_one_file(test: TestDb) {
        let backend = open_with(&test, |options| options.quota = Some(4_000_000)).await;
        let ada = person(&test, "ada").await;
        let all = bytes(1, 3_500_001);
        let cuts = [0, 1_000_000, 1_000_001, 2_500_000, 3_500_001];
        let mut pieces = Vec::new();
        for cut in cuts.windows(2) {
            pieces.push(piece(&backend, ada, &all[cut[0]..cut[1]]).await);
        }
        assert_eq!(count(&test, "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM videos").await, 0);
        // Counted once, though they lie there twice for a while.
        let created = backend.uploads.create(ada, joined(&pieces)).await.unwrap();
        assert_eq!((created.offset, created.length), (3_500_001, Some(3_500_001)));
        let status = backend.uploads.status(ada, created.flow).await.unwrap();
        assert_eq!((status.offset, status.concat.as_deref()), (3_500_001, Some("final;…")));
        assert_eq!(video(&backend, created.video).await.stage, Stage::Joining);
        assert_eq!(code(backend.uploads.open(ada, created.flow, at(0)).await), "upload_finished");
        sessions_fit(&test).await;

        assert_eq!(work_off(&backend, Lane::Media, "join_pieces").await, [Ok(())]);
        assert_eq!(stored(&backend, &created).await, all);
        let done = video(&backend, created.video).await;
        assert_eq!((done.status, done.stage), (VideoStatus::Processing, Stage::Queued));
        let asset = backend.assets.get(done.asset.unwrap()).await.unwrap().unwrap();
        assert_eq!((asset.hash, asset.size), (hash(&all), 3_500_001));
        assert_eq!((files(&backend, "pieces"), files(&backend, "originals")), (0, 1));
        for piece in &pieces {
            assert_eq!(code(backend.uploads.status(ada, *piece).await), "upload_gone");
        }
        // A job that died after its last line is run again.
        backend.uploads.join(created.flow, |_| {}).await.unwrap();
        assert_eq!(stored(&backend, &created).await, all);

        // The same bytes whole are the same asset.
        let whole = upload(&backend, person(&test, "eve").await, "whole.mp4", &all).await;
        assert_eq!(video(&backend, whole.video).await.asset, done.asset);
        sessions_fit(&test).await;
    }

    async fn joining_twice_at_once_harms_nothing(test: TestDb) {
        let (here, there) = (open(&test).await, open(&test).await);
        let ada = person(&test, "ada").await;
        for round in 0..6 {
            let all = bytes(100 + round, 3_000_000);
            let one = piece(&here, ada, &all[..1_000_000]).await;
            let two = piece(&here, ada, &all[1_000_000..]).await;
            let wanted = New { part: Part::Final(vec![one, two]), ..new(0, "joined.mp4") };
            let created = here.uploads.create(ada, wanted).await.unwrap();
            let joins = [&here, &there, &here].map(|backend| backend.uploads.join(created.flow, |_| {}));
            for joined in futures::future::join_all(joins).await {
                assert!(matches!(&joined, Ok(()) | Err(UploadsError::Busy)), "{joined:?}");
            }
            // Also long after it is an original.
            there.uploads.join(created.flow, |_| {}).await.unwrap();
            assert_eq!(stored(&there, &created).await, all);
        }
        assert_eq!(files(&here, "pieces"), 0);
    }

    async fn only_finished_parts_of_ones_own_are_joined_and_each_once(test: TestDb) {
        let backend = open(&test).await;
        let uploads = &backend.uploads;
        let (ada, eve) = (person(&test, "ada").await, person(&test, "eve").await);
        let (one, two) = (piece(&backend, ada, b"one").await, piece(&backend, ada, b"two").await);
        let eves = piece(&backend, eve, b"eve").await;
        let half = New { length: Some(9), part: Part::Piece, ..New::default() };
        let half = uploads.create(ada, half).await.unwrap().flow;
        let whole = upload(&backend, ada, "a.mp4", b"whole").await.flow;
        for wrong in [vec![one, eves], vec![one, half], vec![whole], vec![one, one]] {
            let refused = uploads.create(ada, joined(&wrong)).await;
            assert_eq!(code(refused), "upload_piece", "{wrong:?}");
        }
        assert_eq!(code(uploads.create(ada, joined(&[])).await), "upload_piece_count");
        assert_eq!(code(uploads.create(ada, joined(&vec![one; 257])).await), "upload_piece_count");
        assert_eq!(video_count(&test).await, 1, "nothing is left of what was refused");
        let created = uploads.create(ada, joined(&[two, one])).await.unwrap();
        assert_eq!(code(uploads.create(ada, joined(&[one])).await), "upload_piece");
        assert_eq!(code(uploads.terminate(ada, one).await), "upload_finished");
        backend.uploads.join(created.flow, |_| {}).await.unwrap();
        assert_eq!(stored(&backend, &created).await, b"twoone");
    }

    async fn a_part_that_is_lost_fails_with_a_reason_and_a_full_disk_waits(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let (one, two) = (bytes(1, 100_000), bytes(2, 100_000));
        let pieces = [piece(&backend, ada, &one).await, piece(&backend, ada, &two).await];
        let created = backend.uploads.create(ada, joined(&pieces)).await.unwrap();
        let room = backend.uploads.storage().room().clone();
        room.pretend(150_000);
        let full = backend.uploads.join(created.flow, |_| {}).await;
        assert_eq!(code(full), "upload_no_room");
        assert_eq!(video(&backend, created.video).await.stage, Stage::Joining);
        room.pretend(u64::MAX);
        backend.uploads.join(created.flow, |_| {}).await.unwrap();
        assert_eq!(stored(&backend, &created).await, [one.clone(), two].concat());

        let lost = piece(&backend, ada, &one).await;
        let created = backend.uploads.create(ada, joined(&[lost])).await.unwrap();
        std::fs::remove_dir_all(backend.uploads.storage().place("pieces")).unwrap();
        let ends = work_off(&backend, Lane::Media, "join_pieces").await;
        assert!(ends.iter().any(|end| matches!(end, Err(JobError::Permanent { .. }))), "{ends:?}");
        let video = video(&backend, created.video).await;
        assert_eq!((video.status, video.error.as_deref()), (VideoStatus::Failed, Some("join_failed")));
        assert_eq!(code(backend.uploads.status(ada, created.flow).await), "upload_gone");
    }

    async fn a_false_claim_about_parts_is_found_when_they_are_joined(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let mut wanted = joined(&[piece(&backend, ada, b"one").await]);
        wanted.metadata.blake3 = Some(hash(b"two"));
        let created = backend.uploads.create(ada, wanted).await.unwrap();
        assert_eq!(code(backend.uploads.join(created.flow, |_| {}).await), "upload_false_claim");
        assert_eq!(video(&backend, created.video).await.error.as_deref(), Some("false_claim"));
        assert_eq!((files(&backend, "pieces"), files(&backend, "originals")), (0, 0));
        let flow = sqlx::query("SELECT status FROM flows WHERE id = $1")
            .bind(created.flow.to_string())
            .fetch_one(test.db.read())
            .await
            .unwrap();
        assert_eq!(flow.get::<String, _>("status"), FlowStatus::Abandoned.code());
    }
}

async fn video_count(test: &TestDb) -> i64 {
    count(test, "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM videos").await
}
