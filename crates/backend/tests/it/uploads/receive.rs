//! Bytes on their way in: written, made durable, taken up again after a crash.

use domain::{
    uploads::FlowStatus,
    videos::{Stage, VideoStatus, Visibility},
};
use testkit::both_engines;

use super::*;

both_engines! {
    async fn an_upload_survives_a_crash_and_becomes_an_asset(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let all = bytes(1, 5_000_000);
        let created = backend.uploads.create(ada, new(5_000_000, "../My film.mp4")).await.unwrap();
        assert_eq!((created.offset, created.length), (0, Some(5_000_000)));
        assert!(created.expires_at.is_some());
        let video = backend.videos.get(created.video.unwrap()).await.unwrap().unwrap();
        assert_eq!(video.title.as_str(), "My film");
        assert_eq!(video.visibility, Visibility::Unlisted, "the default of the person");
        assert_eq!((video.status, video.stage), (VideoStatus::Pending, Stage::Queued));
        sessions_fit(&test).await;

        // Two million, then the connection breaks: what came is kept.
        let mut writer = backend.uploads.open(ada, created.flow, at(0)).await.unwrap();
        writer.write(Bytes::copy_from_slice(&all[..2_000_000])).await.unwrap();
        drop(writer);
        let status = backend.uploads.status(ada, created.flow).await.unwrap();
        assert_eq!((status.offset, status.status), (2_000_000, FlowStatus::Uploading));

        // More, acknowledged to a HEAD; then the power fails in the middle.
        let mut writer = backend.uploads.open(ada, created.flow, at(2_000_000)).await.unwrap();
        writer.write(Bytes::copy_from_slice(&all[2_000_000..3_500_000])).await.unwrap();
        let status = backend.uploads.status(ada, created.flow).await.unwrap();
        assert_eq!(status.offset, 3_500_000, "a running request is asked for a checkpoint");
        let _ = writer.write(Bytes::copy_from_slice(&all[3_500_000..4_200_000])).await;
        backend.uploads.crash().await;
        assert!(writer.finish(None).await.is_err());
        backend.close().await;

        let backend = open(&test).await;
        sessions_fit(&test).await;
        let offset = backend.uploads.status(ada, created.flow).await.unwrap().offset;
        assert!((3_500_000..=4_200_000).contains(&offset), "back to {offset}");
        let rest = &all[usize::try_from(offset).unwrap()..];
        let written = send(&backend, ada, created.flow, offset, rest).await.unwrap();
        assert!(written.complete && !written.duplicate);

        sessions_fit(&test).await;
        assert_eq!(stored(&backend, &created).await, all);
        let status = backend.uploads.status(ada, created.flow).await.unwrap();
        assert_eq!((status.offset, status.length), (5_000_000, Some(5_000_000)));
        assert_eq!((status.status, status.expires_at), (FlowStatus::Uploaded, None));
        let video = backend.videos.get(created.video.unwrap()).await.unwrap().unwrap();
        assert_eq!((video.status, video.stage), (VideoStatus::Processing, Stage::Queued));
        let asset = backend.assets.get(video.asset.unwrap()).await.unwrap().unwrap();
        assert_eq!((asset.hash, asset.size), (hash(&all), 5_000_000));
        let probes = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM jobs WHERE kind = 'probe'";
        assert_eq!(count(&test, probes).await, 1);
    }
}
