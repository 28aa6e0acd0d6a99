//! What only a process can show: its exit codes, its sentences, its end.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use server::config::STOP_WITHIN;

use crate::harness::{Kadr, Launch, kadr};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// It did not wait until its patience with others had run out.
const AT_ONCE: Duration = STOP_WITHIN.checked_div(2).unwrap();

fn serve(data: &Path) -> std::process::Command {
    let mut command = kadr(data);
    command.arg("serve");
    command
}

fn get(launch: &Launch, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(launch.addr).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    (status, text)
}

#[test]
fn it_serves_is_quick_to_start_and_ends_with_zero() {
    let data = folder();
    let launch = Launch::start(&mut serve(data.path()));
    // The figure of the design is for a release build on a calm machine; see benches/.
    assert!(
        launch.ready_after < Duration::from_secs(5),
        "{:?}",
        launch.ready_after
    );
    assert_eq!(get(&launch, "/").0, 200);
    assert_eq!(get(&launch, "/readyz").0, 200);
    let ended = launch.stop();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.took < Duration::from_secs(5), "{:?}", ended.took);
    assert!(data.path().join("secret").is_file());
    let log = fs::read_to_string(data.path().join("logs/kadr.log")).unwrap();
    assert!(
        log.contains("\"stopped\""),
        "the last line was written: {log}"
    );
    let again = Launch::start(&mut serve(data.path()));
    assert_eq!(again.stop().code, Some(0));
}

#[test]
fn help_lists_every_variable_and_its_default() {
    let data = folder();
    let help = Kadr::run(kadr(data.path()).args(["serve", "--help"]));
    assert_eq!(help.code, Some(0));
    let help = help.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for variable in [
        "KADR_ADDR",
        "KADR_DATA",
        "KADR_SITE",
        "KADR_PUBLIC_URL",
        "DATABASE_URL",
        "REDIS_URL",
        "SMTP_URL",
        "KADR_MAIL_FROM",
        "KADR_SECRET",
        "KADR_MAX_UPLOAD",
        "KADR_QUOTA",
        "KADR_WORKERS",
        "KADR_WORKER_MEMORY",
        "KADR_TRUSTED_PROXIES",
        "KADR_LOG_FORMAT",
        "KADR_LOG",
        "KADR_ROLES",
    ] {
        assert!(
            help.contains(&format!("[env: {variable}")),
            "{variable} in\n{help}"
        );
    }
    for default in [
        "127.0.0.1:3000",
        "./data",
        "sqlite://{data}/kadr.db",
        "web,worker,scheduler",
    ] {
        assert!(help.contains(default), "{default} in\n{help}");
    }
}

#[test]
fn a_wrong_value_is_one_sentence_that_names_its_variable() {
    for (variable, value, expected) in [
        ("KADR_ADDR", "somewhere", "an address with a port"),
        (
            "KADR_PUBLIC_URL",
            "videos.example/kadr",
            "an address without a path",
        ),
        ("KADR_ROLES", "web,cook", "web, worker and scheduler"),
        ("KADR_MAX_UPLOAD", "much", "a size like"),
        ("KADR_QUOTA", "-1", "a size like"),
        ("KADR_WORKERS", "0", "a number from 1 to 1024"),
        (
            "KADR_TRUSTED_PROXIES",
            "proxy.example",
            "addresses or networks",
        ),
        ("KADR_LOG_FORMAT", "xml", "auto, human or json"),
        ("KADR_MAIL_FROM", "nobody", "an address like"),
        ("DATABASE_URL", "mysql://db/kadr", "postgres://"),
        ("REDIS_URL", "cache:6379", "redis://"),
        ("SMTP_URL", "mail.example", "smtp://"),
    ] {
        let data = folder();
        let ended = Kadr::run(serve(data.path()).env(variable, value));
        ended.refused(2, &[variable, expected]);
    }
}

#[test]
fn secrets_are_not_repeated() {
    let data = folder();
    for (variable, value) in [
        ("KADR_SECRET", "hunter2"),
        ("DATABASE_URL", "mysql://kadr:hunter2@db/kadr"),
        ("REDIS_URL", "http://:hunter2@cache"),
        ("SMTP_URL", "imap://me:hunter2@mail.example"),
    ] {
        let ended = Kadr::run(serve(data.path()).env(variable, value));
        ended.refused(2, &[variable]);
        assert!(!ended.err.contains("hunter2"), "{}", ended.err);
        let help = Kadr::run(
            kadr(data.path())
                .args(["serve", "--help"])
                .env(variable, value),
        );
        assert!(!help.out.contains("hunter2"), "{}", help.out);
    }
}

#[test]
fn empty_variables_are_as_good_as_none() {
    let data = folder();
    let launch = Launch::start(
        serve(data.path())
            .env("REDIS_URL", "")
            .env("SMTP_URL", "")
            .env("KADR_MAX_UPLOAD", "")
            .env("KADR_QUOTA", "")
            .env("KADR_WORKERS", ""),
    );
    assert_eq!(launch.stop().code, Some(0));
}

#[test]
fn a_taken_port_is_said_and_logged() {
    let data = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let ended = Kadr::run(serve(data.path()).env("KADR_ADDR", &addr));
    ended.refused(1, &["already in use", &addr, "KADR_ADDR"]);
    let log = fs::read_to_string(data.path().join("logs/kadr.log")).unwrap();
    assert!(
        log.contains("already in use") && log.contains("ERROR"),
        "{log}"
    );
    let human = Kadr::run(
        serve(data.path())
            .env("KADR_ADDR", &addr)
            .env("KADR_LOG_FORMAT", "human"),
    );
    assert_eq!(
        human.err.matches("already in use").count(),
        1,
        "{}",
        human.err
    );
}

#[test]
fn a_data_folder_that_takes_no_files_is_said() {
    let data = folder();
    let file = data.path().join("a-file");
    fs::write(&file, "x").unwrap();
    Kadr::run(&mut serve(&file)).refused(1, &["not a folder", "KADR_DATA"]);
    if cfg!(target_os = "linux") {
        Kadr::run(&mut serve(Path::new("/proc/kadr"))).refused(1, &["/proc/kadr", "KADR_DATA"]);
    }
}

#[test]
fn a_newer_database_is_not_touched() {
    let data = folder();
    Launch::start(&mut serve(data.path())).stop();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let url = format!("sqlite://{}", data.path().join("kadr.db").display());
    runtime.block_on(testkit::pretend_newer(&url));
    for command in ["serve", "migrate", "worker"] {
        Kadr::run(kadr(data.path()).arg(command)).refused(1, &["newer"]);
    }
    let doctor = Kadr::run(kadr(data.path()).arg("doctor"));
    assert_eq!(doctor.code, Some(1));
    assert!(doctor.out.contains("newer"), "{}", doctor.out);
}

#[test]
fn a_damaged_database_is_said() {
    let data = folder();
    fs::write(data.path().join("kadr.db"), vec![b'x'; 8192]).unwrap();
    Kadr::run(&mut serve(data.path())).refused(1, &["kadr.db"]);
}

#[test]
fn a_second_server_on_the_same_folder_is_refused_a_worker_is_not() {
    let data = folder();
    let first = Launch::start(&mut serve(data.path()));
    Kadr::run(&mut serve(data.path())).refused(1, &["already served", "KADR_DATA"]);
    assert_eq!(get(&first, "/healthz").0, 200, "the first one goes on");
    assert_eq!(first.stop().code, Some(0));
}

#[test]
fn a_site_that_is_not_built_is_said() {
    let data = folder();
    let empty = folder();
    let ended = Kadr::run(serve(data.path()).env("KADR_SITE", empty.path()));
    ended.refused(1, &["not built", "cargo xtask build", "KADR_SITE"]);
}

#[test]
fn postgres_needs_a_secret_and_an_answer() {
    let data = folder();
    let url = "postgres://kadr:hunter2@127.0.0.1:1/kadr";
    let ended = Kadr::run(serve(data.path()).env("DATABASE_URL", url));
    ended.refused(1, &["KADR_SECRET"]);
    let secret = "0123456789abcdef0123456789abcdef";
    let ended = Kadr::run(
        serve(data.path())
            .env("DATABASE_URL", url)
            .env("KADR_SECRET", secret),
    );
    ended.refused(1, &["Postgres", "127.0.0.1:1", "DATABASE_URL"]);
    assert!(!ended.err.contains("hunter2"), "{}", ended.err);
}

#[test]
fn redis_may_be_away_at_the_start() {
    let data = folder();
    let launch = Launch::start(serve(data.path()).env("REDIS_URL", "redis://:hunter2@127.0.0.1:1"));
    assert_eq!(get(&launch, "/").0, 200);
    let (status, text) = get(&launch, "/readyz");
    assert_eq!(status, 200, "{text}");
    assert!(text.contains("\"degraded\""), "{text}");
    let ended = launch.stop();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.err.contains("hunter2"), "{}", ended.err);
}

#[test]
fn idle_and_half_open_connections_do_not_hold_up_the_end() {
    let data = folder();
    let launch = Launch::start(&mut serve(data.path()));
    let mut idle = TcpStream::connect(launch.addr).unwrap();
    write!(idle, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut answer = [0_u8; 12];
    idle.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    let mut half = TcpStream::connect(launch.addr).unwrap();
    write!(half, "GET / HTTP/1.1\r\nhost:").unwrap();
    let _silent = TcpStream::connect(launch.addr).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let ended = launch.stop();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.took < AT_ONCE, "{:?}", ended.took);
}

#[test]
fn open_event_streams_end_and_do_not_hold_up_the_end() {
    let data = folder();
    let launch = Launch::start(&mut serve(data.path()));
    let mut streams: Vec<TcpStream> = (0..3)
        .map(|_| {
            let mut stream = TcpStream::connect(launch.addr).unwrap();
            write!(stream, "GET /events HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
            let mut head = [0_u8; 15];
            stream.read_exact(&mut head).unwrap();
            assert_eq!(&head, b"HTTP/1.1 200 OK");
            stream
        })
        .collect();
    let ended = launch.stop();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.took < AT_ONCE, "{:?}", ended.took);
    for stream in &mut streams {
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert!(rest.ends_with("0\r\n\r\n"), "ended, not cut off: {rest}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let data = folder();
    let launch = Launch::start(&mut serve(data.path()));
    // A form that never arrives keeps the server waiting for it.
    let mut slow = TcpStream::connect(launch.addr).unwrap();
    write!(
        slow,
        "POST /ui/preferences/theme HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n"
    )
    .unwrap();
    std::thread::sleep(Duration::from_millis(200));
    launch.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(1500));
    launch.signal(Signal::INT);
    let ended = launch.ended(AT_ONCE);
    assert_eq!(ended.code, Some(1), "{ended:?}");
}

#[test]
fn logs_are_json_when_nobody_watches_and_name_each_request() {
    let data = folder();
    let launch = Launch::start(&mut serve(data.path()));
    let (_, text) = get(&launch, "/?token=hunter2");
    let id = text
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "))
        .unwrap()
        .to_owned();
    let (status, lost) = get(&launch, "/no/such/page");
    assert_eq!(status, 404);
    let lost = lost
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "))
        .unwrap()
        .to_owned();
    let ended = launch.stop();
    let lines: Vec<serde_json::Value> = ended
        .err
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("JSON: {line}")))
        .collect();
    let line = lines
        .iter()
        .find(|line| line["request_id"] == id.as_str())
        .unwrap();
    assert_eq!(line["path"], "/");
    assert_eq!(line["status"], 200);
    let line = lines
        .iter()
        .find(|line| line["request_id"] == lost.as_str());
    assert_eq!(
        line.unwrap()["status"],
        404,
        "an id that is shown is in the log"
    );
    assert!(!ended.err.contains("hunter2"), "the query is not logged");
    let file = fs::read_to_string(data.path().join("logs/kadr.log")).unwrap();
    assert!(file.contains(&id));
}

#[test]
fn a_proxy_that_nobody_named_is_said_once() {
    for (proxies, lines) in [("", 1), ("127.0.0.1", 0)] {
        let data = folder();
        let launch = Launch::start(serve(data.path()).env("KADR_TRUSTED_PROXIES", proxies));
        for _ in 0..3 {
            let mut stream = TcpStream::connect(launch.addr).unwrap();
            write!(
                stream,
                "GET /healthz HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 192.0.2.1\r\n\
                 connection: close\r\n\r\n"
            )
            .unwrap();
            stream.read_to_string(&mut String::new()).unwrap();
        }
        let ended = launch.stop();
        let said = ended.err.matches("KADR_TRUSTED_PROXIES").count();
        assert_eq!(said, lines, "{}", ended.err);
    }
}

#[test]
fn the_log_can_be_for_people() {
    let data = folder();
    let launch = Launch::start(
        serve(data.path())
            .env("KADR_LOG_FORMAT", "human")
            .env("KADR_LOG", "warn,server=info"),
    );
    let ended = launch.stop();
    assert!(
        ended.err.contains("INFO") && !ended.err.contains('{'),
        "{}",
        ended.err
    );
}

#[test]
fn doctor_and_migrate_say_what_they_found() {
    let data = folder();
    let mut doctor = kadr(data.path());
    let found = Kadr::run(doctor.arg("doctor"));
    assert!(found.out.contains("✓ data folder"), "{}", found.out);
    assert!(found.out.contains("✓ database"), "{}", found.out);
    assert!(found.out.contains("– redis"), "{}", found.out);
    assert!(found.out.contains("✓ site"), "{}", found.out);
    assert_eq!(
        fs::read_dir(data.path()).unwrap().count(),
        0,
        "it left nothing behind"
    );

    let migrated = Kadr::run(kadr(data.path()).arg("migrate"));
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    assert!(
        migrated.out.starts_with("The database is at version "),
        "{}",
        migrated.out
    );

    // Percent signs stand for characters, as in every address.
    let folder_with_space = data.path().join("a b");
    fs::create_dir(&folder_with_space).unwrap();
    fs::copy(
        data.path().join("kadr.db"),
        folder_with_space.join("kadr.db"),
    )
    .unwrap();
    let url = format!("sqlite://{}/a%20b/kadr.db", data.path().display());
    let found = Kadr::run(kadr(data.path()).arg("doctor").env("DATABASE_URL", url));
    assert!(found.out.contains("answers, version"), "{}", found.out);

    // Mails become files, but something is in their place: no word about a server.
    fs::write(data.path().join("mail"), "x").unwrap();
    let found = Kadr::run(kadr(data.path()).arg("doctor"));
    assert!(found.out.contains("✗ mail "), "{}", found.out);
    assert!(!found.out.contains("correct SMTP_URL"), "{}", found.out);

    let broken = Kadr::run(
        kadr(data.path())
            .arg("doctor")
            .env("REDIS_URL", "redis://127.0.0.1:1")
            .env("KADR_SITE", data.path()),
    );
    assert_eq!(broken.code, Some(1), "{broken:?}");
    assert!(broken.out.contains("✗ redis"), "{}", broken.out);
    assert!(broken.out.contains("✗ site"), "{}", broken.out);
    assert!(
        broken.out.contains("the next start") || broken.out.contains("version"),
        "{}",
        broken.out
    );
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_worker_runs_beside_the_server_and_ends_when_told() {
    let data = folder();
    let server = Launch::start(serve(data.path()).env("KADR_ROLES", "web"));
    let mut worker = kadr(data.path()).arg("worker").spawn().unwrap();
    let mut line = [0_u8; 19];
    worker
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut line)
        .unwrap();
    assert_eq!(&line, b"Kadr runs as worker");
    let id = rustix::process::Pid::from_raw(i32::try_from(worker.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, Signal::TERM).unwrap();
    assert_eq!(worker.wait().unwrap().code(), Some(0));
    assert!(data.path().join("logs/worker.log").is_file());
    assert_eq!(server.stop().code, Some(0));
}

/// Nothing set at all: the data goes below the working folder.
#[test]
fn without_any_setting_it_works_in_the_working_folder() {
    let home = folder();
    let mut command = kadr(Path::new("unused"));
    command
        .arg("serve")
        .env_remove("KADR_DATA")
        .current_dir(home.path());
    let launch = Launch::start(&mut command);
    assert_eq!(get(&launch, "/readyz").0, 200);
    assert_eq!(launch.stop().code, Some(0));
    assert!(home.path().join("data/kadr.db").is_file());
}

/// Installed alone, without its helper and its site beside it.
#[test]
fn a_lonely_binary_says_what_is_missing() {
    let home = folder();
    let data = folder();
    let alone = home.path().join("kadr");
    fs::copy(env!("CARGO_BIN_EXE_kadr"), &alone).unwrap();
    let run = |command: &str, site: bool| {
        let mut template = kadr(data.path());
        if !site {
            template.env_remove("KADR_SITE");
        }
        let mut process = std::process::Command::new(&alone);
        process.arg(command).stdin(std::process::Stdio::null());
        process
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        process.current_dir(home.path());
        for (name, value) in template.get_envs() {
            match value {
                Some(value) => process.env(name, value),
                None => process.env_remove(name),
            };
        }
        process
    };
    Kadr::run(&mut run("serve", false)).refused(1, &["not built"]);
    let doctor = Kadr::run(&mut run("doctor", true));
    assert_eq!(doctor.code, Some(1));
    assert!(
        doctor
            .out
            .contains("✗ media helper  kadr-media is not beside"),
        "{}",
        doctor.out
    );
    let mut kadr_beside_site = run("serve", false);
    copy_folder(crate::harness::built_site(), &home.path().join("site"));
    let beside = Launch::start(kadr_beside_site.current_dir("/"));
    assert_eq!(get(&beside, "/robots.txt").0, 200);
    assert_eq!(beside.stop().code, Some(0));
    // One that hangs is as good as none, and nobody waits for it.
    let helper = home.path().join("kadr-media");
    fs::write(&helper, "#!/bin/sh\nexec sleep 60\n").unwrap();
    fs::set_permissions(&helper, PermissionsExt::from_mode(0o755)).unwrap();
    let hanging = Launch::start(&mut run("serve", true));
    let asked = Instant::now();
    let (status, text) = get(&hanging, "/readyz");
    assert!(
        asked.elapsed() < Duration::from_secs(8),
        "{:?}",
        asked.elapsed()
    );
    assert_eq!(status, 200, "{text}");
    assert!(
        text.contains("The media helper does not answer in time."),
        "{text}"
    );
    assert_eq!(hanging.stop().code, Some(0));
    fs::remove_file(&helper).unwrap();
    let launch = Launch::start(&mut run("serve", true));
    let (status, text) = get(&launch, "/readyz");
    assert_eq!(status, 200, "{text}");
    assert!(
        text.contains("\"degraded\"") && text.contains("media"),
        "{text}"
    );
    assert_eq!(launch.stop().code, Some(0));
}
