//! The headers of the protocol: their names, and how they are read and written.

use std::time::{Duration, UNIX_EPOCH};

use backend::uploads::{Checksum, Verify};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::stop::Stop;
use crate::http::Fault;

pub(super) const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");

pub(super) const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(super) const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
pub(super) const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
pub(super) const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
pub(super) const TUS_CHECKSUMS: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
pub(super) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(super) const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(super) const UPLOAD_DEFER_LENGTH: HeaderName = HeaderName::from_static("upload-defer-length");
pub(super) const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
pub(super) const UPLOAD_CONCAT: HeaderName = HeaderName::from_static("upload-concat");
pub(super) const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
pub(super) const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
pub(super) const KADR_VIDEO: HeaderName = HeaderName::from_static("kadr-video");
pub(super) const KADR_DUPLICATE_OF: HeaderName = HeaderName::from_static("kadr-duplicate-of");

/// The type of bytes that belong to an upload.
const BYTES: &str = "application/offset+octet-stream";

/// A header that is there once, as text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Stop> {
    let mut lines = headers.get_all(name).iter();
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    if lines.next().is_some() {
        return Err(wrong(
            "upload_header",
            &format!("{name} is there more than once"),
        ));
    }
    line.to_str()
        .map(|text| Some(text.trim()))
        .map_err(|_| wrong("upload_header", &format!("{name} is no plain text")))
}

/// A number of bytes. What is larger than any number of ours is the largest: it fits nowhere.
pub(super) fn number(
    headers: &HeaderMap,
    name: &HeaderName,
    code: &'static str,
) -> Result<Option<u64>, Stop> {
    let Some(digits) = text(headers, name)? else {
        return Ok(None);
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        let words = format!("{name} has to be a number of bytes, in digits");
        return Err(wrong(code, &words));
    }
    Ok(Some(digits.parse().unwrap_or(u64::MAX)))
}

/// The body has to be what the protocol says.
pub(super) fn are_bytes(headers: &HeaderMap) -> Result<(), Stop> {
    let kind = text(headers, &header::CONTENT_TYPE)?.unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case(BYTES) {
        return Ok(());
    }
    Err(Fault::refused(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "upload_type",
        &format!("the bytes of an upload are sent as {BYTES}"),
    )
    .into())
}

/// Whether, and how, the bytes of this request are to be checked.
pub(super) fn verify(headers: &HeaderMap) -> Result<Verify, Stop> {
    if let Some(checksum) = checksum(headers)? {
        return Ok(Verify::Given(checksum));
    }
    let announced = headers
        .get_all(header::TRAILER)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|name| name.trim().eq_ignore_ascii_case(UPLOAD_CHECKSUM.as_str()));
    Ok(if announced {
        Verify::Trailer
    } else {
        Verify::No
    })
}

/// `Upload-Checksum`, of the head or of the trailer.
pub(super) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, Stop> {
    let Some(line) = text(headers, &UPLOAD_CHECKSUM)? else {
        return Ok(None);
    };
    let unreadable = || {
        wrong(
            "upload_checksum_unreadable",
            "Upload-Checksum has to be the name of an algorithm, a space and the sum in base64",
        )
    };
    let (name, sum) = line.split_once(' ').ok_or_else(unreadable)?;
    let algorithm = name.parse().map_err(|_| {
        let words = "Upload-Checksum names an algorithm we do not have; \
                     there are sha1, sha256 and blake3";
        wrong("upload_checksum_unknown", words)
    })?;
    let value = STANDARD.decode(sum.trim()).map_err(|_| unreadable())?;
    Ok(Some(Checksum { algorithm, value }))
}

/// A header that is not what the protocol says it is.
pub(super) fn wrong(code: &'static str, words: &str) -> Stop {
    Fault::refused(StatusCode::BAD_REQUEST, code, words).into()
}

/// How far an upload is and when it will be given up, never to be remembered by anybody.
pub(super) fn stands(headers: &mut HeaderMap, offset: u64, expires_at: Option<i64>) {
    headers.insert(UPLOAD_OFFSET, HeaderValue::from(offset));
    let no_store = HeaderValue::from_static("no-store");
    headers.insert(header::CACHE_CONTROL, no_store);
    if let Some(millis) = expires_at.and_then(|at| u64::try_from(at).ok()) {
        let when = UNIX_EPOCH + Duration::from_millis(millis);
        insert(headers, UPLOAD_EXPIRES, &httpdate::fmt_http_date(when));
    }
}

/// Texts of ours, and texts that came in a header, always fit into one.
pub(super) fn insert(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn numbers_are_digits_and_nothing_else() {
        let read =
            |text: &'static str| number(&headers(&[("upload-length", text)]), &UPLOAD_LENGTH, "x");
        assert_eq!(read("0").unwrap(), Some(0));
        assert_eq!(read("18446744073709551615").unwrap(), Some(u64::MAX));
        assert_eq!(read("99999999999999999999999999").unwrap(), Some(u64::MAX));
        for odd in ["", "-1", "+1", "1.5", "1e9", "0x10", "1 000", "abc"] {
            assert!(read(odd).is_err(), "{odd}");
        }
        let twice = headers(&[("upload-length", "1"), ("upload-length", "1")]);
        assert!(number(&twice, &UPLOAD_LENGTH, "x").is_err());
    }

    #[test]
    fn checksums_name_their_algorithm() {
        let read = |text: &'static str| checksum(&headers(&[("upload-checksum", text)]));
        assert_eq!(read("sha1 YWJj").unwrap().unwrap().value, b"abc");
        for odd in ["", "sha1", "md5 YWJj", "sha1 not base64!", "SHA1 YWJj"] {
            assert!(read(odd).is_err(), "{odd}");
        }
        let later = headers(&[("trailer", "x-y, Upload-Checksum")]);
        assert_eq!(verify(&later).unwrap(), Verify::Trailer);
        assert_eq!(verify(&headers(&[("trailer", "x-y")])).unwrap(), Verify::No);
    }
}
