//! The child process itself, played by a shell script.

use std::{os::unix::fs::PermissionsExt as _, path::PathBuf, time::Duration};

use backend::transcode::{Child, Engine as _, Helper};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

fn script(folder: &TempDir, text: &str) -> Helper {
    let path: PathBuf = folder.path().join("helper");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    Helper::at(path)
}

/// Writing a program and running it at once may meet another thread that is just forking with
/// the file still open.
async fn start(helper: &Helper) -> Box<dyn Child> {
    for _ in 0..100 {
        match helper.start().await {
            Ok(child) => return child,
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                sleep(Duration::from_millis(10)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the script stays busy");
}

#[tokio::test]
async fn lines_go_in_and_come_out() {
    let folder = tempfile::tempdir().unwrap();
    let helper = script(
        &folder,
        "echo a complaint >&2; while read line; do echo \"heard $line\"; done; echo bye > ended",
    );
    let mut child = start(&helper).await;
    child.tell("one").await.unwrap();
    assert_eq!(child.hear().await.unwrap().as_deref(), Some("heard one"));
    child.tell("two").await.unwrap();
    assert_eq!(child.hear().await.unwrap().as_deref(), Some("heard two"));
    // Who is asked and not waited for loses nothing.
    assert!(
        timeout(Duration::from_millis(30), child.hear())
            .await
            .is_err()
    );
    child.tell("three").await.unwrap();
    assert_eq!(child.hear().await.unwrap().as_deref(), Some("heard three"));
    assert!(child.log().contains("a complaint"));
    assert!(child.end().await.contains("signal: 9"), "it was not killed");
    assert_eq!(child.hear().await.unwrap(), None);
}

#[tokio::test]
async fn it_gets_nothing_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let helper = script(
        &folder,
        "env | cut -d= -f1 | sort | tr '\\n' ' '; echo; read end",
    );
    let mut child = start(&helper).await;
    let names = child.hear().await.unwrap().unwrap();
    for name in names.split_whitespace() {
        assert!(
            [
                "PATH",
                "LD_LIBRARY_PATH",
                "LANG",
                "TMPDIR",
                "MALLOC_ARENA_MAX",
                "MALLOC_MMAP_THRESHOLD_",
                "PWD",
                "OLDPWD",
                "_",
                "SHLVL"
            ]
            .contains(&name),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_dead_one_says_how_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(&script(&folder, "echo half a li; printf ne; kill -SEGV $$")).await;
    assert_eq!(child.hear().await.unwrap().as_deref(), Some("half a li"));
    assert_eq!(child.hear().await.unwrap(), None);
    assert!(child.end().await.contains("11"), "SIGSEGV");
}

#[tokio::test]
async fn one_that_is_dropped_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(&script(&folder, "echo $$; while true; do sleep 1; done")).await;
    let pid = child.hear().await.unwrap().unwrap();
    let proc = PathBuf::from(format!("/proc/{pid}/cmdline"));
    assert!(!std::fs::read(&proc).unwrap().is_empty());
    drop(child);
    for _ in 0..100 {
        // A zombie has no command line any more.
        if std::fs::read(&proc).map_or(true, |line| line.is_empty()) {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("it lives");
}
