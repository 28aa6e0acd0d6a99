//! Pictures over HTTP: what comes in, what is refused, what is served.

use std::{io::Cursor, time::Duration};

use backend::accounts::{Client, Entry, Secret};
use domain::{accounts::Role, language::Language};
use image::{ImageFormat, Rgb, RgbImage};
use testkit::both_engines;

use super::{Browser, PASSWORD, Part, count, person};
use crate::harness::{Answer, Case, TestApp};

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    // Left half red, right half blue: a crop can be told by its colour.
    let image = RgbImage::from_fn(width, height, |x, _| {
        if x < width / 2 {
            Rgb([220, 20, 20])
        } else {
            Rgb([20, 20, 220])
        }
    });
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn png() -> Vec<u8> {
    picture(80, 40, ImageFormat::Png)
}

/// A PNG whose header promises this size; there is nothing behind it.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut head = Vec::from(*b"IHDR");
    head.extend_from_slice(&width.to_be_bytes());
    head.extend_from_slice(&height.to_be_bytes());
    head.extend_from_slice(&[8, 6, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend_from_slice(&13_u32.to_be_bytes());
    file.extend_from_slice(&head);
    file.extend_from_slice(&crc(&head).to_be_bytes());
    // The beginning of pixels: decoders read up to it before they name the size.
    let pixels = b"IDAT\x78\x9c\x03\x00\x00\x00\x00\x01";
    file.extend_from_slice(&8_u32.to_be_bytes());
    file.extend_from_slice(pixels);
    file.extend_from_slice(&crc(pixels).to_be_bytes());
    file.extend_from_slice(&[0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82]);
    file
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    })
}

/// A browser whose registration waits for a picture.
async fn registering<'a>(app: &'a TestApp, nick: &str) -> (Browser<'a>, Secret) {
    let accounts = &app.state.backend.accounts;
    let (secret, _) = accounts
        .answer_email(
            None,
            &Entry::Open,
            &format!("{nick}@mail.example"),
            Language::En,
        )
        .await
        .unwrap();
    accounts.answer_nick(&secret, nick, "").await.unwrap();
    accounts
        .answer_password(&secret, PASSWORD, &Client::default())
        .await
        .unwrap();
    let mut browser = Browser::new(app);
    browser
        .cookies
        .insert("kadr_registration".into(), secret.reveal().to_owned());
    (browser, secret)
}

/// The files that are kept.
fn kept(app: &TestApp) -> usize {
    fn files(folder: &std::path::Path) -> usize {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return 0;
        };
        entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| !path.ends_with(backend::storage::Storage::MARK))
            .map(|path| if path.is_dir() { files(&path) } else { 1 })
            .sum()
    }
    files(&app.db.folder().join("media"))
}

/// The colour in the middle of a served picture.
fn colour(answer: &Answer) -> [u8; 3] {
    let image = image::load_from_memory_with_format(&answer.body, ImageFormat::WebP).unwrap();
    let image = image.to_rgb8();
    image.get_pixel(image.width() / 2, image.height() / 2).0
}

fn is_red([r, g, b]: [u8; 3]) -> bool {
    r > 180 && g < 70 && b < 70
}

both_engines! {
    async fn a_picture_is_taken_cropped_and_served(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        person(&app, "ada", Role::User).await;
        let mut browser = Browser::of(&app, "ada").await;
        browser.scripts = true;
        let parts = [
            Part::Field("x", "0"),
            Part::Field("y", "5.5"),
            Part::Field("side", "30"),
            Part::File("a.png", &png()),
        ];
        let taken = browser.upload("/settings/avatar", &parts).await.expect(200).json();
        let url = taken["url"].as_str().unwrap().to_owned();
        assert_eq!(taken["next"], "/settings/profile");
        assert_eq!(kept(&app), 3);
        for size in [512, 192, 64] {
            let url = url.replace("-512.", &format!("-{size}."));
            let answer = app
                .get(&url)
                .await
                .expect(200)
                .has("content-type", "image/webp")
                .has("cache-control", "public, max-age=31536000, immutable")
                .has("x-content-type-options", "nosniff");
            assert!(answer.body.len() <= 40_000);
            assert!(is_red(colour(&answer)), "{size}: {:?}", colour(&answer));
            let image = image::load_from_memory(&answer.body).unwrap();
            assert_eq!((image.width(), image.height()), (size, size));
            let tag = answer.header("etag").to_owned();
            let head = app.send(Case::head(&url)).await.expect(200).has("etag", &tag);
            assert_eq!(head.header("content-length"), answer.body.len().to_string());
            assert!(head.body.is_empty());
            for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".into()] {
                let again = Case::get(&url).header("if-none-match", &known);
                let again = app.send(again).await.expect(304).has("etag", &tag);
                assert!(again.body.is_empty());
            }
            app.send(Case::get(&url).header("if-none-match", "\"x\"")).await.expect(200);
        }
        let me = browser.get("/api/v1/me").await.expect(200).json();
        assert_eq!(me["avatar_url"], url);
        // Another one: the first is gone, its address too.
        let parts = [
            Part::Field("x", "50"),
            Part::Field("y", "0"),
            Part::Field("side", "30"),
            Part::File("b.gif", &picture(80, 40, ImageFormat::Gif)),
        ];
        let second = browser.upload("/settings/avatar", &parts).await.expect(200).json();
        assert_ne!(second["url"], taken["url"]);
        assert!(!is_red(colour(&app.get(second["url"].as_str().unwrap()).await.expect(200))));
        app.get(&url).await.expect(404);
        assert_eq!(kept(&app), 3);
    }

    async fn a_registration_takes_a_picture_and_goes_on(test: TestDb) {
        let app = TestApp::builder().over(test).start().await;
        let (mut browser, secret) = registering(&app, "ada").await;
        let answer = browser
            .upload("/register/avatar", &[Part::File("a.jpg", &picture(90, 90, ImageFormat::Jpeg))])
            .await
            .expect(303)
            .has("location", "/register/confirm");
        assert!(crate::accounts::cookie_line(&answer, "kadr_registration").contains("HttpOnly"));
        let draft = app.state.backend.accounts.draft(&secret).await.unwrap().unwrap();
        let url = format!("/avatars/{}/{}-64.webp", draft.user, draft.avatar.unwrap());
        app.get(&url).await.expect(200);
        // It can be another one, and where to go on can be said.
        browser.scripts = true;
        let parts = [Part::Field("next", "/register/avatar"), Part::File("b.png", &png())];
        let taken = browser.upload("/register/avatar", &parts).await.expect(200).json();
        assert_eq!(taken["next"], "/register/avatar");
        app.get(&url).await.expect(404);
        assert_eq!(kept(&app), 3);
        assert_eq!(count(&app, "SELECT COUNT(*) FROM registrations").await, 1);
    }
}

#[tokio::test]
async fn what_is_no_good_picture_is_refused_with_a_sentence() {
    let app = TestApp::start().await;
    let mut too_large = png();
    too_large.resize(12 * 1024 * 1024 + 1, 0);
    let mut half = picture(300, 300, ImageFormat::Png);
    half.truncate(half.len() / 2);
    let mut polyglot = b"<html><script>alert(1)</script>".to_vec();
    polyglot.extend_from_slice(&png());
    let mut pdf = b"%PDF-1.7\n".to_vec();
    pdf.extend_from_slice(&picture(20, 20, ImageFormat::Jpeg));
    let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("empty.png", Vec::new(), 422, "avatar_empty"),
        ("large.png", too_large, 413, "avatar_too_large"),
        (
            "bomb.png",
            bomb(50_000, 50_000),
            413,
            "avatar_too_many_pixels",
        ),
        (
            "bomb.png",
            bomb(100_000, 600),
            413,
            "avatar_too_many_pixels",
        ),
        ("half.png", half, 422, "avatar_broken"),
        ("nothing.png", bomb(10, 10), 422, "avatar_broken"),
        ("page.png", polyglot, 415, "avatar_not_a_picture"),
        ("paper.jpg", pdf, 415, "avatar_not_a_picture"),
        (
            "text.jpg",
            b"I am a picture".to_vec(),
            415,
            "avatar_not_a_picture",
        ),
        (
            "svg.svg",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(),
            415,
            "avatar_unsupported",
        ),
    ];
    for (name, file, status, code) in cases {
        let (mut browser, secret) =
            registering(&app, &format!("ada{}", rand::random::<u32>())).await;
        browser.scripts = true;
        let answer = browser
            .upload("/register/avatar", &[Part::File(name, &file)])
            .await
            .expect(status);
        assert_eq!(answer.problem(), code, "{name}");
        browser.scripts = false;
        let parts = [
            Part::Field("back", "/register/avatar?a=b"),
            Part::File(name, &file),
        ];
        browser
            .upload("/register/avatar", &parts)
            .await
            .expect(303)
            .has("location", &format!("/register/avatar?a=b&picture={code}"));
        let draft = app
            .state
            .backend
            .accounts
            .draft(&secret)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(draft.avatar, None);
        assert_eq!(kept(&app), 0, "{name} leaves nothing behind");
    }
}

#[tokio::test]
async fn a_mislabelled_picture_is_what_it_is_and_loses_what_hangs_on_it() {
    let app = TestApp::start().await;
    let (mut browser, secret) = registering(&app, "ada").await;
    browser.scripts = true;
    // A JPEG called .png, with a page behind its end.
    let mut file = picture(60, 60, ImageFormat::Jpeg);
    file.extend_from_slice(b"<html><script>alert(1)</script></html>");
    browser
        .upload(
            "/register/avatar",
            &[Part::File("../../etc/passwd.png", &file)],
        )
        .await
        .expect(200);
    let draft = app
        .state
        .backend
        .accounts
        .draft(&secret)
        .await
        .unwrap()
        .unwrap();
    let url = format!("/avatars/{}/{}-512.webp", draft.user, draft.avatar.unwrap());
    let served = app.get(&url).await.expect(200);
    assert!(!served.text().contains("script"));
    assert_eq!(&served.body[8..12], b"WEBP");
}

#[tokio::test]
async fn broken_forms_are_refused() {
    let app = TestApp::start().await;
    let (mut browser, _) = registering(&app, "ada").await;
    browser.scripts = true;
    let nothing = browser.upload("/register/avatar", &[]).await.expect(422);
    assert_eq!(nothing.problem(), "avatar_missing");
    // What a browser sends when no file was chosen.
    let body = format!(
        "--{b}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"\"\r\n\
         content-type: application/octet-stream\r\n\r\n\r\n--{b}--\r\n",
        b = super::BOUNDARY
    );
    let kind = format!("multipart/form-data; boundary={}", super::BOUNDARY);
    let answer = browser
        .post("/register/avatar", &kind, body.into_bytes())
        .await
        .expect(422);
    assert_eq!(answer.problem(), "avatar_missing");
    let file = Part::File("a.png", &png());
    let odd = [
        Part::Field("x", "a"),
        Part::Field("y", "1"),
        Part::Field("side", "2"),
        file,
    ];
    let answer = browser.upload("/register/avatar", &odd).await.expect(422);
    assert_eq!(answer.problem(), "crop_unreadable");
    for (kind, body, status, code) in [
        ("application/json", "{}", 415, "not_a_form"),
        ("multipart/form-data", "x", 415, "not_a_form"),
        (
            "multipart/form-data; boundary=a",
            "nonsense",
            400,
            "unreadable_body",
        ),
        (
            "multipart/form-data; boundary=a",
            "--a\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc",
            400,
            "unreadable_body",
        ),
    ] {
        let answer = browser
            .post("/register/avatar", kind, body.as_bytes().to_vec())
            .await
            .expect(status);
        assert_eq!(answer.problem(), code, "{kind} {body}");
    }
    // A square outside of the picture is moved into it.
    let far = [
        Part::Field("x", "-1000"),
        Part::Field("y", "1e9"),
        Part::Field("side", "1e12"),
        Part::File("a.png", &png()),
    ];
    browser.upload("/register/avatar", &far).await.expect(200);
}

#[tokio::test]
async fn far_too_much_is_not_read_to_its_end() {
    let app = TestApp::start().await;
    let (mut browser, _) = registering(&app, "ada").await;
    let huge = vec![7_u8; 70 << 20];
    browser.scripts = true;
    let answer = browser
        .upload("/register/avatar", &[Part::File("a.png", &huge)])
        .await
        .expect(413);
    assert_eq!(answer.problem(), "body_too_large");
    assert_eq!(answer.header("connection"), "close");
}

#[tokio::test]
async fn strangers_send_no_pictures() {
    let app = TestApp::start().await;
    let parts = [Part::File("a.png", &png())];
    let mut browser = Browser::new(&app);
    browser
        .upload("/settings/avatar", &parts)
        .await
        .expect(303)
        .has("location", "/login?next=/settings/profile");
    browser
        .upload("/register/avatar", &parts)
        .await
        .expect(303)
        .has("location", "/register?note=gone");
    browser.scripts = true;
    let answer = browser.upload("/settings/avatar", &parts).await.expect(401);
    assert_eq!(answer.problem(), "not_logged_in");
    let answer = browser.upload("/register/avatar", &parts).await.expect(410);
    assert_eq!(answer.problem(), "registration_gone");
    // A draft that is over is none.
    let (mut browser, _) = registering(&app, "ada").await;
    let clock = app.state.backend.accounts.clock();
    clock.advance(Duration::from_secs(25 * 60 * 60));
    browser.scripts = true;
    let answer = browser.upload("/register/avatar", &parts).await.expect(410);
    assert_eq!(answer.problem(), "registration_gone");
    assert_eq!(kept(&app), 0);
}

#[tokio::test]
async fn only_our_names_lead_to_pictures() {
    let app = TestApp::start().await;
    let ada = person(&app, "ada", Role::User).await;
    std::fs::write(app.db.folder().join("secret"), "a secret").unwrap();
    let version = domain::ids::AvatarId::generate();
    let user = ada.id;
    for path in [
        "/avatars".to_owned(),
        format!("/avatars/{user}"),
        format!("/avatars/{user}/{version}-64.webp"),
        format!("/avatars/{user}/{version}-65.webp"),
        format!("/avatars/{user}/{version}-64.png"),
        format!("/avatars/{user}/..%2f..%2f..%2fsecret"),
        format!("/avatars/{user}/../../secret"),
        format!("/avatars/..%2f..%2f/{version}-64.webp"),
        format!("/avatars/{user}/..-64.webp"),
        "/avatars/1111111111111111111111/initials.svg".to_owned(),
        "/avatars/x/initials.svg".to_owned(),
    ] {
        let answer = app.get(&path).await.expect(404);
        assert!(!answer.text().contains("a secret"), "{path}");
    }
    app.send(Case::post(&format!("/avatars/{user}/initials.svg")))
        .await
        .expect(405);
}

#[tokio::test]
async fn who_has_no_picture_has_initials() {
    let app = TestApp::start().await;
    let ada = person(&app, "ada", Role::User).await;
    let path = format!("/avatars/{}/initials.svg", ada.id);
    let answer = app
        .get(&path)
        .await
        .expect(200)
        .has("content-type", "image/svg+xml");
    assert!(answer.text().starts_with("<svg") && answer.text().contains(">A<"));
    let tag = answer.header("etag").to_owned();
    app.send(Case::get(&path).header("if-none-match", &tag))
        .await
        .expect(304);
    let accounts = &app.state.backend.accounts;
    accounts
        .save_profile(ada.id, "Жанна Дарк", "")
        .await
        .unwrap();
    let renamed = Case::get(&path).header("if-none-match", &tag);
    let renamed = app.send(renamed).await.expect(200);
    assert!(renamed.text().contains(">ЖД<"), "{}", renamed.text());
}
