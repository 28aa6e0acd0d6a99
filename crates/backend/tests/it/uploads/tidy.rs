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
        assert_eq!((files(&backend, "originals"), files(&backend, "pieces")), (3, 1));
        assert_eq!(stored(&backend, &done).await, b"done");
        assert!(send(&backend, ada, half.flow, 4, b" of it").await.unwrap().complete);
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
