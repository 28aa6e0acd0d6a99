//! Checksums, before the bytes and after them.

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::super::{BYTES, Tus, hear, start, stored};

#[tokio::test]
async fn checksums_keep_wrong_bytes_out() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let begun = ada.create(&[("upload-length", "9")]).await.expect(201);
    let upload = begun.header("location").to_owned();
    // Of "abc", of which the file is made three times.
    for (at, (algorithm, sum)) in [
        ("sha1", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="),
        ("sha256", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
        ("blake3", &*STANDARD.encode(blake3::hash(b"abc").as_bytes())),
    ]
    .into_iter()
    .enumerate()
    {
        let case = |sum: &str, body: &[u8]| {
            ada.patching(&upload, 3 * at)
                .header("upload-checksum", &format!("{algorithm} {sum}"))
                .body(body.to_vec())
        };
        let wrong = ada.send(case(sum, b"abd")).await.expect(460);
        assert_eq!(wrong.problem(), "upload_checksum");
        let half = ada.send(case(sum, b"ab")).await.expect(460);
        assert_eq!(half.problem(), "upload_checksum");
        assert_eq!(ada.offset(&upload).await, 3 * at, "nothing of it is kept");
        let unknown = ada
            .patching(&upload, 3 * at)
            .header("upload-checksum", "md5 AAAA");
        let unknown = ada.send(unknown.body(b"abc".to_vec())).await.expect(400);
        assert_eq!(unknown.problem(), "upload_checksum_unknown");
        let odd = ada.send(case("not base64!", b"abc")).await.expect(400);
        assert_eq!(odd.problem(), "upload_checksum_unreadable");
        ada.send(case(sum, b"abc")).await.expect(204);
    }
    assert_eq!(stored(&app, begun.header("kadr-video")).await, b"abcabcabc");
}

#[tokio::test]
async fn a_checksum_may_come_after_the_bytes() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let upload = ada.begin(6).await;
    let send = async |offset: usize, trailer: &str| {
        let text = format!(
            "PATCH {upload} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\n\
             authorization: Bearer {}\r\ncontent-type: {BYTES}\r\nupload-offset: {offset}\r\n\
             trailer: Upload-Checksum\r\ntransfer-encoding: chunked\r\n\r\n\
             3\r\nabc\r\n0\r\n{trailer}\r\n",
            ada.token
        );
        let mut stream = TcpStream::connect(app.addr).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let answer = hear(&mut stream).await;
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    let right = "Upload-Checksum: sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=\r\n";
    let wrong = "Upload-Checksum: sha1 AAAANkcGgWq6PiVxeFDCbJzQ2J0=\r\n";
    assert_eq!(send(0, wrong).await, "460");
    assert_eq!(send(0, "Upload-Checksum: md5 AAAA\r\n").await, "400");
    assert_eq!(
        send(0, "").await,
        "460",
        "it was announced and did not come"
    );
    assert_eq!(ada.offset(&upload).await, 0);
    assert_eq!(send(0, right).await, "204");
    assert_eq!(send(3, right).await, "204");
    assert_eq!(ada.offset(&upload).await, 6);
}
