//! The same way with the real engine, where `kadr-media` lies beside the tests
//! (`cargo build -p media`); FFmpeg's command line makes the clips and judges what came out.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use backend::{Backend, transcode::Helper};
use domain::{
    ids::{UserId, VideoId},
    videos::VideoStatus,
};
use testkit::TestDb;

use super::{
    all_files,
    crew::{Crew, until},
    fake::Fake,
    folder, maker, master, of, open_with, playlist,
};
use crate::uploads::upload;

fn helper() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let debug = tests.parent().unwrap().parent().unwrap();
    let helper = debug.join("kadr-media");
    assert!(helper.exists(), "build it first: cargo build -p media");
    helper
}

async fn open(test: &TestDb) -> Backend {
    let fake = Fake::of(super::clips::song(1.0));
    open_with(test, &fake, |options| {
        options.engine = Some(Arc::new(Helper::at(helper())));
        options.patience = backend::transcode::Patience::default();
    })
    .await
}

fn ffmpeg(arguments: &[&str], file: &Path) -> Vec<u8> {
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-y"])
        .args(arguments)
        .arg(file)
        .status()
        .unwrap();
    assert!(made.success());
    std::fs::read(file).unwrap()
}

async fn make(backend: &Backend, owner: UserId, name: &str, clip: &[u8]) -> VideoId {
    let created = upload(backend, owner, name, clip).await;
    created.video.unwrap()
}

async fn complete(backend: &Backend, id: VideoId) -> PathBuf {
    until("it is complete", || async {
        let video = of(backend, id).await;
        assert_ne!(video.status, VideoStatus::Failed, "{:?}", video.error);
        video.status == VideoStatus::Completed
    })
    .await;
    folder(backend, &of(backend, id).await)
}

/// What FFmpeg's own reader makes of a playlist: decoded frames, and nothing to complain about.
fn decoded(list: &Path, stream: &str) -> u64 {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", stream, "-count_frames"])
        .args(["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"])
        .arg(list)
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(complaints.trim().is_empty(), "{complaints}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .next()
        .unwrap()
        .trim_matches(',')
        .parse()
        .unwrap()
}

const PICTURE: [&str; 4] = [
    "-f",
    "lavfi",
    "-i",
    "testsrc2=size=640x360:rate=25:duration=20",
];
const SOUND: [&str; 4] = [
    "-f",
    "lavfi",
    "-i",
    "sine=frequency=440:sample_rate=48000:duration=20",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_copied() {
    let test = TestDb::sqlite().await;
    let backend = open(&test).await;
    let owner = maker(&test).await;
    let _crew = Crew::start(&backend);
    let clips = tempfile::tempdir().unwrap();
    let codecs = [
        "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "50",
    ];
    let more = [
        "-b:v", "600k", "-maxrate", "800k", "-bufsize", "800k", "-c:a", "aac", "-ac", "2",
    ];
    let clip = ffmpeg(
        &[&PICTURE[..], &SOUND, &codecs, &more].concat(),
        &clips.path().join("a.mp4"),
    );
    let id = make(&backend, owner, "a.mp4", &clip).await;
    let folder = complete(&backend, id).await;
    let master = master(&folder);
    let sizes: Vec<u64> = master
        .variants
        .iter()
        .filter(|variant| !variant.is_i_frame)
        .map(|variant| variant.resolution.unwrap().height)
        .collect();
    assert_eq!(sizes, [360, 240]);
    for rung in ["v360", "v240"] {
        let name = format!("{rung}/index.m3u8");
        assert_eq!(playlist(&folder, &name).segments.len(), 5, "{rung}");
        assert_eq!(decoded(&folder.join(name), "v:0"), 500, "{rung}");
    }
    assert!(decoded(&folder.join("a0/index.m3u8"), "a:0") >= 937);
    let files = all_files(&folder);
    for file in ["poster-720.jpg", "storyboard/000.jpg", "manifest.mpd"] {
        assert!(files.contains(file), "{file} of {files:?}");
    }
    assert!(
        !files
            .iter()
            .any(|file| file.starts_with("tiles") || file.contains("tmp")),
        "{files:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_made_anew() {
    let test = TestDb::postgres().await;
    let backend = open(&test).await;
    let owner = maker(&test).await;
    let _crew = Crew::start(&backend);
    let clips = tempfile::tempdir().unwrap();
    let codecs = [
        "-c:v",
        "libvpx",
        "-deadline",
        "realtime",
        "-cpu-used",
        "8",
        "-c:a",
        "libopus",
    ];
    let clip = ffmpeg(
        &[&PICTURE[..], &SOUND, &codecs].concat(),
        &clips.path().join("a.webm"),
    );
    let id = make(&backend, owner, "a.webm", &clip).await;
    let song = ffmpeg(
        &[&SOUND[..], &["-c:a", "libmp3lame"]].concat(),
        &clips.path().join("a.mp3"),
    );
    let song = make(&backend, owner, "a.mp3", &song).await;
    let folder = complete(&backend, id).await;
    for rung in ["v360", "v240"] {
        let name = format!("{rung}/index.m3u8");
        assert_eq!(playlist(&folder, &name).segments.len(), 5, "{rung}");
        assert_eq!(decoded(&folder.join(name), "v:0"), 500, "{rung}");
    }
    let folder = complete(&backend, song).await;
    assert!(decoded(&folder.join("a0/index.m3u8"), "a:0") >= 937);
    assert!(all_files(&folder).contains("waveform.bin"));
}
