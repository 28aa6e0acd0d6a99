//! From an upload to HLS and DASH with no hand on it: the built `kadr`, the helper beside it,
//! and FFmpeg's command line to make the clip and to judge what comes out. Killed in between.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use http::Method;
use rustix::process::Signal;
use serde_json::Value;
use testkit::sqlx::{self, Row as _};

use super::{asking, metadata, sent, token};
use crate::harness::{Case, Launch, kadr};

const LOGIN: (&str, &str) = ("ada@mail.example", "correct horse battery");
const ROUNDS: u64 = 6;

fn serve(data: &Path) -> Launch {
    let helper = Path::new(env!("CARGO_BIN_EXE_kadr")).with_file_name("kadr-media");
    assert!(helper.exists(), "build it first: cargo build -p media");
    let mut command = kadr(data);
    command
        .arg("serve")
        .env("KADR_ADMIN_EMAIL", LOGIN.0)
        .env("KADR_ADMIN_PASSWORD", LOGIN.1);
    Launch::start(&mut command)
}

/// 40 s that browsers do not play, with sound.
fn clip(folder: &Path) -> Vec<u8> {
    let file = folder.join("clip.webm");
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-y"])
        .args([
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=640x360:rate=25:duration=40",
        ])
        .args([
            "-f",
            "lavfi",
            "-i",
            "sine=frequency=440:sample_rate=48000:duration=40",
        ])
        .args([
            "-c:v",
            "libvpx",
            "-deadline",
            "realtime",
            "-cpu-used",
            "8",
            "-c:a",
            "libopus",
        ])
        .arg(&file)
        .status()
        .unwrap();
    assert!(made.success());
    std::fs::read(file).unwrap()
}

async fn seen(launch: &Launch, id: &str) -> Value {
    let case = Case::get(&format!("/api/v1/videos/{id}"));
    case.send(launch.addr).await.expect(200).json()
}

/// Waits until `is` is true of the video.
async fn until(launch: &Launch, id: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let video = seen(launch, id).await;
        if is(&video) {
            return video;
        }
        assert_ne!(video["status"], "failed", "{video}");
        assert!(
            begun.elapsed() < Duration::from_secs(180),
            "never {what}: {video}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Files in it and below, but for the mark that says whose folder it is.
fn count(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let paths: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with(".kadr"))
        .collect();
    paths
        .iter()
        .map(|path| if path.is_dir() { count(path) } else { 1 })
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_becomes_hls_and_dash_whatever_is_killed() {
    let data = tempfile::tempdir().unwrap();
    let clips = tempfile::tempdir().unwrap();
    let mut launch = serve(data.path());
    let ada = token(launch.addr, LOGIN.0, LOGIN.1).await;
    let id = sent(launch.addr, &ada, &metadata("public"), clip(clips.path())).await;
    for round in 0..ROUNDS {
        tokio::time::sleep(Duration::from_millis(300 + 200 * round)).await;
        launch.signal(Signal::KILL);
        launch.ended(Duration::from_secs(5));
        launch = serve(data.path());
    }
    until(&launch, &id, "playable", |video| video["playable"] == true).await;
    let video = until(&launch, &id, "complete", |video| {
        video["status"] == "completed"
    })
    .await;
    assert_eq!(
        (&video["progress"], &video["stage"]),
        (&1.0.into(), &"done".into())
    );
    let names: Vec<&str> = video["renditions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names[..2], ["360p", "240p"]);
    let length = video["duration"].as_f64().unwrap();
    assert!((length - 40.0).abs() < 0.2, "{length}");

    for url in ["hls_url", "dash_url"] {
        let path = video[url].as_str().unwrap();
        assert_eq!(frames(&launch, path, &["-count_frames"]), "1000", "{url}");
    }
    one_file(&launch, &format!("/media/{id}/360.mp4")).await;
    let poster = Case::get(video["poster_url"].as_str().unwrap());
    poster
        .send(launch.addr)
        .await
        .expect(200)
        .has("content-type", "image/jpeg");

    // Removed, it leaves nothing on the disk.
    let media = data.path().join("media");
    assert!(count(&media) > 20);
    let gone = asking(Method::DELETE, &format!("/api/v1/videos/{id}"), &ada);
    let made = steps(data.path()).await;
    assert!(made.iter().all(|(_, times)| *times == 1), "{made:?}");
    gone.send(launch.addr).await.expect(204);
    let begun = Instant::now();
    while count(&media) > 0 {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{} files",
            count(&media)
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(launch.stop().code, Some(0));
}

/// What `ffprobe` counts in the first picture stream of what lies at this path.
fn frames(launch: &Launch, path: &str, how: &[&str]) -> String {
    let judged = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0"])
        .args(how)
        .args(["-show_entries", "stream=nb_read_frames,nb_read_packets"])
        .args(["-of", "csv=p=0"])
        .arg(format!("http://{}{path}", launch.addr))
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&judged.stderr);
    assert_eq!(complaints, "", "{path}");
    let text = String::from_utf8_lossy(&judged.stdout);
    let first = text.lines().next().unwrap_or_default();
    let mut counts = first.split(',').filter(|count| !count.is_empty());
    let counted = counts.find(|count| *count != "N/A");
    counted.unwrap_or_default().to_owned()
}

/// The file that exists only as a list is one as any other: whole, in pieces, sought in.
async fn one_file(launch: &Launch, path: &str) {
    let whole = Case::get(path).send(launch.addr).await.expect(200);
    let whole = whole
        .has("content-type", "video/mp4")
        .has("accept-ranges", "bytes");
    let bytes = whole.body.clone();
    assert_eq!(whole.header("content-length"), bytes.len().to_string());
    assert_eq!(frames(launch, path, &["-count_frames"]), "1000");
    // It is sought in by its index: a reader that begins at 30 s gets ten seconds, not forty.
    let late = frames(launch, path, &["-count_packets", "-read_intervals", "30"]);
    let late: u32 = late.parse().unwrap();
    assert!((225..=300).contains(&late), "{late}");

    let tag = whole.header("etag").to_owned();
    let only_told = Case::head(path).send(launch.addr).await.expect(200);
    assert_eq!(only_told.header("content-length"), bytes.len().to_string());
    assert!(only_told.body.is_empty());
    let same = Case::get(path).header("if-none-match", &tag);
    same.send(launch.addr).await.expect(304);
    let size = bytes.len();
    for (from, to) in [(0, 0), (0, 4999), (700, 90_000), (size / 2, size - 1)] {
        let part = Case::get(path).header("range", &format!("bytes={from}-{to}"));
        let said = format!("bytes {from}-{to}/{size}");
        let part = part.send(launch.addr).await.expect(206);
        let part = part.has("content-range", &said);
        assert!(part.body[..] == bytes[from..=to], "{from} to {to}");
    }
    let other = Case::get(path)
        .header("range", "bytes=0-9")
        .header("if-range", "\"another\"");
    assert_eq!(other.send(launch.addr).await.expect(200).body.len(), size);
    let beyond = Case::get(path).header("range", &format!("bytes={size}-"));
    let beyond = beyond.send(launch.addr).await.expect(416);
    beyond.has("content-range", &format!("bytes */{size}"));
    for hidden in ["list", "head"] {
        let hidden = Case::get(&format!("{path}.{hidden}"));
        hidden.send(launch.addr).await.expect(404);
    }
}

/// How often each step came to its end.
async fn steps(data: &Path) -> Vec<(String, i64)> {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}?mode=ro", data.join("kadr.db").display());
    let pool = sqlx::AnyPool::connect(&url).await.unwrap();
    let rows = sqlx::query("SELECT name, made FROM steps")
        .fetch_all(&pool)
        .await
        .unwrap();
    rows.iter()
        .map(|row| (row.get("name"), row.get("made")))
        .collect()
}
