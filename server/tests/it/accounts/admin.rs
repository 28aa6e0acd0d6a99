//! The owner of the machine: the first admin, `kadr admin`, and what survives a kill.

use std::{
    net::SocketAddr,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use super::PASSWORD;
use crate::harness::{Answer, Case, Kadr, Launch, kadr};

/// Runs `kadr admin …` over a folder.
fn admin(data: &Path, args: &[&str]) -> Kadr {
    let mut command = kadr(data);
    command.arg("admin").args(args);
    Kadr::run(&mut command)
}

#[track_caller]
fn done(ended: &Kadr) -> &str {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.out.trim()
}

fn password(out: &str) -> &str {
    out.lines()
        .find_map(|line| line.strip_prefix("Password: "))
        .unwrap_or_else(|| panic!("no password: {out}"))
}

fn serve(data: &Path, settings: &[(&str, &str)]) -> Launch {
    let mut command = kadr(data);
    command.arg("serve").envs(settings.iter().copied());
    Launch::start(&mut command)
}

fn ask(addr: SocketAddr, case: &Case) -> Answer {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(case.send(addr))
}

fn token(addr: SocketAddr, login: &str, password: &str) -> Answer {
    let body = serde_json::json!({"user": login, "password": password});
    let case = Case::post("/auth/token")
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes());
    ask(addr, &case)
}

fn me(addr: SocketAddr, login: &str, password: &str) -> serde_json::Value {
    let pair = token(addr, login, password).expect(200).json();
    let bearer = format!("Bearer {}", pair["access_token"].as_str().unwrap());
    ask(
        addr,
        &Case::get("/api/v1/me").header("authorization", &bearer),
    )
    .expect(200)
    .json()
}

#[test]
fn people_are_added_raised_and_helped_while_a_server_runs() {
    let data = tempfile::tempdir().unwrap();
    let server = serve(data.path(), &[]);
    let made = admin(data.path(), &["create-user", "ada@mail.example"]);
    let out = done(&made);
    assert!(
        out.starts_with("Created ada (ada@mail.example), a user."),
        "{out}"
    );
    let first = password(out);
    assert_eq!(me(server.addr, "ada", first)["role"], "user");

    // The same local part gets another nick; settings may stand behind the task.
    let folder = data.path().to_str().unwrap();
    let args = [
        "create-user",
        "ada@other.example",
        "--role",
        "admin",
        "--name",
        "Other Ada",
        "--data",
        folder,
    ];
    let second = admin(Path::new("/nowhere/to/be/found"), &args);
    let out = done(&second);
    assert!(out.contains("(ada@other.example), an admin."), "{out}");
    let other = me(server.addr, "ada@other.example", password(out));
    assert_eq!(
        (&other["role"], &other["name"]),
        (&"admin".into(), &"Other Ada".into())
    );
    assert_ne!(other["nick"], "ada");

    let raised = admin(data.path(), &["set-role", "ada@mail.example", "admin"]);
    assert_eq!(done(&raised), "ada is an admin now.");
    assert_eq!(me(server.addr, "ada", first)["role"], "admin");
    let lowered = admin(data.path(), &["set-role", "ada", "user"]);
    assert_eq!(done(&lowered), "ada is a user now.");

    let reset = admin(data.path(), &["reset-password", "ada"]);
    let out = done(&reset);
    assert!(out.starts_with("ada has a new password"), "{out}");
    assert_ne!(password(out), first);
    me(server.addr, "ada", password(out));
    assert_eq!(
        token(server.addr, "ada", first).expect(401).problem(),
        "wrong_credentials"
    );

    let link = admin(data.path(), &["reset-password", "ada", "--link"]);
    assert!(done(&link).contains("/reset?key="), "{link:?}");
    let link = admin(data.path(), &["create-user", "eve@mail.example", "--link"]);
    assert!(done(&link).contains("/reset?key="), "{link:?}");
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn a_password_can_be_given_on_standard_input() {
    let data = tempfile::tempdir().unwrap();
    let run = |line: &str, args: &[&str]| {
        let file = data.path().join("line");
        std::fs::write(&file, line).unwrap();
        let mut command = kadr(data.path());
        command
            .arg("admin")
            .args(args)
            .stdin(Stdio::from(std::fs::File::open(&file).unwrap()));
        Kadr::run(&mut command)
    };
    let made = run(
        &format!("{PASSWORD}\n"),
        &["create-user", "ada@mail.example", "--ask"],
    );
    assert_eq!(done(&made), "Created ada (ada@mail.example), a user.");
    run("short\n", &["reset-password", "ada", "--ask"]).refused(1, &["too short"]);
    run("\n", &["reset-password", "ada", "--ask"]).refused(1, &["no password was given"]);
    run("ada@mail.example\n", &["reset-password", "ada", "--ask"]).refused(1, &["password"]);
    let server = serve(data.path(), &[]);
    me(server.addr, "ada", PASSWORD);
}

#[test]
fn what_cannot_be_done_is_said_in_one_sentence() {
    let data = tempfile::tempdir().unwrap();
    done(&admin(
        data.path(),
        &["create-user", "ada@mail.example", "--role", "admin"],
    ));
    for (args, code, words) in [
        (
            vec!["create-user", "ada@mail.example"],
            1,
            vec!["ada@mail.example", "is taken"],
        ),
        (vec!["create-user", "Ada@Mail.Example"], 1, vec!["is taken"]),
        (
            vec!["create-user", "b@mail.example", "--nick", "ADA"],
            1,
            vec!["nick", "is taken"],
        ),
        (
            vec!["create-user", "b@mail.example", "--nick", "a"],
            1,
            vec!["“a” as a nick"],
        ),
        (
            vec!["create-user", "nonsense"],
            1,
            vec!["“nonsense” as an e-mail address"],
        ),
        (
            vec!["set-role", "nobody", "admin"],
            1,
            vec!["nobody called “nobody”"],
        ),
        (vec!["set-role", "ada", "user"], 1, vec!["no other admin"]),
        (
            vec!["reset-password", "nobody@mail.example"],
            1,
            vec!["nobody called"],
        ),
    ] {
        admin(data.path(), &args).refused(code, &words);
    }
    let wrong = admin(data.path(), &["set-role", "ada", "king"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("user or admin"), "{wrong:?}");
}

#[test]
fn the_first_start_prints_the_way_to_become_admin() {
    let data = tempfile::tempdir().unwrap();
    let key = |server: &Launch| {
        let line = server.says().expect("a line about the admin");
        let url = line
            .strip_prefix("Nobody is admin yet. Become it here: ")
            .unwrap_or_else(|| panic!("{line}"))
            .to_owned();
        assert!(
            url.starts_with(&format!("http://{}/register?admin=", server.addr)),
            "{url}"
        );
        url.split_once("admin=").unwrap().1.to_owned()
    };
    let server = serve(data.path(), &[]);
    let old = key(&server);
    server.stop();
    // Nobody used it: the next start prints another one, and the old one goes on, for whoever
    // has begun with it. They open the door even where nobody may register.
    let server = serve(data.path(), &[("KADR_REGISTRATION", "closed")]);
    let new = key(&server);
    assert_ne!(old, new);
    let begin = |key: &str| {
        let case = Case::post("/ui/accounts/register_email")
            .header("accept", "application/json")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("email=ada@mail.example&admin={key}").into_bytes());
        ask(server.addr, &case)
    };
    begin(&old).expect(200);
    let began = begin(&new).expect(200);
    let cookie = registration(&began);
    let nick = walk(
        server.addr,
        &cookie,
        &data.path().join("mail"),
        "ada@mail.example",
    );
    let session = nick.headers.get("set-cookie").unwrap().to_str().unwrap();
    let session = session.split(';').next().unwrap().to_owned();
    let me = ask(
        server.addr,
        &Case::get("/api/v1/me").header("cookie", &session),
    );
    assert_eq!(me.expect(200).json()["role"], "admin");
    // There is an admin: the other link is over.
    assert!(begin(&old).status.is_client_error());
    server.stop();
    // There is one now: nothing is printed.
    let server = serve(data.path(), &[]);
    assert_eq!(server.says(), None);
}

#[test]
fn the_first_admin_can_come_from_the_settings() {
    let data = tempfile::tempdir().unwrap();
    let settings = [
        ("KADR_ADMIN_EMAIL", "anna@mail.example"),
        ("KADR_ADMIN_PASSWORD", PASSWORD),
    ];
    let server = serve(data.path(), &settings);
    assert_eq!(
        server.says().as_deref(),
        Some("The admin is anna (KADR_ADMIN_EMAIL).")
    );
    assert_eq!(me(server.addr, "anna", PASSWORD)["role"], "admin");
    server.stop();
    // The variables count only while there is none.
    let server = serve(
        data.path(),
        &[
            settings[0],
            ("KADR_ADMIN_PASSWORD", "another horse battery"),
        ],
    );
    me(server.addr, "anna", PASSWORD);
    assert_eq!(server.says(), None);
    server.stop();

    let empty = tempfile::tempdir().unwrap();
    let mut command = kadr(empty.path());
    command
        .arg("serve")
        .env("KADR_ADMIN_EMAIL", "anna@mail.example")
        .env("KADR_ADMIN_PASSWORD", "password12");
    Kadr::run(&mut command).refused(1, &["KADR_ADMIN_PASSWORD"]);
    let mut command = kadr(empty.path());
    command.arg("serve").env("KADR_REGISTRATION", "everybody");
    Kadr::run(&mut command).refused(2, &["KADR_REGISTRATION", "open, invite or closed"]);
    let mut command = kadr(empty.path());
    command.arg("serve").env("KADR_TOKEN_MINUTES", "0");
    assert_eq!(Kadr::run(&mut command).code, Some(2));
}

#[test]
fn the_life_of_tokens_is_a_setting() {
    let data = tempfile::tempdir().unwrap();
    let made = admin(data.path(), &["create-user", "ada@mail.example"]);
    let server = serve(data.path(), &[("KADR_TOKEN_MINUTES", "5")]);
    let pair = token(server.addr, "ada", password(done(&made)))
        .expect(200)
        .json();
    assert_eq!(pair["expires_in"], 300);
}

#[test]
fn killed_between_steps_a_registration_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let email = "ada@mail.example";
    let form = |addr, cookie: &str, path: &str, body: &str| {
        let case = Case::post(&format!("/ui/accounts/{path}"))
            .header("accept", "application/json")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.as_bytes().to_vec());
        ask(addr, &case).expect(200)
    };
    let kill = |server: Launch| {
        server.signal(Signal::KILL);
        server.ended(Duration::from_secs(10));
    };
    let server = serve(data.path(), &[]);
    let began = form(
        server.addr,
        "a=b",
        "register_email",
        &format!("email={email}"),
    );
    let cookie = registration(&began);
    kill(server);
    for (path, body) in [
        ("register_nick", "nick=ada&name=Ada".to_owned()),
        ("register_password", format!("password={PASSWORD}")),
        ("register_keep_avatar", String::new()),
        ("register_send_code", String::new()),
    ] {
        let server = serve(data.path(), &[]);
        form(server.addr, &cookie, path, &body);
        kill(server);
    }
    // The mail is sent by whoever comes next, and its code still works.
    let server = serve(data.path(), &[]);
    let code = mailed(&data.path().join("mail"), email);
    form(
        server.addr,
        &cookie,
        "register_confirm",
        &format!("code={code}"),
    );
    me(server.addr, "ada", PASSWORD);
}

/// `kadr_registration=…` of an answer.
fn registration(answer: &Answer) -> String {
    let line = super::cookie_line(answer, "kadr_registration");
    line.split(';').next().unwrap().to_owned()
}

/// The rest of a registration; the answer to its last step.
fn walk(addr: SocketAddr, cookie: &str, mails: &Path, email: &str) -> Answer {
    let form = |path: &str, body: &str| {
        let case = Case::post(&format!("/ui/accounts/{path}"))
            .header("accept", "application/json")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.as_bytes().to_vec());
        ask(addr, &case).expect(200)
    };
    form("register_nick", "nick=ada&name=Ada");
    form("register_password", &format!("password={PASSWORD}"));
    form("register_keep_avatar", "");
    form("register_send_code", "");
    form(
        "register_confirm",
        &format!("code={}", mailed(mails, email)),
    )
}

/// The code in the newest mail to an address.
fn mailed(folder: &Path, email: &str) -> String {
    let began = Instant::now();
    loop {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files
            .iter()
            .rev()
            .filter(|file| file.extension().is_some_and(|is| is == "eml"))
        {
            let mail = std::fs::read_to_string(file).unwrap();
            if mail.contains(email)
                && let Some(code) = six_digits(&mail)
            {
                return code;
            }
        }
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "no mail in {files:?}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The first word of six digits, or of three and three.
fn six_digits(mail: &str) -> Option<String> {
    let body = mail
        .split_once("\r\n\r\n")
        .or_else(|| mail.split_once("\n\n"))?
        .1;
    let words: Vec<&str> = body.split_whitespace().collect();
    let is = |word: &str, digits: usize| {
        word.len() == digits && word.bytes().all(|b| b.is_ascii_digit())
    };
    words.iter().enumerate().find_map(|(at, word)| {
        if is(word, 6) {
            return Some((*word).to_owned());
        }
        let next = words.get(at + 1)?;
        (is(word, 3) && is(next, 3)).then(|| format!("{word}{next}"))
    })
}
