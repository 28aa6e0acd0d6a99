//! A real process that is killed, or asked to stop, in the middle of an upload.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tokio::io::AsyncWriteExt;

use super::{Tus, bytes, hear, token, until};
use crate::harness::{Launch, kadr};

const ROUNDS: usize = 8;

fn serve(data: &Path) -> Launch {
    let mut command = kadr(data);
    command
        .arg("serve")
        .env("KADR_ADMIN_EMAIL", "ada@mail.example")
        .env("KADR_ADMIN_PASSWORD", "correct horse battery");
    Launch::start(&mut command)
}

async fn ada(launch: &Launch) -> Tus {
    let token = token(launch.addr, "ada@mail.example", "correct horse battery").await;
    let addr = launch.addr;
    Tus { addr, token }
}

/// The only original there is.
fn original(data: &Path) -> Vec<u8> {
    let folders = std::fs::read_dir(data.join("media/originals")).unwrap();
    let files: Vec<_> = folders
        .flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    std::fs::read(&files[0]).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_being_killed() {
    let data = tempfile::tempdir().unwrap();
    let all = bytes(1, 8_000_000);
    let mut launch = serve(data.path());
    let mut tus = ada(&launch).await;
    let upload = tus.begin(all.len()).await;
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        let offset = tus.offset(&upload).await;
        assert!(
            offset >= acknowledged,
            "back from {acknowledged} to {offset}"
        );
        let mut stream = tus.open(&upload, offset, all.len() - offset).await;
        let end = offset + 900_000;
        let half = offset + 300_000 + round * 50_000;
        stream.write_all(&all[offset..half]).await.unwrap();
        if round % 2 == 0 {
            // A running request is asked.
            until(async || {
                acknowledged = tus.offset(&upload).await;
                acknowledged > offset
            })
            .await;
        }
        stream.write_all(&all[half..end]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(37 * round as u64)).await;
        launch.signal(Signal::KILL);
        launch.ended(Duration::from_secs(10));
        launch = serve(data.path());
        tus = Tus {
            addr: launch.addr,
            token: tus.token,
        };
    }
    let offset = tus.offset(&upload).await;
    assert!(offset >= acknowledged);
    tus.patch(&upload, offset, &all[offset..]).await.expect(204);
    tus.head(&upload)
        .await
        .expect(200)
        .has("upload-offset", "8000000");
    assert!(original(data.path()) == all, "every byte, once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_stop_it_keeps_what_came() {
    let data = tempfile::tempdir().unwrap();
    let all = bytes(2, 3_000_000);
    let launch = serve(data.path());
    let tus = ada(&launch).await;
    let upload = tus.begin(all.len()).await;
    let mut running = tus.open(&upload, 0, all.len()).await;
    running.write_all(&all[..1_500_000]).await.unwrap();
    until(async || tus.offset(&upload).await == 1_500_000).await;
    running.write_all(&all[1_500_000..1_700_000]).await.unwrap();
    // Written down, though nobody asked how far it is.
    until(async || original(data.path()).len() == 1_700_000).await;
    let began = Instant::now();
    launch.signal(Signal::TERM);
    let answer = hear(&mut running).await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("upload_stopping"), "{answer}");
    drop(running);
    let ended = launch.ended(Duration::from_secs(20));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "nobody waits for a sender"
    );

    let launch = serve(data.path());
    let tus = tus.at(launch.addr);
    assert_eq!(tus.offset(&upload).await, 1_700_000);
    tus.patch(&upload, 1_700_000, &all[1_700_000..])
        .await
        .expect(204);
    assert!(original(data.path()) == all);
    assert_eq!(launch.stop().code, Some(0));
}
