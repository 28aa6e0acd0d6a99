//! Mails from the job to the mail server or the file, with the built `kadr` as the worker.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use backend::{
    Backend, Settings,
    jobs::JobView,
    mail::{Letter, Recipient, SendMail},
};
use domain::{ids::JobId, jobs::JobState, language::Language};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::sleep,
};

use crate::harness::{Kadr, Launch, kadr};

const PATIENT: Duration = Duration::from_secs(20);

fn letter(address: &str) -> SendMail {
    SendMail {
        to: Recipient {
            address: address.to_owned(),
            name: Some("Оля".to_owned()),
            language: Language::Uk,
        },
        letter: Letter::Test,
    }
}

/// A `kadr` that works on a folder, and the services over the same database.
struct House {
    data: tempfile::TempDir,
    kadr: Launch,
    backend: Backend,
}

impl House {
    async fn open(smtp_url: Option<&str>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut command = kadr(data.path());
        command.arg("serve");
        if let Some(url) = smtp_url {
            command.env("SMTP_URL", url);
        }
        let kadr = tokio::task::spawn_blocking(move || Launch::start(&mut command))
            .await
            .unwrap();
        let backend = Backend::open(Settings::new(data.path())).await.unwrap();
        Self {
            data,
            kadr,
            backend,
        }
    }

    async fn send(&self, address: &str) -> JobId {
        self.backend.jobs.submit(&letter(address)).await.unwrap()
    }

    /// The job once `good` says so.
    async fn until(&self, id: JobId, good: impl Fn(&JobView) -> bool) -> JobView {
        let begun = Instant::now();
        loop {
            let job = self.backend.jobs.get(id).await.unwrap().unwrap();
            if good(&job) {
                return job;
            }
            assert!(begun.elapsed() < PATIENT, "{job:?}");
            sleep(Duration::from_millis(30)).await;
        }
    }

    fn mails(&self) -> Vec<PathBuf> {
        files(&self.data.path().join("mail"))
    }

    async fn close(self) {
        self.backend.close().await;
        let ended = tokio::task::spawn_blocking(move || self.kadr.stop())
            .await
            .unwrap();
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).map_or_else(
        |_| Vec::new(),
        |entries| entries.map(|entry| entry.unwrap().path()).collect(),
    )
}

/// A mail server with an answer to each `RCPT`, the last one for all that follow.
async fn mail_server(answers: &'static [&'static str]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let mails = Arc::<Mutex<Vec<String>>>::default();
    let asked = Arc::<Mutex<usize>>::default();
    let kept = Arc::clone(&mails);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, answers, Arc::clone(&asked), Arc::clone(&kept)));
        }
    });
    (url, mails)
}

async fn talk(
    stream: TcpStream,
    answers: &'static [&'static str],
    asked: Arc<Mutex<usize>>,
    mails: Arc<Mutex<Vec<String>>>,
) {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 test\r\n").await.unwrap();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let answer = match line.get(..4) {
            Some("RCPT") => {
                let mut asked = asked.lock().unwrap();
                *asked += 1;
                answers[(*asked - 1).min(answers.len() - 1)]
            }
            Some("DATA") => {
                stream.write_all(b"354 go\r\n").await.unwrap();
                let mut mail = String::new();
                while !mail.ends_with("\r\n.\r\n") {
                    if stream.read_line(&mut mail).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                mails.lock().unwrap().push(mail);
                "250 kept"
            }
            _ => "250 fine",
        };
        if stream
            .write_all(format!("{answer}\r\n").as_bytes())
            .await
            .is_err()
        {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_mail_server_a_mail_is_a_file_and_its_link_is_in_the_log() {
    let house = House::open(None).await;
    let id = house.send("olja@mail.example").await;
    let job = house.until(id, |job| job.state.is_final()).await;
    assert_eq!(job.state, JobState::Done, "{job:?}");
    let [file] = &house.mails()[..] else {
        panic!("{:?}", house.mails());
    };
    assert!(file.to_str().unwrap().ends_with(&format!("Z-{id}.eml")));
    let mail = std::fs::read_to_string(file).unwrap();
    assert!(
        mail.contains(&format!("Message-ID: <{id}@127.0.0.1>")),
        "{mail}"
    );
    assert!(mail.contains("To: ") && mail.contains("<olja@mail.example>"));
    let link = format!("its link is http://{}/", house.kadr.addr);
    let read = || {
        files(&house.data.path().join("logs"))
            .iter()
            .map(|file| std::fs::read_to_string(file).unwrap())
            .collect::<String>()
    };
    // The log is written by a thread of its own, after the mail.
    let mut logged = read();
    for _ in 0..400 {
        if logged.contains(&link) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
        logged = read();
    }
    assert!(logged.contains(&link), "{logged}");
    assert!(
        !logged.contains("olja@"),
        "nobody's address belongs in a log"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_is_busy_is_asked_again_until_it_takes_the_mail_once() {
    let (url, mails) = mail_server(&["450 greylisted", "451 still busy", "250 fine"]).await;
    let house = House::open(Some(&url)).await;
    let id = house.send("olja@mail.example").await;
    let job = house
        .until(id, |job| job.state == JobState::Queued && job.tries > 0)
        .await;
    // What the server said is for the log: whoever knows the id may read the reason.
    assert_eq!(
        job.error.as_deref(),
        Some("The mail server can not take the mail now.")
    );
    let job = house.until(id, |job| job.state.is_final()).await;
    assert_eq!(job.state, JobState::Done, "{job:?}");
    let mails = mails.lock().unwrap().clone();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains(&format!("Message-ID: <{id}@127.0.0.1>")));
    assert!(house.mails().is_empty(), "it went to the mail server alone");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_nobody_has_fails_at_once_in_our_own_words() {
    let (url, mails) = mail_server(&["550 5.1.1 no such mailbox"]).await;
    let house = House::open(Some(&url)).await;
    let id = house.send("nobody@mail.example").await;
    let job = house.until(id, |job| job.state.is_final()).await;
    assert_eq!(job.state, JobState::Failed, "{job:?}");
    assert_eq!(job.tries, 1, "asked again for nothing");
    assert_eq!(
        job.error.as_deref(),
        Some("The mail server does not accept this mail for this address.")
    );
    assert!(mails.lock().unwrap().is_empty());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_sends_a_test_mail_when_asked_and_only_then() {
    let (url, mails) = mail_server(&["250 fine", "550 no such mailbox"]).await;
    let data = tempfile::tempdir().unwrap();
    let doctor = async |smtp_url: Option<&str>, address: Option<&str>| {
        let mut command = kadr(data.path());
        command.arg("doctor");
        if let Some(url) = smtp_url {
            command.env("SMTP_URL", url);
        }
        if let Some(address) = address {
            command.args(["--mail", address]);
        }
        tokio::task::spawn_blocking(move || Kadr::run(&mut command))
            .await
            .unwrap()
            .out
    };
    let line = |out: &str| {
        let found = out.lines().find(|line| line.contains("test mail"));
        found.unwrap_or_default().to_owned()
    };
    let out = doctor(Some(&url), None).await;
    assert_eq!(line(&out), "", "{out}");
    assert!(mails.lock().unwrap().is_empty());

    let out = doctor(Some(&url), Some("me@mail.example")).await;
    assert!(line(&out).starts_with("✓"), "{out}");
    assert_eq!(mails.lock().unwrap().len(), 1);

    let out = doctor(Some(&url), Some("nobody@mail.example")).await;
    assert!(
        line(&out).starts_with("✗") && line(&out).contains("550 no such mailbox"),
        "{out}"
    );
    let out = doctor(Some(&url), Some("nobody")).await;
    assert!(line(&out).contains("not a mail address"), "{out}");

    let out = doctor(None, Some("me@mail.example")).await;
    assert!(
        line(&out).starts_with("✓") && line(&out).contains(".eml"),
        "{out}"
    );
    assert_eq!(files(&data.path().join("mail")).len(), 1);
}
