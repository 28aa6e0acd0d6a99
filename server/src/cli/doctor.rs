//! `kadr doctor`: looks at everything the server needs and says what to do about it.
//! It leaves things as they are: no migration, what it makes to try a folder it takes away
//! again, and it sends a mail only when asked for one.

use std::{
    io::{IsTerminal, Write},
    time::Duration,
};

use backend::{
    Backend,
    db::{Db, OpenError, Options},
    mail::{Carrier, Letter, Recipient},
};
use domain::{ids::JobId, language::Language};
use percent_encoding::percent_decode_str;

use super::{BROKEN, FINE};
use crate::{
    config::Settings,
    http::{Site, find_site},
    start::{self, StartError},
};

/// Databases that do not answer by then do not answer a server either.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was found about one thing.
enum Finding {
    Good(String),
    /// Not used, or nothing to worry about.
    Skipped(String),
    /// It works without, but something is missing.
    Doubtful(String),
    Broken(String),
}

use Finding::{Broken, Doubtful, Good, Skipped};

pub(super) async fn run(settings: Settings, mail_to: Option<String>) -> Result<u8, StartError> {
    let mut report = Report { broken: false };
    let folder = data_folder(&settings);
    let folder_is_good = !matches!(folder, Broken(_));
    report.line("data folder", folder);
    report.line("disk", disk(&settings));
    report.line(
        "database",
        if folder_is_good {
            database(&settings).await
        } else {
            Skipped("needs the data folder".to_owned())
        },
    );
    report.line("secret", secret(&settings));
    // Mail and Redis are asked through the same services a server uses; they live over a
    // database that is thrown away.
    match services(&settings).await {
        Ok((backend, _folder)) => {
            report.line("redis", redis(&settings, &backend).await);
            report.line("mail", mail(&backend).await);
            if let Some(address) = mail_to {
                report.line("test mail", test_mail(&backend, address).await);
            }
            backend.close().await;
        }
        Err(sentence) => report.line("services", Broken(sentence)),
    }
    report.line(
        "media helper",
        match start::helper_version().await {
            Ok(version) => Good(version),
            Err(error) => Broken(error.to_string()),
        },
    );
    report.line("site", site(&settings));
    report.line("listen", listen(&settings).await);
    Ok(if report.broken { BROKEN } else { FINE })
}

struct Report {
    broken: bool,
}

impl Report {
    fn line(&mut self, what: &str, finding: Finding) {
        let (mark, colour, text) = match finding {
            Good(text) => ("✓", "32", text),
            Skipped(text) => ("–", "2", text),
            Doubtful(text) => ("!", "33", text),
            Broken(text) => {
                self.broken = true;
                ("✗", "31", text)
            }
        };
        let mut out = std::io::stdout().lock();
        let mark = if out.is_terminal() {
            format!("\x1b[{colour}m{mark}\x1b[0m")
        } else {
            mark.to_owned()
        };
        // A closed pipe ends nobody's check-up.
        let _closed = writeln!(out, "{mark} {what:<13} {text}");
    }
}

fn data_folder(settings: &Settings) -> Finding {
    let folder = &settings.data.folder;
    if !folder.exists() {
        return match start::prepare(folder).and_then(|()| {
            std::fs::remove_dir(folder).map_err(|source| StartError::writing(folder, source))
        }) {
            Ok(()) => Good(format!(
                "{} will be made by the first start",
                folder.display()
            )),
            Err(error) => Broken(error.to_string()),
        };
    }
    match start::prepare(folder) {
        Ok(()) => Good(format!("{} can be written", folder.display())),
        Err(error) => Broken(error.to_string()),
    }
}

fn disk(settings: &Settings) -> Finding {
    let folder = &settings.data.folder;
    let existing = folder.ancestors().find(|path| path.exists());
    match start::free_space(existing.unwrap_or(folder)) {
        Ok(free) if free < start::LOW_SPACE => Broken(format!(
            "only {free} are free: make room, or set KADR_DATA to a folder on another disk"
        )),
        Ok(free) => Good(format!("{free} are free")),
        Err(error) => Doubtful(format!(
            "the system does not tell how much is free ({error})"
        )),
    }
}

async fn database(settings: &Settings) -> Finding {
    let url = settings.data.database_url();
    if !settings.data.is_shared() && !database_file(settings).is_some_and(|file| file.exists()) {
        return Good("will be made by the first start".to_owned());
    }
    let options = Options {
        migrate: false,
        patience: PATIENCE,
        ..Options::default()
    };
    let db = match Db::open_with(&url, &settings.data.folder, options).await {
        Ok(db) => db,
        Err(error) => return Broken(error.to_string()),
    };
    let status = db.status().await;
    let engine = db.engine().name();
    db.close().await;
    match status {
        Err(error) => Broken(error.to_string()),
        Ok(status) if !status.unknown.is_empty() => Broken(
            OpenError::Newer {
                found: status.version(),
                known: status.applied.last().map_or(0, |step| step.version),
            }
            .to_string(),
        ),
        Ok(status) if status.pending.is_empty() => {
            Good(format!("{engine} answers, version {}", status.version()))
        }
        Ok(status) => Good(format!(
            "{engine} answers; the next start, or `kadr migrate`, applies {} migrations",
            status.pending.len()
        )),
    }
}

/// The file of an SQLite database, as far as it can be told from its address.
fn database_file(settings: &Settings) -> Option<std::path::PathBuf> {
    match &settings.data.database_url {
        None => Some(settings.data.folder.join("kadr.db")),
        Some(_) => settings
            .data
            .database_url()
            .strip_prefix("sqlite:")
            .map(|path| path.strip_prefix("//").unwrap_or(path))
            .and_then(|path| path.split('?').next())
            // As the services read it.
            .map(|path| percent_decode_str(path).decode_utf8_lossy().into_owned())
            .map(Into::into),
    }
}

fn secret(settings: &Settings) -> Finding {
    let data = &settings.data;
    if data.secret.is_none() && !data.is_shared() && !data.folder.join("secret").exists() {
        return Good("will be made by the first start".to_owned());
    }
    match start::secret(data) {
        Ok(_) if data.secret.is_some() => Good("set by KADR_SECRET".to_owned()),
        Ok(_) => Good(format!("in {}", data.folder.join("secret").display())),
        Err(error) => Broken(error.to_string()),
    }
}

async fn services(settings: &Settings) -> Result<(Backend, tempfile::TempDir), String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder ({error})"))?;
    let db = Db::open(
        &format!("sqlite://{}", folder.path().join("doctor.db").display()),
        folder.path(),
    )
    .await
    .map_err(|error| error.to_string())?;
    let public_url = settings.network.public_url(settings.network.addr.get());
    let backend =
        Backend::over(db, settings.backend(&public_url)).map_err(|error| error.to_string())?;
    Ok((backend, folder))
}

async fn redis(settings: &Settings, backend: &Backend) -> Finding {
    let Some(url) = &settings.data.redis_url else {
        return Skipped("not used (REDIS_URL is not set)".to_owned());
    };
    // The connection is made in the background; it gets a moment.
    let answered = tokio::time::timeout(PATIENCE, async {
        while backend.jobs.queue().health().await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    match answered.await {
        Ok(()) => Good(format!("{url:?} answers")),
        Err(_) => Broken(format!(
            "{url:?} does not answer: start it, or correct REDIS_URL; until then work goes on \
             more slowly"
        )),
    }
}

async fn mail(backend: &Backend) -> Finding {
    let settings = backend.settings();
    // Trying the outbox makes its folder, which is not for a check-up to do.
    if settings.smtp_url.is_none() && !settings.data.join("mail").exists() {
        return Skipped("no mail server (SMTP_URL is not set): mails become files".to_owned());
    }
    match tokio::time::timeout(PATIENCE * 4, backend.mail.check()).await {
        Ok(Ok(Carrier::Server(address))) => Good(format!("{address} takes our mails")),
        Ok(Ok(Carrier::File(folder))) => Skipped(format!(
            "no mail server (SMTP_URL is not set): mails become files in {}",
            folder.display()
        )),
        Ok(Err(error)) if settings.smtp_url.is_none() => Broken(format!(
            "{error}: make it writable, or send mails through a server (SMTP_URL)"
        )),
        Ok(Err(error)) => Broken(format!("{error}: correct SMTP_URL")),
        Err(_) => Broken("the mail server did not answer in time: correct SMTP_URL".to_owned()),
    }
}

async fn test_mail(backend: &Backend, address: String) -> Finding {
    let to = Recipient {
        address,
        name: None,
        language: Language::default(),
    };
    match backend
        .mail
        .send(JobId::generate(), &to, &Letter::Test)
        .await
    {
        Ok(Carrier::Server(server)) => Good(format!("{server} took it: look into your inbox")),
        Ok(Carrier::File(file)) => Good(format!("written to {}", file.display())),
        Err(error) => Broken(error.to_string()),
    }
}

fn site(settings: &Settings) -> Finding {
    let folder = find_site(settings.network.site.as_deref());
    match Site::load(&folder) {
        Ok((site, _)) => Good(format!("{} files in {}", site.count(), folder.display())),
        Err(error) => Broken(error.to_string()),
    }
}

async fn listen(settings: &Settings) -> Finding {
    let addr = settings.network.addr.get();
    match tokio::net::TcpListener::bind(addr).await {
        Ok(_) => Good(format!("{addr} is free")),
        Err(_) if start::is_held(&settings.data.folder) => {
            Good(format!("{addr} is served by this Kadr already"))
        }
        Err(source) => Broken(StartError::listening(addr, source).to_string()),
    }
}
