//! Tokens: wire contract B, and what they open.

use std::time::Duration;

use app::context::{CurrentUser, MaybeUser, ProcessingUser};
use axum::{Router, routing::get};
use domain::accounts::{Role, Scope, Scopes};
use serde_json::{Value, json};
use testkit::both_engines;

use super::{Browser, PASSWORD, person};
use crate::harness::{Answer, Case, TestApp};

async fn post(app: &TestApp, path: &str, body: &Value) -> Answer {
    let case = Case::post(path)
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes());
    app.send(case).await
}

async fn token(app: &TestApp, nick: &str) -> Value {
    let body = json!({"user": nick, "password": PASSWORD});
    post(app, "/api/v1/auth/token", &body)
        .await
        .expect(200)
        .json()
}

async fn me(app: &TestApp, token: &str) -> Answer {
    let case = Case::get("/api/v1/me").header("authorization", &format!("Bearer {token}"));
    app.send(case).await
}

fn text<'a>(json: &'a Value, field: &str) -> &'a str {
    json[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} in {json}"))
}

/// The claims of a token, without asking whether they are true.
fn claims(token: &str) -> (Value, Value) {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let parts: Vec<Vec<u8>> = token
        .split('.')
        .take(2)
        .map(|part| URL_SAFE_NO_PAD.decode(part).unwrap())
        .collect();
    (
        serde_json::from_slice(&parts[0]).unwrap(),
        serde_json::from_slice(&parts[1]).unwrap(),
    )
}

both_engines! {
    async fn tokens_are_as_the_contract_says(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        let ada = person(&app, "ada", Role::User).await;
        for path in ["/api/v1/auth/token", "/auth/token"] {
            for name in ["user", "name", "email", "username"] {
                for login in ["ada", "ada@mail.example"] {
                    let body = json!({name: login, "password": PASSWORD});
                    let answer = post(&app, path, &body)
                        .await
                        .expect(200)
                        .has("content-type", "application/json")
                        .has("cache-control", "no-store");
                    let pair = answer.json();
                    let mut fields: Vec<_> = pair.as_object().unwrap().keys().cloned().collect();
                    fields.sort();
                    assert_eq!(fields, ["access_token", "expires_in", "refresh_token", "token_type"]);
                    assert_eq!(pair["token_type"], "bearer");
                    assert_eq!(pair["expires_in"], 3600);
                    me(&app, text(&pair, "access_token")).await.expect(200);
                }
            }
        }
        let (head, body) = claims(text(&token(&app, "ada").await, "access_token"));
        assert_eq!(head["alg"], "HS256");
        assert_eq!(body["sub"], ada.id.to_string());
        assert_eq!(body["role"], "user");
        assert_eq!(body["exp"].as_i64().unwrap() - body["iat"].as_i64().unwrap(), 3600);
        assert!(body["jti"].is_string());
    }

    async fn refresh_tokens_rotate_and_a_spent_one_revokes_all(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        person(&app, "ada", Role::User).await;
        let first = token(&app, "ada").await;
        let other = token(&app, "ada").await;
        let body = json!({"refresh_token": first["refresh_token"]});
        let second = post(&app, "/api/v1/auth/refresh", &body).await.expect(200).json();
        assert_ne!(second["refresh_token"], first["refresh_token"]);
        assert_eq!(second["token_type"], "bearer");
        me(&app, text(&second, "access_token")).await.expect(200);
        let body = json!({"refresh_token": second["refresh_token"]});
        let third = post(&app, "/auth/refresh", &body).await.expect(200).json();
        // The first one again: somebody has stolen it, or its owner was robbed.
        let body = json!({"refresh_token": first["refresh_token"]});
        let reused = post(&app, "/auth/refresh", &body).await.expect(401);
        assert_eq!(reused.problem(), "refresh_reused");
        for pair in [&first, &second, &third] {
            me(&app, text(pair, "access_token")).await.expect(401);
        }
        let body = json!({"refresh_token": third["refresh_token"]});
        post(&app, "/auth/refresh", &body).await.expect(401);
        // Another log-in of the same person goes on.
        me(&app, text(&other, "access_token")).await.expect(200);
    }

    async fn tokens_end(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        person(&app, "ada", Role::User).await;
        let pair = token(&app, "ada").await;
        let clock = app.state.backend.accounts.clock();
        clock.advance(Duration::from_secs(59 * 60));
        me(&app, text(&pair, "access_token")).await.expect(200);
        clock.advance(Duration::from_secs(3 * 60));
        let refused = me(&app, text(&pair, "access_token")).await.expect(401);
        assert_eq!(refused.problem(), "not_logged_in");
        assert_eq!(refused.header("www-authenticate"), "Bearer error=\"invalid_token\"");
        clock.advance(Duration::from_secs(29 * 24 * 60 * 60));
        let body = json!({"refresh_token": pair["refresh_token"]});
        let pair = post(&app, "/auth/refresh", &body).await.expect(200).json();
        clock.advance(Duration::from_secs(31 * 24 * 60 * 60));
        let body = json!({"refresh_token": pair["refresh_token"]});
        let gone = post(&app, "/auth/refresh", &body).await.expect(401);
        assert_eq!(gone.problem(), "not_logged_in");
    }

    async fn programs_log_out_and_are_logged_out(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        let ada = person(&app, "ada", Role::User).await;
        for path in ["/api/v1/auth/revoke", "/auth/revoke"] {
            for field in ["access_token", "refresh_token"] {
                let pair = token(&app, "ada").await;
                post(&app, path, &json!({"token": pair[field]})).await.expect(204);
                post(&app, path, &json!({"token": pair[field]})).await.expect(204);
                me(&app, text(&pair, "access_token")).await.expect(401);
                let refreshed = post(&app, "/auth/refresh", &json!({"refresh_token": pair["refresh_token"]})).await;
                refreshed.expect(401);
            }
            let refused = post(&app, path, &json!({})).await.expect(400);
            assert_eq!(refused.problem(), "field_missing");
        }
        // Their owner sees them on the page, and ends one or all.
        let mut browser = Browser::of(&app, "ada").await;
        let page = browser.get("/settings/sessions").await.expect(200).text();
        assert!(!page.contains("id=\"programs\""), "none is left");
        let (one, two, three) = (token(&app, "ada").await, token(&app, "ada").await, token(&app, "ada").await);
        let page = browser.get("/settings/sessions").await.expect(200).text();
        let accounts = &app.state.backend.accounts;
        let list = accounts.programs(ada.id).await.unwrap();
        for program in &list {
            assert!(page.contains(&format!("value=\"{}\"", program.id)), "{page}");
        }
        let oldest = list.iter().min_by_key(|program| program.id.to_string()).unwrap().id.to_string();
        browser.form("/ui/accounts/revoke_program", &[("id", &oldest)]).await.expect(302);
        let left = [&one, &two, &three].map(|pair| text(pair, "access_token"));
        let mut open = 0;
        for access in left {
            open += usize::from(me(&app, access).await.status == 200);
        }
        assert_eq!(open, 2);
        browser.form("/ui/accounts/revoke_others", &[]).await.expect(302);
        for access in left {
            me(&app, access).await.expect(401);
        }
        assert_eq!(browser.me().await.as_deref(), Some("ada"));
    }

    async fn an_admins_api_token_is_no_person(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        let ada = person(&app, "ada", Role::Admin).await;
        let accounts = &app.state.backend.accounts;
        let (_, all) = accounts.create_token(ada.id, "all", &Scopes::all(), None).await.unwrap();
        let bearer = format!("Bearer {}", all.reveal());
        assert_eq!(me(&app, all.reveal()).await.expect(200).json()["scopes"], json!(["read", "upload", "write", "admin"]));
        // It may do everything there is for programs, and nothing that is for its owner alone.
        let call = |path: &str, body: String| {
            let case = Case::post(path)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body.into_bytes())
                .header("accept", "application/json")
                .header("authorization", &bearer);
            app.send(case)
        };
        for (path, body) in [
            ("leave", format!("password={PASSWORD}")),
            ("change_password", format!("password={PASSWORD}&new_password=a+staple+of+another+kind")),
            ("sessions", String::new()),
        ] {
            let answer = call(&format!("/ui/accounts/{path}"), body).await;
            assert_eq!(answer.status, 401, "{path}: {}", answer.text());
        }
        assert_eq!(call("/settings/avatar", String::new()).await.status, 403);
        let page = app.send(Case::get("/settings/tokens").by_browser().header("authorization", &bearer)).await;
        page.expect(303);
        assert!(!accounts.user(ada.id).await.unwrap().unwrap().is_leaving());
        // An access token is the person, without a browser.
        let pair = token(&app, "ada").await;
        let sessions = Case::post("/ui/accounts/sessions")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .header("authorization", &format!("Bearer {}", text(&pair, "access_token")));
        assert!(app.send(sessions).await.expect(200).text().contains("\"here\":true"));
    }

    async fn api_tokens_open_what_they_were_made_for(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        let ada = person(&app, "ada", Role::User).await;
        let accounts = &app.state.backend.accounts;
        let scopes = |list: &[Scope]| list.iter().copied().collect::<Scopes>();
        let (id, reads) = accounts
            .create_token(ada.id, "reader", &scopes(&[Scope::Read, Scope::Admin]), None)
            .await
            .unwrap();
        let (_, uploads) = accounts
            .create_token(ada.id, "camera", &scopes(&[Scope::Upload]), Some(1))
            .await
            .unwrap();
        let answer = me(&app, reads.reveal()).await.expect(200).json();
        assert_eq!(answer["scopes"], json!(["read"]), "who is no admin has no admin's token");
        let refused = me(&app, uploads.reveal()).await.expect(403);
        assert_eq!(refused.problem(), "forbidden");
        // Programs with such a token do not change people.
        let leave = Case::post("/ui/accounts/leave")
            .form(&format!("password={PASSWORD}"))
            .header("authorization", &format!("Bearer {}", reads.reveal()));
        app.send(leave).await;
        assert!(!accounts.user(ada.id).await.unwrap().unwrap().is_leaving());
        accounts.revoke_token(ada.id, id).await.unwrap();
        me(&app, reads.reveal()).await.expect(401);
        accounts.clock().advance(Duration::from_secs(25 * 60 * 60));
        me(&app, uploads.reveal()).await.expect(401);
    }
}

#[tokio::test]
async fn forms_of_oauth2_are_read() {
    let app = TestApp::start().await;
    person(&app, "ada", Role::User).await;
    let form = |path: &str, body: &str| {
        Case::post(path)
            .header(
                "content-type",
                "application/x-www-form-urlencoded;charset=UTF-8",
            )
            .body(body.as_bytes().to_vec())
    };
    let body = "grant_type=password&username=ada%40mail.example&password=correct+horse+battery\
                &scope=&client_id=x";
    let pair = app.send(form("/auth/token", body)).await.expect(200).json();
    let body = format!(
        "grant_type=refresh_token&refresh_token={}",
        text(&pair, "refresh_token")
    );
    app.send(form("/auth/refresh", &body)).await.expect(200);
    let body = "grant_type=client_credentials&username=ada&password=x";
    let refused = app.send(form("/auth/token", body)).await.expect(400);
    assert_eq!(refused.problem(), "unsupported_grant_type");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said() {
    let app = TestApp::start().await;
    for path in ["/api/v1/auth/token", "/auth/token"] {
        for (kind, body, status, code) in [
            ("application/json", "{}", 400, "field_missing"),
            (
                "application/json",
                "{\"user\":\"ada\"}",
                400,
                "field_missing",
            ),
            (
                "application/json",
                "{\"password\":\"x\"}",
                400,
                "field_missing",
            ),
            (
                "application/json",
                "{\"user\":\"\",\"password\":\"x\"}",
                400,
                "field_missing",
            ),
            (
                "application/json",
                "{\"user\":1,\"password\":\"x\"}",
                400,
                "unreadable_body",
            ),
            ("application/json", "[]", 400, "unreadable_body"),
            ("application/json", "nonsense", 400, "unreadable_body"),
            ("application/json", "", 400, "unreadable_body"),
            ("text/xml", "<a/>", 415, "unsupported_media_type"),
            (
                "application/x-www-form-urlencoded",
                "",
                400,
                "field_missing",
            ),
        ] {
            let case = Case::post(path)
                .header("content-type", kind)
                .body(body.as_bytes().to_vec());
            let answer = app.send(case).await.expect(status);
            assert_eq!(answer.problem(), code, "{kind} {body}");
        }
        let huge = Case::post(path)
            .header("content-type", "application/json")
            .body(vec![b' '; 20 << 10]);
        assert_eq!(app.send(huge).await.expect(413).problem(), "body_too_large");
        let answer = app.get(path).await.expect(405);
        assert_eq!(answer.problem(), "method_not_allowed");
    }
    for token in ["", "x", "kadr_x", &"a".repeat(9000), "' OR 1=1 --"] {
        let body = json!({"refresh_token": token});
        let answer = post(&app, "/auth/refresh", &body).await.expect(401);
        assert_eq!(answer.problem(), "not_logged_in", "{token}");
    }
}

#[tokio::test]
async fn forged_tokens_open_nothing() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let app = TestApp::start().await;
    person(&app, "ada", Role::User).await;
    let pair = token(&app, "ada").await;
    let good = text(&pair, "access_token");
    let parts: Vec<&str> = good.split('.').collect();
    let encode = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let (_, mut body) = claims(good);
    body["role"] = json!("admin");
    let raised = encode(body);
    let none = encode(json!({"alg": "none", "typ": "JWT"}));
    for forged in [
        format!("{}.{raised}.{}", parts[0], parts[2]),
        format!("{none}.{raised}."),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        good[..good.len() - 2].to_owned(),
        text(&pair, "refresh_token").to_owned(),
        "null".to_owned(),
    ] {
        let answer = me(&app, &forged).await.expect(401);
        assert_eq!(answer.problem(), "not_logged_in", "{forged}");
    }
}

/// What a handler finds out about who asks.
async fn strict(CurrentUser(visitor): CurrentUser) -> String {
    visitor.user.nick.as_str().to_owned()
}

async fn loose(MaybeUser(visitor): MaybeUser) -> String {
    visitor.map_or_else(|| "nobody".to_owned(), |v| v.user.nick.as_str().to_owned())
}

async fn processing(ProcessingUser(visitor): ProcessingUser) -> String {
    visitor.user.nick.as_str().to_owned()
}

#[tokio::test]
async fn handlers_take_cookie_or_token_and_the_token_counts() {
    let routes = Router::new()
        .route("/test/strict", get(strict))
        .route("/test/loose", get(loose))
        .route("/test/processing", get(processing));
    let app = TestApp::builder().routes(routes).start().await;
    person(&app, "ada", Role::User).await;
    person(&app, "boris", Role::User).await;
    let browser = Browser::of(&app, "ada").await;
    let cookie = format!("kadr_session={}", browser.session().unwrap());
    let pair = token(&app, "boris").await;
    let bearer = format!("Bearer {}", text(&pair, "access_token"));
    let bare = text(&pair, "access_token").to_owned();

    let ask = |path: &str, headers: &[(&str, &str)]| {
        let case = headers.iter().fold(Case::get(path), |case, (name, value)| {
            case.header(name, value)
        });
        let app = &app;
        async move {
            let answer = app.send(case).await;
            (
                answer.status.as_u16(),
                if answer.status == 200 {
                    answer.text()
                } else {
                    String::new()
                },
            )
        }
    };
    let named = |nick: &str| (200, nick.to_owned());
    let refused = || (401, String::new());
    let wrong = ("authorization", "Bearer nonsense");
    let basic = ("authorization", "Basic YWRhOng=");
    for (path, headers, expected) in [
        ("/test/strict", vec![("cookie", &*cookie)], named("ada")),
        (
            "/test/strict",
            vec![("authorization", &*bearer)],
            named("boris"),
        ),
        (
            "/test/strict",
            vec![("cookie", &*cookie), ("authorization", &*bearer)],
            named("boris"),
        ),
        ("/test/strict", vec![("cookie", &*cookie), wrong], refused()),
        ("/test/strict", vec![("cookie", &*cookie), basic], refused()),
        ("/test/strict", vec![], refused()),
        ("/test/strict", vec![("auth", &*bare)], refused()),
        ("/test/loose", vec![], named("nobody")),
        ("/test/loose", vec![("auth", &*bare)], named("nobody")),
        ("/test/loose", vec![("cookie", &*cookie)], named("ada")),
        ("/test/loose", vec![wrong], refused()),
        ("/test/processing", vec![("auth", &*bare)], named("boris")),
        (
            "/test/processing",
            vec![("authorization", &*bearer)],
            named("boris"),
        ),
        ("/test/processing", vec![("auth", &*bare), wrong], refused()),
        (
            "/test/processing",
            vec![("cookie", &*cookie), ("auth", &*bare)],
            named("boris"),
        ),
        ("/test/processing", vec![("auth", "nonsense")], refused()),
        ("/test/processing", vec![("cookie", &*cookie)], refused()),
    ] {
        assert_eq!(ask(path, &headers).await, expected, "{path} {headers:?}");
    }
    // A browser that wants a page logs in first, and goes on where it was.
    let page = Case::get("/test/strict?a=1&b=2").by_browser();
    app.send(page)
        .await
        .expect(303)
        .has("location", "/login?next=/test/strict?a=1%26b=2");
}
