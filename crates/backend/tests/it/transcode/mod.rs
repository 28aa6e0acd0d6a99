//! What becomes of an upload, on both databases, with a media engine that only pretends.

mod clips;
mod crew;
mod fake;
mod flow;
mod helper;
mod real;
mod removal;
mod trouble;

use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};

use backend::{Backend, transcode::Patience, videos::Video};
use domain::{
    ids::{UserId, VideoId},
    videos::VideoStatus,
};
use m3u8_rs::{MasterPlaylist, MediaPlaylist};
use sqlx::Row as _;
use testkit::{TestBackend, TestDb};

use self::{crew::until, fake::Fake};
use crate::uploads::{bytes, person, upload};

/// Services with a pretended engine, in a hurry.
async fn open(test: &TestDb, fake: &Fake) -> Backend {
    open_with(test, fake, |_| {}).await
}

async fn open_with(
    test: &TestDb,
    fake: &Fake,
    change: impl FnOnce(&mut backend::transcode::Options) + Send,
) -> Backend {
    testkit::log();
    TestBackend::over(test)
        .settings(|settings| {
            settings.uploads.reserve = 0;
            let options = &mut settings.transcode;
            options.engine = Some(Arc::new(fake.clone()));
            options.reserve = 0;
            options.memory = 4 << 30;
            options.patience = Patience {
                silence: Duration::from_secs(3),
                life: Duration::from_secs(600),
                idle: Duration::from_millis(300),
                memory: Duration::from_millis(500),
            };
            change(options);
        })
        .open(test)
        .await
}

/// A video of somebody's, whose bytes have just come. The seed says which bytes.
async fn send(backend: &Backend, owner: UserId, seed: u64) -> VideoId {
    let created = upload(backend, owner, "clip.mp4", &bytes(seed, 5000)).await;
    created.video.unwrap()
}

async fn of(backend: &Backend, id: VideoId) -> Video {
    backend.videos.get(id).await.unwrap().unwrap()
}

async fn ends(backend: &Backend, id: VideoId, status: VideoStatus) -> Video {
    until("the video ends", || async {
        matches!(
            of(backend, id).await.status,
            VideoStatus::Completed | VideoStatus::Failed
        )
    })
    .await;
    let video = of(backend, id).await;
    assert_eq!(video.status, status, "{video:?}");
    video
}

/// No job waits or runs any more.
async fn quiet(test: &TestDb) {
    until("all jobs end", || async {
        crate::uploads::count(
            test,
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM jobs WHERE state IN ('queued', 'running')",
        )
        .await
            == 0
    })
    .await;
}

fn folder(backend: &Backend, video: &Video) -> std::path::PathBuf {
    let key = backend::assets::media(video.asset.unwrap());
    backend.uploads.storage().place(&key)
}

fn master(folder: &Path) -> MasterPlaylist {
    let text = std::fs::read(folder.join("master.m3u8")).unwrap();
    m3u8_rs::parse_master_playlist_res(&text).unwrap()
}

fn playlist(folder: &Path, name: &str) -> MediaPlaylist {
    let text = std::fs::read(folder.join(name)).unwrap();
    m3u8_rs::parse_media_playlist_res(&text).unwrap()
}

/// Every file below a folder, as `v720/00000.m4s`.
fn all_files(folder: &Path) -> BTreeSet<String> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeSet<String>) {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                found.insert(name.to_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(folder, folder, &mut found);
    found
}

/// Each step, its state, and how often it came to its end.
async fn steps(test: &TestDb) -> Vec<(String, String, i64)> {
    sqlx::query("SELECT name, state, made FROM steps ORDER BY asset, position")
        .fetch_all(test.db.read())
        .await
        .unwrap()
        .iter()
        .map(|row| (row.get("name"), row.get("state"), row.get("made")))
        .collect()
}

async fn maker(test: &TestDb) -> UserId {
    person(test, "maker").await
}
