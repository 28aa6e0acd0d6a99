//! Mails as they leave: what they say, and what becomes of them at a mail server.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use domain::{ids::JobId, language::Language};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::{
    Carrier, Letter, Mail, MailError, Recipient,
    compose::{self, one_line},
    job::{SendMail, reason},
    letter::Site,
    outbox, render, texts,
};
use crate::{jobs::JobError, settings::Settings};

fn viewer() -> Recipient {
    Recipient {
        address: "viewer@mail.example".to_owned(),
        name: Some("Vi Ewer".to_owned()),
        language: Language::En,
    }
}

fn settings(data: &Path, smtp_url: Option<String>) -> Settings {
    Settings {
        smtp_url,
        mail_from: "Kadr <kadr@videos.example>".to_owned(),
        public_url: "https://videos.example".to_owned(),
        ..Settings::new(data)
    }
}

/// The parts of a mail as a reader sees them: plain text, then HTML.
fn parts(mail: &str) -> (String, String) {
    let decode = |part: &str| {
        let (head, body) = part.split_once("\r\n\r\n").unwrap();
        if head.to_lowercase().contains("base64") {
            let clean: String = body.split_whitespace().collect();
            String::from_utf8(base64(&clean)).unwrap()
        } else if head.to_lowercase().contains("quoted-printable") {
            quoted_printable(body)
        } else {
            body.to_owned()
        }
    };
    let boundary = mail.split("boundary=\"").nth(1).unwrap();
    let boundary = boundary.split('"').next().unwrap();
    let fence = format!("--{boundary}");
    let mut found = mail.split(&fence).skip(1);
    let (text, html) = (found.next().unwrap(), found.next().unwrap());
    assert!(text.contains("text/plain") && html.contains("text/html"));
    (decode(text), decode(html))
}

fn base64(text: &str) -> Vec<u8> {
    let of = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let (mut out, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for c in text.bytes().filter(|c| *c != b'=') {
        bits = bits << 6 | u32::from(of(c));
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    out
}

fn quoted_printable(text: &str) -> String {
    let text = text.replace("=\r\n", "");
    let (mut out, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'=' && tail.len() >= 2 {
            let hex = std::str::from_utf8(&tail[..2]).unwrap();
            out.push(u8::from_str_radix(hex, 16).unwrap());
            rest = &tail[2..];
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(out).unwrap()
}

fn placeholders(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = text
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn catalogues_have_the_same_keys_and_placeholders() {
    type Catalogue = std::collections::BTreeMap<String, std::collections::BTreeMap<String, String>>;
    let read = |language| -> Catalogue { serde_json::from_str(texts::source(language)).unwrap() };
    let english = read(Language::En);
    for language in Language::ALL {
        // Parses into the struct: no key missing, none too many.
        let _ = texts::Texts::of(language);
        for (letter, said) in read(language) {
            for (key, text) in said {
                assert!(
                    !text.trim().is_empty(),
                    "{language:?} {letter}.{key} is empty"
                );
                assert_eq!(
                    placeholders(&text),
                    placeholders(&english[&letter][&key]),
                    "{language:?} {letter}.{key}"
                );
                if language != Language::En {
                    assert_ne!(text, english[&letter][&key], "{language:?} {letter}.{key}");
                }
            }
        }
    }
}

#[test]
fn nothing_stays_unfilled_and_nobody_is_greeted_without_words() {
    let site = Site::new("https://videos.example:8443");
    for letter in Letter::samples() {
        for language in Language::ALL {
            for name in [None, Some("  ".to_owned()), Some("Оля".to_owned())] {
                let to = Recipient {
                    name: name.clone(),
                    language,
                    ..viewer()
                };
                let content = letter.content(&to, &site);
                let (text, html) = (render::text(&content), render::html(&content, language));
                assert_eq!(placeholders(&text), Vec::<&str>::new());
                assert!(
                    !html.contains("{{") && !html.contains("{site}") && !html.contains("{name}")
                );
                assert!(html.contains(&format!(r#"<html lang="{}""#, language.code())));
                assert_eq!(text.contains("Оля"), name.as_deref() == Some("Оля"));
                assert!(!content.subject.is_empty() && content.subject.chars().count() <= 60);
                for said in [&text, &html] {
                    assert!(said.contains("videos.example:8443"), "{said}");
                    let link = content.link.as_ref();
                    assert!(link.is_none_or(|link| said.contains(&link.url)), "{said}");
                }
            }
        }
    }
}

#[test]
fn what_a_person_calls_themself_is_neither_markup_nor_a_placeholder_nor_a_header() {
    let to = Recipient {
        name: Some("<b onclick=\"x\">{site}</b>\r\nBcc: all@mail.example".to_owned()),
        ..viewer()
    };
    let id = JobId::generate();
    let from = "Kadr <kadr@videos.example>".parse().unwrap();
    let site = Site::new("https://videos.example");
    let composed = compose::compose(id, &from, &to, &Letter::Test, &site).unwrap();
    let mail = String::from_utf8(composed.message.formatted()).unwrap();
    let (head, _) = mail.split_once("\r\n\r\n").unwrap();
    assert!(
        !head
            .lines()
            .any(|line| line.to_lowercase().starts_with("bcc")),
        "{head}"
    );
    assert_eq!(composed.message.envelope().to().len(), 1);
    let (text, html) = parts(&mail);
    assert!(
        text.contains("<b onclick=\"x\">{site}</b> Bcc: all@mail.example"),
        "{text}"
    );
    assert!(
        html.contains("&lt;b onclick=&quot;x&quot;&gt;{site}&lt;/b&gt;"),
        "{html}"
    );
    assert!(!html.contains("<b onclick"));
}

#[test]
fn one_line_is_one_line() {
    assert_eq!(one_line(" a\r\nb\u{2028}\tc\u{0} "), "a b c");
    assert_eq!(one_line(&"я".repeat(500)).chars().count(), 100);
}

/// WCAG 2.2: 4.5 : 1 for text.
#[test]
fn every_text_can_be_read_by_day_and_by_night() {
    let channel = |hex: &str| {
        let c = f64::from(u8::from_str_radix(hex, 16).unwrap()) / 255.0;
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    };
    let light = |hex: &str| {
        0.2126 * channel(&hex[1..3]) + 0.7152 * channel(&hex[3..5]) + 0.0722 * channel(&hex[5..7])
    };
    let contrast = |a: &str, b: &str| {
        let (a, b) = (light(a), light(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    };
    for p in [render::LIGHT, render::DARK] {
        for (ink, ground) in [
            (p.text, p.canvas),
            (p.text, p.surface),
            (p.soft, p.canvas),
            (p.soft, p.surface),
            (p.link, p.surface),
            (p.on_accent, p.accent),
        ] {
            let ratio = contrast(ink, ground);
            assert!(ratio >= 4.5, "{ink} on {ground}: {ratio:.2}");
        }
    }
}

#[tokio::test]
async fn without_a_mail_server_mails_are_whole_files_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let data = tempfile::tempdir().unwrap();
    let mail = Mail::open(&settings(data.path(), None)).unwrap();
    let folder = data.path().join("mail");
    assert_eq!(mail.check().await.unwrap(), Carrier::File(folder.clone()));

    let id = JobId::generate();
    let to = Recipient {
        language: Language::Uk,
        ..viewer()
    };
    let Carrier::File(file) = mail.send(id, &to, &Letter::Test).await.unwrap() else {
        panic!("not a file");
    };
    let first = std::fs::read_to_string(&file).unwrap();
    assert!(
        first.contains("From: Kadr <kadr@videos.example>\r\n"),
        "{first}"
    );
    assert!(
        first.contains("To: \"Vi Ewer\" <viewer@mail.example>\r\n"),
        "{first}"
    );
    assert!(
        first.contains(&format!("Message-ID: <{id}@videos.example>\r\n")),
        "{first}"
    );
    assert!(first.contains("Auto-Submitted: auto-generated\r\n"));
    assert!(first.contains("Content-Language: uk\r\n"));
    let (text, html) = parts(&first);
    assert!(text.contains("Вітаємо, Vi Ewer!"), "{text}");
    assert!(html.contains("href=\"https://videos.example/\""), "{html}");

    // A second try is the same mail, not a second one.
    let again = mail.send(id, &to, &Letter::Test).await.unwrap();
    assert_eq!(again, Carrier::File(file.clone()));
    let names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, [file.file_name().unwrap()]);

    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
}

#[tokio::test]
async fn an_outbox_that_can_not_be_written_says_where() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(
        data.path().join("mail"),
        "a file where the folder should be",
    )
    .unwrap();
    let mail = Mail::open(&settings(data.path(), None)).unwrap();
    for error in [
        mail.check().await.unwrap_err(),
        mail.send(JobId::generate(), &viewer(), &Letter::Test)
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.code(), "mail_outbox_unwritable");
        assert!(error.to_string().contains("/mail/"), "{error}");
        let JobError::Retry { reason } = reason(&error) else {
            panic!("{error} is not tried again");
        };
        assert_eq!(reason, "The mail could not be written to its folder.");
    }
}

#[test]
fn the_name_of_a_file_is_its_time() {
    use std::time::SystemTime;
    for (seconds, stamp) in [
        (0, "19700101T000000Z"),
        (951_782_399, "20000228T235959Z"),
        (951_782_400, "20000229T000000Z"),
        (1_709_251_200, "20240301T000000Z"),
        (1_795_171_360, "20261120T104240Z"),
        (4_107_542_399, "21000228T235959Z"),
        (4_107_542_400, "21000301T000000Z"),
    ] {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(outbox::stamp(time), stamp);
    }
}

#[test]
fn a_mail_job_is_stored_readably_and_comes_back() {
    let job = SendMail {
        to: viewer(),
        letter: Letter::Test,
    };
    let text = serde_json::to_string(&job).unwrap();
    assert_eq!(
        text,
        r#"{"to":{"address":"viewer@mail.example","name":"Vi Ewer","language":"en"},"letter":"test"}"#
    );
    assert_eq!(serde_json::from_str::<SendMail>(&text).unwrap(), job);
}

/// A mail server that answers one command in its own way.
#[derive(Clone, Default)]
struct Server {
    /// Answers to `command`, used up one by one; then everything is fine.
    moods: Arc<Mutex<Vec<(&'static str, &'static str)>>>,
    mails: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<u32>>,
}

impl Server {
    async fn start(moods: &[(&'static str, &'static str)]) -> (Self, String) {
        let server = Self::default();
        *server.moods.lock().unwrap() = moods.to_vec();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *accepting.connections.lock().unwrap() += 1;
                tokio::spawn(accepting.clone().talk(stream));
            }
        });
        (server, address)
    }

    /// The special answer to this command, if its turn has come.
    fn mood(&self, command: &str) -> Option<&'static str> {
        let mut moods = self.moods.lock().unwrap();
        let at = moods
            .iter()
            .position(|(name, _)| command.starts_with(name))?;
        Some(moods.remove(at).1)
    }

    async fn talk(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 test\r\n").await.unwrap();
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let command = line.trim().to_uppercase();
            let answer = match self.mood(&command) {
                Some("hang") => return std::future::pending().await,
                Some("close") => return,
                Some(answer) => answer.to_owned(),
                None if command.starts_with("EHLO") => {
                    "250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN".to_owned()
                }
                None if command.starts_with("AUTH") => "235 hello".to_owned(),
                None if command == "DATA" => {
                    stream.write_all(b"354 go\r\n").await.unwrap();
                    let mut mail = String::new();
                    while !mail.ends_with("\r\n.\r\n") {
                        if stream.read_line(&mut mail).await.unwrap_or(0) == 0 {
                            return;
                        }
                    }
                    self.mails.lock().unwrap().push(mail);
                    "250 kept".to_owned()
                }
                None => "250 fine".to_owned(),
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

    fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }
}

fn through(address: &str) -> Mail {
    let settings = settings(
        Path::new("/nonexistent"),
        Some(format!("smtp://me:pw@{address}")),
    );
    Mail::open_within(&settings, Duration::from_secs(2)).unwrap()
}

async fn sent(mail: &Mail) -> Result<Carrier, MailError> {
    mail.send(JobId::generate(), &viewer(), &Letter::Test).await
}

#[tokio::test]
async fn a_mail_server_gets_the_mail_over_one_connection() {
    let (server, address) = Server::start(&[]).await;
    let mail = through(&address);
    assert_eq!(
        mail.check().await.unwrap(),
        Carrier::Server(address.clone())
    );
    assert!(server.mails().is_empty(), "checking sends nothing");
    for _ in 0..3 {
        // The connection goes back to where the next mail finds it in a task of its own.
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(sent(&mail).await.unwrap(), Carrier::Server(address.clone()));
    }
    let mails = server.mails();
    assert_eq!(mails.len(), 3);
    assert!(
        mails[0].contains("Subject: Kadr can send mail\r\n"),
        "{}",
        mails[0]
    );
    assert_eq!(
        *server.connections.lock().unwrap(),
        1,
        "the connection is kept"
    );
}

#[tokio::test]
async fn not_now_means_later() {
    for moods in [
        &[("RCPT", "450 greylisted, come back")][..],
        &[("MAIL", "421 too busy")],
        &[("DATA", "451 disk trouble")],
        &[("EHLO", "554 no service here"); 2],
        &[("DATA", "close")],
    ] {
        let (server, address) = Server::start(moods).await;
        let mail = through(&address);
        let error = sent(&mail).await.unwrap_err();
        assert!(!error.is_client_fault(), "{moods:?}: {error}");
        assert!(
            matches!(reason(&error), JobError::Retry { .. }),
            "{moods:?}"
        );
        sent(&mail).await.unwrap();
        assert_eq!(server.mails().len(), 1, "{moods:?}");
    }
}

#[tokio::test]
async fn never_means_never_and_the_log_says_what_the_server_said() {
    let (server, address) = Server::start(&[("RCPT", "550 5.1.1 no such user")]).await;
    let mail = through(&address);
    let error = sent(&mail).await.unwrap_err();
    assert_eq!(error.code(), "mail_refused");
    assert!(error.is_client_fault());
    let JobError::Permanent { reason } = reason(&error) else {
        panic!("{error} is tried again");
    };
    assert!(
        error.to_string().contains("550 5.1.1 no such user"),
        "{error}"
    );
    // The page of the job is for more eyes than the log.
    assert_eq!(
        reason,
        "The mail server does not accept this mail for this address."
    );
    assert!(server.mails().is_empty());
    // The next mail is none the worse for it.
    sent(&mail).await.unwrap();
}

#[tokio::test]
async fn a_refused_login_is_ours_to_mend_not_the_recipients() {
    let (_server, address) = Server::start(&[("AUTH", "535 wrong password")]).await;
    let error = sent(&through(&address)).await.unwrap_err();
    assert_eq!(error.code(), "smtp_login_refused");
    assert!(!error.is_client_fault());
    assert!(!error.to_string().contains("pw"), "{error}");
}

#[tokio::test]
async fn a_server_that_hangs_is_left_in_time() {
    for command in ["EHLO", "RCPT", "DATA"] {
        let (_server, address) = Server::start(&[(command, "hang")]).await;
        let start = Instant::now();
        let error = sent(&through(&address)).await.unwrap_err();
        assert_eq!(error.code(), "smtp_timeout", "{command}: {error}");
        assert!(start.elapsed() < Duration::from_secs(4), "{command}");
        assert!(!error.is_client_fault());
    }
}

#[tokio::test]
async fn nobody_there_is_said_in_a_sentence() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let mail = through(&address);
    for error in [
        mail.check().await.unwrap_err(),
        sent(&mail).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "smtp_unavailable", "{error}");
        assert!(
            error.to_string().to_lowercase().contains("refused"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_encrypted_way_is_insisted_on() {
    let (server, address) = Server::start(&[]).await;
    let settings = settings(
        Path::new("/nonexistent"),
        Some(format!("smtp://me:pw@{address}?tls=required")),
    );
    let mail = Mail::open_within(&settings, Duration::from_secs(2)).unwrap();
    let error = sent(&mail).await.unwrap_err();
    assert!(!error.is_client_fault(), "{error}");
    assert!(server.mails().is_empty(), "sent in the clear");
}

#[tokio::test]
async fn what_is_no_address_is_nobodys_mail() {
    let data = tempfile::tempdir().unwrap();
    let mail = Mail::open(&settings(data.path(), None)).unwrap();
    for address in ["", "nobody", "a@b\r\nBcc: c@d", "a@b, c@d", "@"] {
        let to = Recipient {
            address: address.to_owned(),
            ..viewer()
        };
        let error = mail
            .send(JobId::generate(), &to, &Letter::Test)
            .await
            .expect_err(address);
        assert_eq!(error.code(), "mail_address_invalid", "{address:?}");
        assert!(matches!(reason(&error), JobError::Permanent { .. }));
    }
}

#[tokio::test]
async fn settings_that_can_not_work_are_said_so_at_the_start() {
    let data = Path::new("/nonexistent");
    let wrong_from = Settings {
        mail_from: "nobody".to_owned(),
        ..settings(data, None)
    };
    assert_eq!(
        Mail::open(&wrong_from).unwrap_err().code(),
        "mail_from_invalid"
    );
    let wrong_url = settings(data, Some("mail.example:25".to_owned()));
    assert_eq!(
        Mail::open(&wrong_url).unwrap_err().code(),
        "smtp_url_invalid"
    );
}
