//! The same bytes are one asset, whoever sends them, whenever.

use domain::{uploads::FlowStatus, videos::VideoStatus};
use testkit::both_engines;

use super::*;

const ASSETS: &str = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM assets";
const PROBES: &str = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM jobs WHERE kind = 'probe'";

async fn asset_of(backend: &Backend, created: &Created) -> domain::ids::AssetId {
    video(backend, created.video).await.asset.unwrap()
}

both_engines! {
    async fn two_identical_uploads_that_finish_together_share_one_asset(test: TestDb) {
        let backend = open(&test).await;
        let all = bytes(1, 300_000);
        let mut uploads = tokio::task::JoinSet::new();
        for number in 0..6 {
            let (backend, all) = (backend.clone(), all.clone());
            let user = person(&test, &format!("person{number}")).await;
            uploads.spawn(async move {
                upload(&backend, user, &format!("{number}.mp4"), &all).await
            });
        }
        let created = uploads.join_all().await;
        let first = asset_of(&backend, &created[0]).await;
        for one in &created {
            assert_eq!(asset_of(&backend, one).await, first);
            assert_eq!(stored(&backend, one).await, all);
        }
        assert_eq!((count(&test, ASSETS).await, count(&test, PROBES).await), (1, 1));
        assert_eq!(files(&backend, "originals"), 1, "the others' bytes are dropped");
        sessions_fit(&test).await;
    }

    async fn a_second_video_is_as_far_as_the_asset_and_what_failed_is_planned_again(test: TestDb) {
        let backend = open(&test).await;
        let (ada, eve) = (person(&test, "ada").await, person(&test, "eve").await);
        let all = bytes(1, 1000);
        let first = upload(&backend, ada, "a.mp4", &all).await;
        execute(&test, "UPDATE assets SET state = 'ready', playable = 1").await;
        let second = upload(&backend, eve, "b.mkv", &all).await;
        let seconds = video(&backend, second.video).await;
        assert_eq!((seconds.status, seconds.playable), (VideoStatus::Completed, true));
        execute(&test, "UPDATE assets SET state = 'failed', error = 'no_streams'").await;
        execute(&test, "UPDATE videos SET status = 'failed', error = 'no_streams'").await;
        execute(&test, "UPDATE jobs SET state = 'failed', finished_at = 1").await;
        let third = upload(&backend, eve, "c.mkv", &all).await;
        for one in [&first, &second, &third] {
            let video = video(&backend, one.video).await;
            assert_eq!((video.status, video.error), (VideoStatus::Processing, None));
        }
        assert_eq!((count(&test, ASSETS).await, count(&test, PROBES).await), (1, 2));
        // The same when the bytes need not be sent.
        execute(&test, "UPDATE assets SET state = 'failed', error = 'no_streams'").await;
        execute(&test, "UPDATE jobs SET state = 'failed', finished_at = 1").await;
        let mut claim = new(1000, "d.mkv");
        claim.metadata.blake3 = Some(hash(&all));
        let fourth = backend.uploads.create(eve, claim).await.unwrap();
        assert_eq!(fourth.duplicate_of, second.video);
        assert_eq!(video(&backend, fourth.video).await.status, VideoStatus::Processing);
        assert_eq!(count(&test, PROBES).await, 3);
    }

    async fn an_asset_is_removed_with_its_last_video_and_its_bytes_may_come_again(test: TestDb) {
        let backend = open(&test).await;
        let (ada, eve) = (person(&test, "ada").await, person(&test, "eve").await);
        let all = bytes(1, 1000);
        let first = upload(&backend, ada, "a.mp4", &all).await;
        let second = upload(&backend, eve, "b.mp4", &all).await;
        let asset = asset_of(&backend, &first).await;
        backend.videos.remove(ada, first.video.unwrap()).await.unwrap();
        assert_eq!(work_off(&backend, Lane::Light, "remove_asset").await, []);
        assert_eq!(stored(&backend, &second).await, all);
        assert_eq!(code(backend.uploads.status(ada, first.flow).await), "upload_gone");
        backend.videos.remove(eve, second.video.unwrap()).await.unwrap();
        // While it is being removed the same bytes come again, and need not wait.
        let again = upload(&backend, ada, "c.mp4", &all).await;
        assert_ne!(asset_of(&backend, &again).await, asset);
        assert_eq!(files(&backend, "originals"), 2);
        assert_eq!(work_off(&backend, Lane::Light, "remove_asset").await, [Ok(())]);
        backend.assets.remove(asset).await.unwrap();
        assert_eq!(stored(&backend, &again).await, all);
        assert_eq!((files(&backend, "originals"), count(&test, ASSETS).await), (1, 1));
        assert_eq!(backend.assets.get(asset).await.unwrap(), None);
    }

    async fn removing_the_last_video_while_the_same_bytes_arrive(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        for round in 0..10 {
            let all = bytes(round, 5000);
            let first = upload(&backend, ada, "a.mp4", &all).await;
            let (removed, second) = tokio::join!(
                backend.videos.remove(ada, first.video.unwrap()),
                upload(&backend, ada, "b.mp4", &all),
            );
            removed.unwrap();
            work_off(&backend, Lane::Light, "remove_asset").await;
            assert_eq!(stored(&backend, &second).await, all, "round {round}");
        }
    }

    async fn own_content_needs_no_bytes_and_others_must_be_sent(test: TestDb) {
        let backend = open(&test).await;
        let (ada, eve) = (person(&test, "ada").await, person(&test, "eve").await);
        let all = bytes(1, 1000);
        let first = upload(&backend, ada, "a.mp4", &all).await;
        let sizes = backend.assets.owned_sizes(ada, &[999, 1000]).await;
        assert_eq!(sizes.unwrap(), [1000]);
        assert!(backend.assets.owned_sizes(eve, &[1000]).await.unwrap().is_empty());
        let owned = backend.assets.owned(ada, hash(&all)).await.unwrap();
        assert_eq!(owned, Some((first.video.unwrap(), 1000)));
        let claim = |length| {
            let mut new = new(length, "again.mp4");
            new.metadata.blake3 = Some(hash(&all));
            new
        };
        let again = backend.uploads.create(ada, claim(1000)).await.unwrap();
        assert_eq!((again.offset, again.duplicate_of), (1000, first.video));
        assert_eq!(again.expires_at, None);
        assert_eq!(asset_of(&backend, &again).await, asset_of(&backend, &first).await);
        let status = backend.uploads.status(ada, again.flow).await.unwrap();
        assert_eq!((status.offset, status.status), (1000, FlowStatus::Uploaded));

        // For others it is as if nobody had it.
        let eves = backend.uploads.create(eve, claim(1000)).await.unwrap();
        assert_eq!((eves.offset, eves.duplicate_of), (0, None));
        let written = send(&backend, eve, eves.flow, 0, &all).await.unwrap();
        assert!(written.complete && written.duplicate);

        // A claim that cannot be true, and one that turns out not to be.
        let short = backend.uploads.create(ada, claim(999)).await.unwrap();
        assert_eq!(short.duplicate_of, None);
        assert_eq!(code(send(&backend, ada, short.flow, 0, &all[..999]).await), "upload_false_claim");
        assert_eq!(code(backend.uploads.status(ada, short.flow).await), "upload_gone");
        let video = video(&backend, short.video).await;
        assert_eq!((video.status, video.error.as_deref()), (VideoStatus::Failed, Some("false_claim")));
        assert_eq!((files(&backend, "originals"), count(&test, ASSETS).await), (1, 1));
        sessions_fit(&test).await;
    }
}
