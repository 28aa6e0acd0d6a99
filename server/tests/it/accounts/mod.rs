//! People over HTTP: coming in, tokens of programs, pictures, and what the owner of the
//! machine can do. What the services themselves promise is tested in `backend`.

mod admin;
mod login;
mod pictures;
mod programs;
mod registering;

use std::collections::BTreeMap;

use backend::accounts::{NewUser, Secret, User};
use domain::{accounts::Role, forms::email::Email, language::Language};
use http::Method;
use testkit::sqlx::{self, Row as _};

use crate::harness::{Answer, Case, TestApp};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// Somebody with an account: `{nick}@mail.example`, and [`PASSWORD`].
pub(crate) async fn person(app: &TestApp, nick: &str, role: Role) -> User {
    let new = NewUser {
        email: Email::parse(&format!("{nick}@mail.example")).unwrap(),
        nick: Some(nick.parse().unwrap()),
        name: None,
        role,
        language: Language::En,
        password: Some(PASSWORD.to_owned()),
    };
    app.state.backend.accounts.create_user(new).await.unwrap().0
}

/// The mails of one kind to an address that wait to be sent, the oldest first.
async fn letters(app: &TestApp, kind: &str, to: &str) -> Vec<serde_json::Value> {
    let sql = "SELECT payload FROM jobs WHERE kind = 'send_mail' ORDER BY created_at, id";
    let rows = sqlx::query(sql).fetch_all(app.db.db.read()).await.unwrap();
    rows.iter()
        .map(|row| serde_json::from_str::<serde_json::Value>(row.get("payload")).unwrap())
        .filter(|mail| mail["letter"] == kind && mail["to"]["address"] == to)
        .collect()
}

async fn count(app: &TestApp, sql: &'static str) -> i64 {
    let row = sqlx::query(sql).fetch_one(app.db.db.read()).await.unwrap();
    row.get(0)
}

/// A browser with its cookies, on one of our pages.
pub(crate) struct Browser<'a> {
    app: &'a TestApp,
    cookies: BTreeMap<String, String>,
    /// As islands ask: data instead of pages.
    scripts: bool,
}

impl<'a> Browser<'a> {
    fn new(app: &'a TestApp) -> Self {
        Self {
            app,
            cookies: BTreeMap::new(),
            scripts: false,
        }
    }

    fn with_scripts(app: &'a TestApp) -> Self {
        Self {
            scripts: true,
            ..Self::new(app)
        }
    }

    /// Logged in already.
    pub(crate) async fn of(app: &'a TestApp, nick: &str) -> Self {
        let mut browser = Self::new(app);
        browser.log_in(nick, PASSWORD).await.expect(302);
        assert!(browser.session().is_some());
        browser
    }

    async fn log_in(&mut self, login: &str, password: &str) -> Answer {
        self.form(
            "/ui/accounts/log_in",
            &[("login", login), ("password", password), ("next", "/")],
        )
        .await
    }

    pub(crate) fn session(&self) -> Option<&str> {
        self.cookies.get("kadr_session").map(String::as_str)
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Case::get(path)).await
    }

    async fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let kind = "application/x-www-form-urlencoded";
        self.post(path, kind, body.into_bytes()).await
    }

    /// A form with a file.
    pub(crate) async fn upload(&mut self, path: &str, parts: &[Part<'_>]) -> Answer {
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.post(path, &kind, multipart(parts)).await
    }

    async fn post(&mut self, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        let case = Case::new(Method::POST, path)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", kind)
            .header("referer", &format!("http://{}/login", self.app.addr))
            .body(body);
        self.send(case).await
    }

    pub(crate) async fn send(&mut self, case: Case) -> Answer {
        let mut case = if self.scripts {
            case.header("accept", "application/json")
        } else {
            case.by_browser()
        };
        if !self.cookies.is_empty() {
            let line: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            case = case.header("cookie", &line.join("; "));
        }
        let answer = self.app.send(case).await;
        for cookie in set_cookies(&answer) {
            let (pair, flags) = cookie.split_once(';').unwrap_or((&cookie, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() || flags.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Who the server thinks this is.
    async fn me(&mut self) -> Option<String> {
        let answer = self.get("/api/v1/me").await;
        match answer.status.as_u16() {
            200 => Some(answer.json()["nick"].as_str().unwrap().to_owned()),
            401 => None,
            other => panic!("{other}: {}", answer.text()),
        }
    }
}

fn set_cookies(answer: &Answer) -> Vec<String> {
    answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap().to_owned())
        .collect()
}

/// The whole `Set-Cookie` of one cookie.
fn cookie_line(answer: &Answer, name: &str) -> String {
    set_cookies(answer)
        .into_iter()
        .find(|line| line.starts_with(&format!("{name}=")))
        .unwrap_or_else(|| panic!("no cookie {name}: {:?}", answer.headers))
}

const BOUNDARY: &str = "----kadr-test-boundary";

pub(crate) enum Part<'a> {
    Field(&'a str, &'a str),
    File(&'a str, &'a [u8]),
}

fn multipart(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
        match part {
            Part::Field(name, value) => body.extend_from_slice(
                format!("content-disposition: form-data; name=\"{name}\"\r\n\r\n{value}")
                    .as_bytes(),
            ),
            Part::File(name, bytes) => {
                body.extend_from_slice(
                    format!(
                        "content-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                         content-type: application/octet-stream\r\n\r\n"
                    )
                    .as_bytes(),
                );
                body.extend_from_slice(bytes);
            }
        }
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn secret(text: &str) -> Secret {
    Secret::parse(text).unwrap()
}
