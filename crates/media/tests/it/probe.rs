//! What a probe finds out, and what it refuses.

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::unix::ffi::OsStringExt,
    path::Path,
    process::Command,
};

use domain::media::{
    MediaFault, SECOND,
    facts::{Chroma, Facts, Ratio, Warning},
};

use crate::{
    clips::{H264, Home, picture, tone},
    helper::{self, HELPER},
};

fn facts(path: impl AsRef<Path>) -> Facts {
    helper::facts(path)
}

fn fault(path: impl AsRef<Path>) -> MediaFault {
    helper::probe(path).fault().clone()
}

fn mp4(home: &Home, name: &str, more: &str) -> std::path::PathBuf {
    home.clip(
        name,
        &format!(
            "{} {} {H264} -c:a aac -ac 2 {more}",
            picture("320x180", "25", 2.0),
            tone(44_100, 2.0)
        ),
    )
}

#[test]
fn an_mp4_is_known_with_picture_sound_and_language() {
    let home = Home::new();
    let facts = facts(mp4(&home, "clip.mp4", "-metadata:s:a:0 language=ukr"));
    assert!(
        facts.container.starts_with("mov,mp4"),
        "{}",
        facts.container
    );
    assert_eq!(facts.start, 0);
    assert!(
        (facts.end - 2 * SECOND).abs() < SECOND / 10,
        "{}",
        facts.end
    );
    assert_eq!(facts.warnings, []);
    let video = facts.video.expect("pictures");
    assert_eq!(
        (video.codec.as_str(), video.width, video.height),
        ("h264", 320, 180)
    );
    assert_eq!(
        (video.pixel_format.as_str(), video.depth, video.chroma),
        ("yuv420p", 8, Chroma::C420)
    );
    assert_eq!((video.frames, video.variable_rate), (50, false));
    assert_eq!(video.real_rate, Some(Ratio::new(25, 1)));
    assert_eq!((video.start, video.end), (0, 2 * SECOND));
    assert_eq!(video.longest_step, SECOND / 25);
    assert_eq!((video.key_frames.len(), video.key_frames[0].at), (1, 0));
    assert!(video.key_frames[0].closed && video.decodes && video.times_rise);
    assert_eq!(video.key_frames[0].bytes, video.bytes);
    assert_eq!((video.parameter_sets, video.edit_list_cuts), (1, false));
    assert_eq!(video.longest_gop, 2 * SECOND);
    let [audio] = &facts.audio[..] else {
        panic!("{:?}", facts.audio)
    };
    assert_eq!(
        (audio.codec.as_str(), audio.profile.as_deref()),
        ("aac", Some("LC"))
    );
    assert_eq!((audio.sample_rate, audio.channels), (44_100, 2));
    assert_eq!(
        (audio.layout.as_deref(), audio.language.as_deref()),
        (Some("stereo"), Some("ukr"))
    );
    assert_eq!(
        (audio.start, audio.times_rise, audio.decodes),
        (0, true, true)
    );
    assert!(
        (audio.end - 2 * SECOND).abs() < SECOND / 20,
        "{}",
        audio.end
    );
}

#[test]
fn other_containers_are_known_by_their_content_not_their_name() {
    let home = Home::new();
    let (shown, heard) = (picture("320x180", "25", 2.0), tone(44_100, 2.0));
    for (name, container, arguments) in [
        (
            "clip.webm",
            "matroska,webm",
            format!("{shown} -c:v libvpx -deadline realtime -cpu-used 8"),
        ),
        (
            "clip.mkv",
            "matroska,webm",
            format!("{shown} {heard} {H264} -c:a flac"),
        ),
        ("clip.ts", "mpegts", format!("{shown} {H264}")),
        ("clip.avi", "avi", format!("{shown} -c:v mpeg4")),
        ("clip.mp3", "mp3", format!("{heard} -c:a libmp3lame")),
        ("clip.wav", "wav", heard.clone()),
        ("clip.gif", "gif", shown.clone()),
        ("clip.ogg", "ogg", format!("{heard} -c:a libvorbis")),
    ] {
        let made = home.clip(name, &arguments);
        let renamed = home.file("whatever");
        fs::rename(made, &renamed).expect("renamed");
        let facts = facts(&renamed);
        assert_eq!(facts.container, container, "{name}");
        assert_eq!(
            facts.video.is_some(),
            arguments.contains("testsrc2"),
            "{name}"
        );
        assert_eq!(
            facts.audio.len(),
            usize::from(arguments.contains("sine")),
            "{name}"
        );
        assert!(
            (facts.end - 2 * SECOND).abs() < SECOND / 10,
            "{name}: {}",
            facts.end
        );
    }
}

/// Not believed but measured: which key frames stand alone.
#[test]
fn open_groups_are_told_from_closed_ones() {
    let home = Home::new();
    let shown = picture("320x180", "25", 10.0);
    let closed = facts(home.clip(
        "closed.mp4",
        &format!("{shown} {H264} -g 50 -bf 3 -sc_threshold 0"),
    ));
    let keys = closed.video.expect("pictures").key_frames;
    assert_eq!(
        keys.iter().map(|key| key.at / SECOND).collect::<Vec<_>>(),
        [0, 2, 4, 6, 8]
    );
    assert!(keys.iter().all(|key| key.closed), "{keys:?}");
    let open = "-x264-params open-gop=1:bframes=3:keyint=50:min-keyint=50:scenecut=0";
    for name in ["open.mp4", "open.ts", "open.mkv"] {
        let keys = facts(home.clip(name, &format!("{shown} {H264} {open}")))
            .video
            .expect("pictures")
            .key_frames;
        assert!(keys.len() >= 4, "{name}: {keys:?}");
        assert!(keys[0].closed, "{name}: {keys:?}");
        assert!(keys[1..].iter().all(|key| !key.closed), "{name}: {keys:?}");
    }
    let mpeg = facts(home.clip(
        "open.mpg",
        &format!("{shown} -c:v mpeg2video -bf 2 -g 15 -sc_threshold 1000000000"),
    ));
    let keys = mpeg.video.expect("pictures").key_frames;
    // Its encoder begins groups without such frames where scenes change.
    assert!(keys[1..].iter().any(|key| !key.closed), "{keys:?}");
    let only = facts(home.clip("keys.mov", &format!("{shown} -c:v prores_ks -profile:v 0")));
    let only = only.video.expect("pictures");
    assert_eq!((only.frames, only.key_frames.len()), (250, 20));
    assert_eq!(
        only.bytes,
        only.key_frames.iter().map(|key| key.bytes).sum::<u64>()
    );
}

#[test]
fn the_cover_of_a_song_is_no_video() {
    let home = Home::new();
    home.clip(
        "cover.png",
        &format!("{} -frames:v 1", picture("320x180", "25", 1.0)),
    );
    home.clip("sound.wav", &tone(44_100, 2.0));
    let path = home.clip(
        "song.mp3",
        "-i sound.wav -i cover.png -map 0 -map 1 -c:v copy -disposition:v:0 attached_pic",
    );
    let facts = facts(path);
    assert!(facts.video.is_none());
    assert_eq!(facts.audio.len(), 1);
    let cover = facts.cover.expect("a cover");
    assert_eq!(
        (cover.codec.as_str(), cover.width, cover.height),
        ("png", 320, 180)
    );
}

#[test]
fn a_file_that_breaks_off_is_used_as_far_as_it_goes() {
    let home = Home::new();
    let clip = mp4(&home, "whole.mp4", "-movflags +faststart");
    let bytes = fs::read(clip).expect("read");
    let path = home.file("cut.mp4");
    fs::write(&path, &bytes[..bytes.len() * 6 / 10]).expect("written");
    let cut = facts(&path);
    assert!(cut.warnings.contains(&Warning::Truncated) || cut.warnings.contains(&Warning::Damaged));
    let video = cut.video.expect("pictures");
    assert!(
        video.decodes && (10..45).contains(&video.frames),
        "{}",
        video.frames
    );
    assert!(cut.end < 2 * SECOND);
}

#[test]
fn names_that_are_no_text_are_files_like_others() {
    let home = Home::new();
    let clip = mp4(&home, "clip.mp4", "");
    let mut nobody = |_: &domain::media::line::Line| Ok(());
    for name in [
        &b"fran\xe7ais \xff.mp4"[..],
        b"http:",
        b"concat:a|b",
        b"-i",
        b"%03d.mp4",
        b"a\nb",
    ] {
        let odd = home.path().join(OsString::from_vec(name.to_vec()));
        fs::copy(&clip, &odd).expect("copied");
        let facts = media::probe(&odd, &mut media::Report::new(&mut nobody)).expect("facts");
        assert!(facts.video.is_some() && facts.audio.len() == 1, "{odd:?}");
    }
}

#[test]
fn what_is_no_media_is_the_files_fault() {
    let home = Home::new();
    let put = |name: &str, bytes: &[u8]| {
        let path = home.file(name);
        fs::write(&path, bytes).expect("written");
        path
    };
    let whole = fs::read(mp4(&home, "whole.mp4", "")).expect("read");
    let fast = fs::read(mp4(&home, "fast.mp4", "-movflags +faststart")).expect("read");
    let media_at = fast
        .windows(4)
        .position(|bytes| bytes == b"mdat")
        .expect("an mdat");

    for (path, code) in [
        (put("empty.mp4", b""), "empty"),
        (
            put(
                "text.mp4",
                "Once upon a time there was a video.\n"
                    .repeat(200)
                    .as_bytes(),
            ),
            "unreadable",
        ),
        (put("zeros.mp4", &[0; 65536]), "unreadable"),
        (
            put(
                "page.mp4",
                b"<!doctype html><title>404</title><h1>Not found</h1>",
            ),
            "unreadable",
        ),
        (put("cut.mp4", &whole[..whole.len() / 2]), "unreadable"),
        (put("header.mp4", &fast[..media_at + 4]), "truncated"),
    ] {
        let fault = fault(&path);
        assert_eq!(
            (fault.code.as_str(), fault.client_fault),
            (code, true),
            "{path:?}: {}",
            fault.reason
        );
    }
}

#[test]
fn only_subtitles_are_no_media() {
    let home = Home::new();
    fs::write(
        home.file("text.srt"),
        "1\n00:00:00,000 --> 00:00:01,000\nHello\n",
    )
    .expect("written");
    let path = home.clip("subtitles.mkv", "-i text.srt -c:s srt");
    let fault = fault(path);
    assert_eq!(
        (fault.code.as_str(), fault.client_fault),
        ("no_media", true)
    );
}

#[test]
fn what_is_no_file_is_not_the_files_fault() {
    let home = Home::new();
    let pipe = home.file("pipe.mp4");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .expect("mkfifo")
            .success()
    );
    let missing = home.file("missing.mp4");
    let below_a_file = mp4(&home, "clip.mp4", "").join("more.mp4");
    let mut nobody = |_: &domain::media::line::Line| Ok(());
    for (path, code) in [
        (missing.as_path(), "missing"),
        (below_a_file.as_path(), "missing"),
        (home.path(), "not_a_file"),
        (pipe.as_path(), "not_a_file"),
        (Path::new("/dev/zero"), "not_a_file"),
        (Path::new("http://127.0.0.1:9/clip.mp4"), "missing"),
        (Path::new(OsStr::new("a\0b.mp4")), "io"),
    ] {
        let error = media::probe(path, &mut media::Report::new(&mut nobody)).expect_err("no file");
        assert_eq!(
            (error.code(), error.is_client_fault()),
            (code, false),
            "{path:?}: {error}"
        );
    }
}

/// Playlists and their kin make FFmpeg open what they name. The canary is a fine clip: were it
/// opened, the probe would succeed, and its time of last access would move.
#[test]
fn a_file_never_makes_us_open_another_one() {
    let home = Home::new();
    let canary = mp4(&home, "canary.mp4", "");
    home.clip(
        "canary.ts",
        &format!("{} {H264}", picture("320x180", "25", 2.0)),
    );
    let long_ago =
        std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for name in ["canary.mp4", "canary.ts"] {
        let file = fs::File::options()
            .write(true)
            .open(home.file(name))
            .expect("opened");
        file.set_times(fs::FileTimes::new().set_accessed(long_ago))
            .expect("dated");
    }
    let below = canary.display();
    let here = home.path().display();
    for (name, content) in [
        ("hls.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\ncanary.ts\n#EXT-X-ENDLIST\n".to_owned()),
        ("hls-absolute.mp4", format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:{here}/canary.ts\n#EXT-X-ENDLIST\n")),
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\ncanary.ts\n#EXT-X-ENDLIST\n".to_owned()),
        ("concat.mp4", "ffconcat version 1.0\nfile canary.mp4\n".to_owned()),
        ("list.ffconcat", format!("ffconcat version 1.0\nfile '{below}'\n")),
        ("dash.mp4", format!(
            "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" mediaPresentationDuration=\"PT2S\">\
             <Period><AdaptationSet mimeType=\"video/mp4\"><Representation id=\"1\" bandwidth=\"1\"><BaseURL>{below}</BaseURL>\
             </Representation></AdaptationSet></Period></MPD>"
        )),
        ("call.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n".to_owned()),
        ("picture%03d.png", "\u{89}PNG\r\n\u{1a}\n".to_owned()),
    ] {
        let path = home.file(name);
        fs::write(&path, content).expect("written");
        let fault = fault(&path);
        assert!(fault.client_fault, "{name}: {fault:?}");
        assert!(["format_refused", "unreadable"].contains(&fault.code.as_str()), "{name}: {fault:?}");
    }
    for name in ["canary.mp4", "canary.ts"] {
        let read_at = fs::metadata(home.file(name))
            .and_then(|facts| facts.accessed())
            .expect("dated");
        assert_eq!(read_at, long_ago, "{name} was opened");
    }
}

#[test]
fn the_version_names_the_library() {
    let output = Command::new(HELPER)
        .arg("--version")
        .output()
        .expect("the helper starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success());
    assert!(
        text.starts_with(concat!(
            "kadr-media ",
            env!("CARGO_PKG_VERSION"),
            " (libavformat "
        )),
        "{text}"
    );
}

#[test]
fn a_wrong_call_says_so_and_prints_no_line() {
    for arguments in [
        &["probe"][..],
        &["probe", ""],
        &["probe", "a", "b"],
        &["transmogrify"],
    ] {
        let output = Command::new(HELPER)
            .args(arguments)
            .output()
            .expect("the helper starts");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{arguments:?}"
        );
    }
}
