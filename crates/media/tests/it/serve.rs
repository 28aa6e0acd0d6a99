//! The child and its pipes: lines, limits, the fence, and its end.

use std::{
    fs,
    io::Read,
    net::TcpListener,
    process::{Command as Program, Stdio},
    time::{Duration, Instant},
};

use domain::media::{
    SECOND,
    line::{Done, Line, code},
    spec::{Command, EncodePart, Limits, Spec},
};

use crate::{
    clips::{H264, Home, picture, tone},
    helper::{self, HELPER, Helper, LIMITS, facts, spec},
    parts::{as_it_is, encode, rung, stretches},
};

fn long_part(home: &Home) -> Spec {
    let source = home.clip(
        "long.mp4",
        &format!("{} {H264}", picture("1280x720", "30", 10.0)),
    );
    let facts = facts(&source);
    spec(
        &source,
        &home.out("out"),
        facts.start,
        Command::EncodePart(EncodePart {
            stream: 0,
            part: stretches(&facts, &[])[0].clone(),
            picture: as_it_is(&facts),
            rungs: vec![rung(1280, 720), rung(640, 360)],
            tiles: None,
            threads: 1,
        }),
    )
}

#[test]
fn one_child_does_one_thing_after_another() {
    let home = Home::new();
    let source = home.clip(
        "clip.mp4",
        &format!(
            "{} {} {H264} -c:a aac",
            picture("320x180", "25", 5.0),
            tone(48_000, 5.0)
        ),
    );
    let mut child = Helper::start();
    let out = home.out("out");
    let probe = spec(&source, &out, 0, Command::Probe);
    for _ in 0..2 {
        assert!(matches!(child.run(&probe).done(), Done::Facts { .. }));
    }
    child.tell("{\"nonsense\":1}");
    let fault = child.answer();
    assert_eq!(
        (fault.fault().code.as_str(), fault.fault().client_fault),
        ("instructions", false)
    );
    let elsewhere = child.run(&spec(
        &source,
        &out,
        0,
        Command::Subtitles(domain::media::spec::Subtitles {
            stream: 9,
            file: "../x.vtt".to_owned(),
        }),
    ));
    assert_eq!(elsewhere.fault().code, "instructions");
    let last = child.run(&probe);
    let finished = last.result().expect("facts");
    assert!(
        finished.cost.memory > 10_000_000 && finished.cost.wall < 10_000,
        "{:?}",
        finished.cost
    );
    assert_eq!(child.end(), 0);
}

#[test]
fn the_end_of_its_input_ends_it_in_the_middle() {
    let home = Home::new();
    let part = long_part(&home);
    let mut child = Helper::start();
    child.tell(&serde_json::to_string(&part).unwrap());
    // In the middle of the work.
    while !matches!(child.line(), Some(Line::Progress(_))) {}
    let begun = Instant::now();
    assert_eq!(child.end(), 0);
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
}

/// Twice a second, whatever is being made: here pictures that take longer than that, of a clip whose
/// first picture comes out when the last one has gone in.
#[test]
fn progress_is_told_all_the_time_and_rises() {
    let home = Home::new();
    let mut part = long_part(&home);
    let Command::EncodePart(command) = &mut part.command else {
        panic!("{part:?}");
    };
    for rung in &mut command.rungs {
        rung.preset = "placebo".to_owned();
    }
    command.part.end = Some(SECOND * 2 / 3);
    command.part.keys.truncate(1);
    command.part.segments.truncate(1);
    let mut child = Helper::start();
    child.tell(&serde_json::to_string(&part).unwrap());
    let (mut last, mut before) = (Instant::now(), 0.0);
    let mut pauses = Vec::new();
    loop {
        let line = child.line().expect("an answer");
        pauses.push(last.elapsed());
        last = Instant::now();
        match line {
            Line::Progress(progress) => {
                assert!(progress.done >= before && progress.done <= 1.0);
                before = progress.done;
            }
            Line::Result(finished) => {
                assert!(finished.cost.cpu > 1000, "{finished:?}");
                break;
            }
            Line::Error(fault) => panic!("{fault:?}"),
            Line::Output(_) => {}
        }
    }
    assert!(before > 0.5);
    pauses.sort_unstable();
    // Some may be late: other things run on this machine, too.
    let half = pauses[pauses.len() / 2];
    assert!(half <= Duration::from_millis(550), "{pauses:?}");
    let nine_in_ten = pauses[pauses.len() * 9 / 10];
    assert!(nine_in_ten <= Duration::from_millis(1500), "{pauses:?}");
}

#[test]
fn too_little_memory_is_told_as_such() {
    let home = Home::new();
    let mut part = long_part(&home);
    for megabytes in [260, 300, 340, 400] {
        part.limits.memory = megabytes << 20;
        let mut child = Helper::start();
        let answer = child.run(&part);
        if let Err(fault) = answer.result() {
            assert_eq!(
                (fault.code.as_str(), fault.client_fault),
                (code::MEMORY, false),
                "{megabytes}: {fault:?}"
            );
            return;
        }
    }
    panic!("it was never too little");
}

#[test]
fn a_file_may_not_grow_beyond_its_limit() {
    let home = Home::new();
    let source = home.clip(
        "clip.mp4",
        &format!("{} {H264}", picture("640x360", "25", 5.0)),
    );
    let facts = facts(&source);
    let mut part = spec(
        &source,
        &home.out("out"),
        0,
        Command::EncodePart(EncodePart {
            stream: 0,
            part: stretches(&facts, &[])[0].clone(),
            picture: as_it_is(&facts),
            rungs: vec![rung(640, 360)],
            tiles: None,
            threads: 1,
        }),
    );
    part.limits.file = 4096;
    let mut child = Helper::start();
    child.tell(&serde_json::to_string(&part).unwrap());
    // It is ended by the kernel, or told that there is no room; it does not go on.
    while let Some(line) = child.line() {
        assert!(!matches!(line, Line::Result(_)), "{line:?}");
    }
    let left: u64 = fs::read_dir(home.file("out/v360"))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(left <= 2 * 4096, "{left}");
}

/// What the kernel says about the child while it works.
#[test]
fn the_child_is_fenced_in_and_polite() {
    let home = Home::new();
    let part = long_part(&home);
    let mut child = Helper::start();
    child.tell(&serde_json::to_string(&part).unwrap());
    while !matches!(child.line(), Some(Line::Progress(_))) {}
    let of = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", child.id())).unwrap();
    let status = of("status");
    assert!(status.contains("NoNewPrivs:\t1"), "{status}");
    let stat = of("stat");
    let nice = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .nth(16)
        .unwrap();
    assert!(nice.parse::<i32>().unwrap() >= 10, "{nice}");
    let limits = of("limits");
    let line = |name: &str| {
        limits
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap()
            .to_owned()
    };
    assert!(
        line("Max address space").contains(&LIMITS.memory.to_string()),
        "{limits}"
    );
    assert!(line("Max cpu time").contains("600"), "{limits}");
    assert!(line("Max core file size").contains(" 0 "), "{limits}");
    assert!(child.end() == 0);
}

/// Other files and the network are out of reach, whatever somebody made FFmpeg do: here it is told
/// to by us.
#[test]
fn the_fence_holds() {
    let home = Home::new();
    let source = home.clip(
        "clip.mp4",
        &format!("{} {H264}", picture("320x180", "25", 1.0)),
    );
    let other = home.clip(
        "other.mp4",
        &format!("{} {H264}", picture("320x180", "25", 1.0)),
    );
    let out = home.out("out");
    let mut child = Helper::start();
    child.run(&spec(&source, &out, 0, Command::Probe)).done();
    // Each line says a source; only the first one's is open.
    let fault = child.run(&spec(&other, &out, 0, Command::Probe));
    assert_eq!(
        (fault.fault().code.as_str(), fault.fault().client_fault),
        ("io", false)
    );
    let elsewhere = home.out("elsewhere");
    let facts = helper::facts(&source);
    let part = Command::EncodePart(EncodePart {
        stream: 0,
        part: stretches(&facts, &[])[0].clone(),
        picture: as_it_is(&facts),
        rungs: vec![rung(320, 180)],
        tiles: None,
        threads: 1,
    });
    let fault = child.run(&spec(&source, &elsewhere, 0, part));
    assert_eq!(fault.fault().code, "write");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    assert_eq!(child.end(), 0);
}

#[test]
fn a_full_disk_is_told_as_such() {
    // A small file system in memory; without the right to mount one there is nothing to try.
    let home = Home::new();
    let disk = home.out("disk");
    let mounted = Program::new("mount")
        .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
        .arg(&disk)
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        return;
    }
    let source = home.clip(
        "clip.mp4",
        &format!("{} {H264}", picture("640x360", "25", 8.0)),
    );
    let facts = facts(&source);
    let answer = encode(
        &source,
        &disk,
        &facts,
        &stretches(&facts, &[])[0],
        &[rung(640, 360)],
    );
    let fault = answer.fault().clone();
    let left: Vec<_> = fs::read_dir(disk.join("v360"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let unmounted = Program::new("umount").arg(&disk).status().unwrap();
    assert!(unmounted.success());
    assert_eq!(
        (fault.code.as_str(), fault.client_fault),
        (code::SPACE, false),
        "{fault:?}"
    );
    assert!(left.iter().all(|name| !name.ends_with(".tmp")), "{left:?}");
}

#[test]
fn nobody_is_called() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let home = Home::new();
    let text = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n"
    );
    fs::write(home.file("list.mp4"), text).unwrap();
    assert!(helper::probe(home.file("list.mp4")).fault().client_fault);
    assert!(listener.accept().is_err(), "somebody called");
}

#[test]
fn the_log_goes_to_standard_error() {
    let home = Home::new();
    let clip = home.clip(
        "clip.mp4",
        &format!("{} {H264}", picture("320x180", "25", 1.0)),
    );
    let bytes = fs::read(&clip).unwrap();
    let cut = home.file("cut.mp4");
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let mut child = Program::new(HELPER)
        .arg("probe")
        .arg(&cut)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(log.contains("moov atom not found"), "{log}");
}

#[test]
fn limits_that_are_too_small_to_start_are_an_answer() {
    let home = Home::new();
    let source = home.clip(
        "clip.mp4",
        &format!("{} {H264}", picture("320x180", "25", 1.0)),
    );
    let mut probe = spec(&source, &home.out("out"), 0, Command::Probe);
    probe.limits = Limits {
        memory: 1 << 20,
        ..LIMITS
    };
    let mut child = Helper::start();
    child.tell(&serde_json::to_string(&probe).unwrap());
    // An answer or an end: never silence.
    if let Some(line) = child.line() {
        assert!(matches!(line, Line::Error(_)), "{line:?}");
    }
}
