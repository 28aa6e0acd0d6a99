//! What is over goes: after 24 hours, and whatever a crash left behind.

use std::time::Duration;

use testkit::both_engines;

use super::*;

const DAY: Duration = Duration::from_secs(24 * 3600 + 1);

both_engines! {
    async fn an_upload_nobody_comes_back_to_is_gone_after_a_day(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let never = backend.uploads.create(ada, new(10, "never.mp4")).await.unwrap();
        let half = backend.uploads.create(ada, new(10, "half.mp4")).await.unwrap();
        let part = piece(&backend, ada, b"unused").await;
        let done = upload(&backend, ada, "done.mp4", b"done").await;
        send(&backend, ada, half.flow, 0, b"half").await.unwrap();
        assert_eq!(backend.uploads.tidy().await.unwrap(), 0);
        backend.accounts.clock().advance(Duration::from_secs(20 * 3600));
        // The last byte counts, not the first.
        send(&backend, ada, half.flow, 4, b"!").await.unwrap();
        backend.accounts.clock().advance(Duration::from_secs(5 * 3600));
        assert_eq!(code(backend.uploads.status(ada, never.flow).await), "upload_gone");
        assert_eq!(backend.uploads.unfinished(ada).await.unwrap().len(), 1);
        assert_eq!(backend.uploads.tidy().await.unwrap(), 2, "one upload, one part");
        assert_eq!(backend.uploads.status(ada, half.flow).await.unwrap().offset, 5);
        assert_eq!(code(backend.uploads.status(ada, part).await), "upload_gone");
        backend.accounts.clock().advance(DAY);
        assert_eq!(work_off(&backend, Lane::Light, "tidy_uploads").await, []);
        backend.jobs.submit(&backend::uploads::TidyUploads::default()).await.unwrap();
        assert_eq!(work_off(&backend, Lane::Light, "tidy_uploads").await, [Ok(())]);
        for gone in [&never, &half] {
            assert_eq!(code(backend.uploads.status(ada, gone.flow).await), "upload_gone");
            assert_eq!(code(backend.uploads.open(ada, gone.flow, at(0)).await), "upload_gone");
            assert_eq!(code(backend.uploads.terminate(ada, gone.flow).await), "upload_gone");
            assert_eq!(backend.videos.get(gone.video.unwrap()).await.unwrap(), None);
        }
        assert_eq!(stored(&backend, &done).await, b"done");
        assert_eq!((files(&backend, "originals"), files(&backend, "pieces")), (1, 0));
        sessions_fit(&test).await;
        // Much later nobody remembers.
        backend.accounts.clock().advance(DAY * 8);
        backend.uploads.tidy().await.unwrap();
        assert_eq!(code(backend.uploads.status(ada, never.flow).await), "upload_unknown");
        assert!(backend.uploads.status(ada, done.flow).await.is_ok());
    }

    async fn one_that_is_given_up_leaves_nothing(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let created = backend.uploads.create(ada, new(10, "a.mp4")).await.unwrap();
        send(&backend, ada, created.flow, 0, b"half").await.unwrap();
        backend.uploads.terminate(ada, created.flow).await.unwrap();
        assert_eq!(code(backend.uploads.terminate(ada, created.flow).await), "upload_gone");
        assert_eq!(backend.videos.get(created.video.unwrap()).await.unwrap(), None);
        assert_eq!(files(&backend, "originals"), 0);
        let part = piece(&backend, ada, b"part").await;
        backend.uploads.terminate(ada, part).await.unwrap();
        assert_eq!(files(&backend, "pieces"), 0);
        sessions_fit(&test).await;
    }

    async fn bytes_that_belong_to_nothing_are_found(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let done = upload(&backend, ada, "a.mp4", b"done").await;
        let half = backend.uploads.create(ada, new(10, "a.mp4")).await.unwrap();
        send(&backend, ada, half.flow, 0, b"half").await.unwrap();
        piece(&backend, ada, b"part").await;
        let storage = backend.uploads.storage();
        for _ in 0..3 {
            let lost = backend::assets::original(domain::ids::AssetId::generate());
            storage.put(&lost, b"lost".to_vec()).await.unwrap();
        }
        storage.put("originals/xx/README", b"not ours".to_vec()).await.unwrap();
        assert_eq!(backend.uploads.drop_lost(Duration::from_secs(60)).await.unwrap(), 0, "young");
        assert_eq!(backend.uploads.drop_lost(Duration::ZERO).await.unwrap(), 3);
        let aside = |backend: &Backend| {
            let lost = backend.uploads.storage().place("lost");
            std::fs::read_dir(lost).unwrap().count()
        };
        assert_eq!(aside(&backend), 3, "the database may be an older copy");
        assert_eq!((files(&backend, "originals"), files(&backend, "pieces")), (3, 1));
        assert_eq!(stored(&backend, &done).await, b"done");
        assert!(send(&backend, ada, half.flow, 4, b" of it").await.unwrap().complete);
        backend.accounts.clock().advance(DAY * 6);
        backend.uploads.tidy().await.unwrap();
        assert_eq!(aside(&backend), 3);
        backend.accounts.clock().advance(DAY * 2);
        backend.uploads.tidy().await.unwrap();
        assert_eq!(aside(&backend), 0);
    }

    async fn bytes_of_an_upload_that_is_over_need_no_week(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let half = backend.uploads.create(ada, new(10, "a.mp4")).await.unwrap();
        send(&backend, ada, half.flow, 0, b"half").await.unwrap();
        // As if we had gone down between the commit and the file.
        execute(&test, "DELETE FROM upload_sessions").await;
        execute(&test, "UPDATE flows SET status = 'abandoned'").await;
        assert_eq!(backend.uploads.drop_lost(Duration::ZERO).await.unwrap(), 1);
        assert_eq!(files(&backend, "originals"), 0);
        assert!(!backend.uploads.storage().place("lost").exists());
    }

    async fn a_video_that_got_nothing_or_something_wrong_goes_after_a_day(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let empty = backend.uploads.create(ada, new(0, "empty.mp4")).await.unwrap();
        let mut wrong = new(5, "wrong.mp4");
        wrong.metadata.blake3 = Some(hash(b"other"));
        let wrong = backend.uploads.create(ada, wrong).await.unwrap();
        let sent = send(&backend, ada, wrong.flow, 0, b"bytes").await;
        assert_eq!(code(sent), "upload_false_claim");
        // And one whose upload is no longer known, without it having been told.
        let never = backend.uploads.create(ada, new(5, "never.mp4")).await.unwrap();
        execute(&test, "DELETE FROM flows WHERE file_name = 'never.mp4'").await;
        let kept = upload(&backend, ada, "kept.mp4", b"kept").await;
        for gone in [&empty, &wrong, &never] {
            assert!(backend.videos.get(gone.video.unwrap()).await.unwrap().is_some());
        }
        // The times of rows are those of the clock of the services, which tests advance.
        backend.accounts.clock().advance(DAY);
        backend.uploads.tidy().await.unwrap();
        for gone in [&empty, &wrong, &never] {
            assert_eq!(backend.videos.get(gone.video.unwrap()).await.unwrap(), None);
        }
        assert!(backend.videos.get(kept.video.unwrap()).await.unwrap().is_some());
    }

    async fn nothing_is_left_of_somebody_who_left(test: TestDb) {
        let backend = open(&test).await;
        let (ada, eve) = (person(&test, "ada").await, person(&test, "eve").await);
        upload(&backend, ada, "a.mp4", b"done").await;
        let shared = upload(&backend, ada, "b.mp4", b"shared").await;
        let eves = upload(&backend, eve, "b.mp4", b"shared").await;
        let half = backend.uploads.create(ada, new(10, "a.mp4")).await.unwrap();
        send(&backend, ada, half.flow, 0, b"half").await.unwrap();
        piece(&backend, ada, b"part").await;
        execute(&test, "UPDATE users SET leaves_at = 1 WHERE nick = 'ada'").await;
        let job = backend::accounts::RemoveAccount { user: ada };
        backend.jobs.submit(&job).await.unwrap();
        assert_eq!(work_off(&backend, Lane::Light, "remove_account").await, [Ok(())]);
        assert_eq!(work_off(&backend, Lane::Light, "remove_asset").await, [Ok(())]);
        assert_eq!((files(&backend, "originals"), files(&backend, "pieces")), (1, 0));
        assert_eq!(stored(&backend, &eves).await, b"shared");
        assert_eq!(backend.videos.get(shared.video.unwrap()).await.unwrap(), None);
        assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM flows").await, 1);
    }

    async fn what_a_removed_person_had_goes(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        upload(&backend, ada, "a.mp4", b"done").await;
        let half = backend.uploads.create(ada, new(10, "a.mp4")).await.unwrap();
        send(&backend, ada, half.flow, 0, b"half").await.unwrap();
        execute(&test, "DELETE FROM users").await;
        assert_eq!(code(backend.uploads.status(ada, half.flow).await), "upload_unknown");
        backend.accounts.clock().advance(DAY);
        backend.uploads.tidy().await.unwrap();
        assert_eq!(work_off(&backend, Lane::Light, "remove_asset").await, [Ok(())]);
        backend.uploads.drop_lost(Duration::ZERO).await.unwrap();
        assert_eq!(files(&backend, "originals"), 0);
    }

    async fn an_upload_that_had_every_byte_when_we_went_down_is_ended(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let all = b"all of it!";
        for by_tidying in [true, false] {
            let created = backend.uploads.create(ada, new(11, "a.mp4")).await.unwrap();
            send(&backend, ada, created.flow, 0, all).await.unwrap();
            // As if the length had been said and nothing after that was written down.
            execute(&test, "UPDATE flows SET bytes_total = 10 WHERE status = 'uploading'").await;
            if by_tidying {
                backend.uploads.tidy().await.unwrap();
            }
            let status = backend.uploads.status(ada, created.flow).await.unwrap();
            assert_eq!(status.status, domain::uploads::FlowStatus::Uploaded);
            assert_eq!(stored(&backend, &created).await, all);
            sessions_fit(&test).await;
        }
    }
}
