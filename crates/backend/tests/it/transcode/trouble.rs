//! What goes wrong, and what becomes of it.

use std::time::Duration;

use domain::{
    jobs::{JobState, WaitingFor},
    videos::{RenditionStatus, VideoStatus},
};
use testkit::{both_engines, sqlx};

use super::{
    all_files, clips,
    crew::{Crew, until},
    ends,
    fake::{Fake, Trouble},
    folder, maker, master, of, open, open_with, person, quiet, send, steps,
};

both_engines! {
    async fn a_retry_runs_only_what_failed(test: TestDb) {
        let fake = Fake::of(clips::encoded(60.0));
        fake.trouble("encode:3", Trouble::Fault, 1);
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        let _crew = Crew::start(&backend);
        let id = send(&backend, owner, 1).await;
        let video = ends(&backend, id, VideoStatus::Failed).await;
        assert_eq!(video.error.as_deref(), Some("undecodable"));
        quiet(&test).await;
        // The file is to blame: it was not tried again.
        assert_eq!(fake.begun("encode:3"), 1);
        let overview = backend.transcode.overview(video.asset.unwrap()).await.unwrap().unwrap();
        assert_eq!(overview.renditions[0].status, RenditionStatus::Failed);

        backend.transcode.retry(owner, id).await.unwrap();
        ends_anew(&backend, id).await;
        quiet(&test).await;
        let ended = fake.ended();
        assert!(ended.values().all(|times| *times == 1), "{ended:?}");
        assert_eq!((fake.begun("probe"), fake.begun("encode:3")), (1, 2));
        let error = backend.transcode.retry(owner, id).await.unwrap_err();
        assert_eq!(error.code(), "nothing_failed");
        let other = person(&test, "other").await;
        let error = backend.transcode.retry(other, id).await.unwrap_err();
        assert_eq!(error.code(), "video_unknown");
    }

    async fn what_crashes_or_hangs_is_tried_again_and_then_fails(test: TestDb) {
        let fake = Fake::of(clips::encoded(30.0));
        fake.trouble("probe", Trouble::Crash, 1);
        fake.trouble("encode:0", Trouble::Crash, 2);
        fake.trouble("encode:1", Trouble::Hang, 1);
        fake.trouble("encode:2", Trouble::Babble, 1);
        fake.trouble("audio:0", Trouble::Short, 1);
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        let _crew = Crew::start(&backend);
        let id = send(&backend, owner, 1).await;
        let video = ends(&backend, id, VideoStatus::Completed).await;
        // What the dead ones left is gone.
        let files = all_files(&folder(&backend, &video));
        assert!(!files.iter().any(|file| file.ends_with(".tmp")), "{files:?}");
        assert_eq!(fake.begun("encode:0"), 3);
        assert_eq!(fake.begun("encode:1"), 2);
        assert_eq!(fake.begun("encode:2"), 2);

        for (seed, trouble, code) in [
            (2, Trouble::Crash, "engine_crashed"),
            (3, Trouble::Hang, "engine_silent"),
            (4, Trouble::Short, "engine_crashed"),
        ] {
            let before = fake.begun("encode:1");
            fake.trouble("encode:1", trouble, 3);
            let id = send(&backend, owner, seed).await;
            let video = ends(&backend, id, VideoStatus::Failed).await;
            assert_eq!(video.error.as_deref(), Some(code));
            assert_eq!(fake.begun("encode:1"), before + 3);
            quiet(&test).await;
        }
        // Its last words are kept.
        let logs = crate::uploads::count(
            &test,
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM steps
             WHERE state = 'failed' AND log LIKE '%something about this file%'",
        )
        .await;
        assert_eq!(logs, 3);
        until("children are gone", || async { fake.children() == 0 }).await;
    }

    async fn a_file_that_cannot_be_read_fails_with_its_reason(test: TestDb) {
        let fake = Fake::of(clips::encoded(30.0));
        fake.trouble("probe", Trouble::Fault, 1);
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        let _crew = Crew::start(&backend);
        let id = send(&backend, owner, 1).await;
        let video = ends(&backend, id, VideoStatus::Failed).await;
        assert_eq!(video.error.as_deref(), Some("undecodable"));
        quiet(&test).await;
        let jobs = backend.jobs.list(Some(JobState::Failed), None, 10).await.unwrap();
        assert_eq!(jobs[0].error.as_deref(), Some("The picture cannot be decoded."));
        backend.transcode.retry(owner, id).await.unwrap();
        ends_anew(&backend, id).await;

        // Nothing in it that could be made into anything.
        let mut empty = clips::song(10.0);
        empty.audio.clear();
        let fake = Fake::of(empty);
        let backend = open(&test, &fake).await;
        drop(_crew);
        let _crew = Crew::start(&backend);
        let id = send(&backend, owner, 2).await;
        let video = ends(&backend, id, VideoStatus::Failed).await;
        assert_eq!(video.error.as_deref(), Some("no_media"));
    }

    async fn a_video_does_without_what_is_beside_it(test: TestDb) {
        let mut facts = clips::copied(20.0);
        facts.audio.push(clips::sound(2, "ukr", 20.0));
        let fake = Fake::of(facts);
        fake.trouble("audio:1", Trouble::Fault, 1);
        fake.trouble("poster", Trouble::Crash, 3);
        fake.trouble("storyboard", Trouble::Fault, 1);
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        let _crew = Crew::start(&backend);
        let id = send(&backend, owner, 1).await;
        let video = ends(&backend, id, VideoStatus::Completed).await;
        assert_eq!(video.warnings, ["sound_left_out"]);
        let folder = folder(&backend, &video);
        assert_eq!(master(&folder).alternatives.len(), 1);
        quiet(&test).await;

        // Tried again, it is there after all; nothing else is done.
        backend.transcode.retry(owner, id).await.unwrap();
        quiet(&test).await;
        let video = of(&backend, id).await;
        assert_eq!((video.status, video.warnings.len()), (VideoStatus::Completed, 0));
        assert_eq!(master(&folder).alternatives.len(), 2);
        let all = all_files(&folder);
        assert!(all.contains("storyboard/index.vtt") && all.contains("poster-720.jpg"));
        assert!(!all.iter().any(|file| file.starts_with("tiles")), "{all:?}");
        let ended = fake.ended();
        assert!(ended.values().all(|times| *times == 1), "{ended:?}");
    }

    async fn parts_that_do_not_fit_together_are_said_so_and_made_anew(test: TestDb) {
        let fake = Fake::of(clips::encoded(60.0));
        fake.trouble("encode:3", Trouble::OtherInit, 3);
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        let _crew = Crew::start(&backend);
        let id = send(&backend, owner, 1).await;
        let video = ends(&backend, id, VideoStatus::Failed).await;
        assert_eq!(video.error.as_deref(), Some("init_differs"));
        assert_eq!((fake.begun("encode:0"), fake.begun("audio:0")), (1, 1));
        // One part alone would never fit: the whole picture is made anew, and nothing else.
        backend.transcode.retry(owner, id).await.unwrap();
        let video = ends(&backend, id, VideoStatus::Completed).await;
        assert_eq!((fake.begun("encode:0"), fake.begun("audio:0")), (2, 1));
        let files = all_files(&folder(&backend, &video));
        assert!(files.contains("v240/00000.m4s"), "{files:?}");
    }

    async fn what_has_no_room_waits_says_so_and_goes_on(test: TestDb) {
        let fake = Fake::of(clips::encoded(20.0));
        fake.trouble("encode:0", Trouble::Space, 7);
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        let id = send(&backend, owner, 1).await;
        // The disk is nearly full.
        backend.uploads.storage().room().pretend(100_000);
        let _crew = Crew::start(&backend);
        waits(&backend, WaitingFor::Space).await;
        let video = of(&backend, id).await;
        assert_eq!(video.status, VideoStatus::Processing);
        assert_eq!(fake.begun("encode:0"), 0);
        backend.uploads.storage().room().pretend(u64::MAX);
        // It is full in the middle of the work, more often than anything is tried.
        until("it runs into it", || async { fake.begun("encode:0") >= 7 }).await;
        ends(&backend, id, VideoStatus::Completed).await;
        assert_eq!(fake.begun("encode:0"), 8);
    }

    async fn what_has_no_memory_waits_for_its_neighbour(test: TestDb) {
        let fake = Fake::of(clips::encoded(20.0));
        fake.hold("encode:0");
        let backend = open_with(&test, &fake, |options| options.memory = 200 << 20).await;
        let owner = maker(&test).await;
        let _crew = Crew::start(&backend);
        let id = send(&backend, owner, 1).await;
        waits(&backend, WaitingFor::Memory).await;
        fake.let_go("encode:0");
        ends(&backend, id, VideoStatus::Completed).await;
    }

    async fn what_was_forgotten_is_found(test: TestDb) {
        let fake = Fake::of(clips::encoded(20.0));
        fake.hold("encode:1");
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        let crew = Crew::start(&backend);
        let lost = send(&backend, owner, 1).await;
        until("it hangs", || async { fake.begun("encode:1") == 1 && fake.ended().contains_key("audio:0") })
            .await;
        crew.kill().await;
        // Its worker died once too often: the job has failed, and nobody told the video.
        let mut tx = test.db.write().await.unwrap();
        sqlx::query(
            "UPDATE jobs SET state = 'failed', error = 'It stopped again and again.',
                 worker = NULL, lease_until = NULL, finished_at = 1
             WHERE dedup LIKE '%:encode:1'",
        )
        .execute(&mut *tx)
        .await
        .unwrap();
        // And these were never there.
        sqlx::query(
            "DELETE FROM jobs WHERE lane = 'media' AND state IN ('queued', 'running')
                 OR kind = 'finish'",
        )
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        tokio::time::sleep(backend.jobs.timing().lease + Duration::from_millis(50)).await;
        assert_eq!(backend.transcode.recover().await.unwrap(), 1);
        let video = ends(&backend, lost, VideoStatus::Failed).await;
        assert_eq!(video.error.as_deref(), Some("gave_up"));
        assert_eq!(backend.transcode.recover().await.unwrap(), 0);

        fake.let_go("encode:1");
        let _crew = Crew::start(&backend);
        backend.transcode.retry(owner, lost).await.unwrap();
        ends_anew(&backend, lost).await;
        let all = steps(&test).await;
        assert!(all.iter().all(|(_, state, made)| state == "done" && *made == 1), "{all:?}");

        // One whose probe never was.
        let id = send(&backend, owner, 2).await;
        quiet(&test).await;
        ends(&backend, id, VideoStatus::Completed).await;
    }
}

async fn ends_anew(backend: &backend::Backend, id: domain::ids::VideoId) {
    until("it is complete", || async {
        of(backend, id).await.status == VideoStatus::Completed
    })
    .await;
}

/// A job says that it waits for this, and has not lost a try by it.
async fn waits(backend: &backend::Backend, what: WaitingFor) {
    until("a job waits", || async {
        let jobs = backend
            .jobs
            .list(Some(JobState::Queued), None, 100)
            .await
            .unwrap();
        jobs.iter()
            .any(|job| job.waiting_for == Some(what) && job.tries == 0)
    })
    .await;
}
