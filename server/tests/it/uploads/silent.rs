//! Connections on which nothing comes any more. Clients give up for good after a 408; after a
//! 503 they ask where the upload stands, and go on.

use std::time::Duration;

use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{BYTES, Tus, bytes, hear, hurry, stored};
use crate::{accounts::Browser, harness::TestApp};

const PATIENCE: Duration = Duration::from_secs(2);

async fn start() -> TestApp {
    let builder = TestApp::builder().uploads(hurry).patience(PATIENCE);
    builder.start().await
}

fn says_so(answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("\"too_slow\""), "{answer}");
    assert!(answer.contains("\r\nretry-after: 1\r\n"), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
}

#[tokio::test]
async fn a_connection_that_falls_silent_is_let_go() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let upload = ada.begin(1_000_000).await;
    let mut stream = ada.open(&upload, 0, 1_000_000).await;
    // Slow is fine, for as long as it takes.
    for _ in 0..8 {
        stream.write_all(&[7; 1000]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    says_so(&hear(&mut stream).await);
    assert_eq!(ada.offset(&upload).await, 8000, "what came stays");
    // Where a checksum was promised nothing can be kept.
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\n\
         authorization: Bearer {}\r\ncontent-type: {BYTES}\r\nupload-offset: 8000\r\n\
         upload-checksum: sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=\r\ncontent-length: 1000\r\n\r\nabc",
        ada.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    says_so(&hear(&mut stream).await);
    assert_eq!(ada.offset(&upload).await, 8000);
}

#[tokio::test]
async fn first_bytes_that_break_off_are_a_beginning() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let all = bytes(1, 2_000_000);
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    let head = format!(
        "POST /uploads HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\n\
         authorization: Bearer {}\r\ncontent-type: {BYTES}\r\nupload-length: 2000000\r\n\
         content-length: 2000000\r\n\r\n",
        ada.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&all[..1_500_000]).await.unwrap();
    let answer = hear(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let header = |name: &str| {
        let (_, rest) = answer.split_once(&format!("\r\n{name}: ")).unwrap();
        rest.split_once("\r\n").unwrap().0.to_owned()
    };
    assert_eq!(header("upload-offset"), "1500000");
    let upload = header("location");
    assert_eq!(ada.offset(&upload).await, 1_500_000);
    ada.patch(&upload, 1_500_000, &all[1_500_000..])
        .await
        .expect(204);
    assert!(stored(&app, &header("kadr-video")).await == all);
}

/// A browser reads no answer before it has sent its whole form, however long that takes.
#[tokio::test]
async fn a_refused_form_is_taken_to_its_end() {
    let app = TestApp::builder()
        .uploads(|options| {
            hurry(options);
            options.max_size = 30_000_000;
        })
        .start()
        .await;
    crate::accounts::person(&app, "ada", domain::accounts::Role::User).await;
    let browser = Browser::of(&app, "ada").await;
    let send = async |length: usize, pause: Duration| {
        let mut stream = TcpStream::connect(app.addr).await.unwrap();
        let head = format!(
            "POST /upload HTTP/1.1\r\nhost: {}\r\naccept: text/html\r\n\
             sec-fetch-site: same-origin\r\ncookie: kadr_session={}\r\n\
             content-type: multipart/form-data; boundary=b\r\ncontent-length: {length}\r\n\r\n\
             --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n",
            app.addr,
            browser.session().unwrap()
        );
        let rest = length - (head.len() - head.find("--b").unwrap());
        stream.write_all(head.as_bytes()).await.unwrap();
        tokio::time::sleep(pause).await;
        let sent = stream.write_all(&vec![b'x'; rest]).await;
        (sent, stream)
    };
    // A pause after which a program's rest would not be waited for any more.
    let (sent, mut stream) = send(12_000_000, Duration::from_secs(4)).await;
    sent.unwrap();
    let answer = hear(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 303 "), "{answer}");
    assert!(
        answer.contains("location: /upload?refused=upload_not_media"),
        "{answer}"
    );
    // But not what is larger than any file.
    let (sent, _) = send(100_000_000, Duration::ZERO).await;
    assert!(sent.is_err());
}
