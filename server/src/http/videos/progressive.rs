//! `/media/{video}/{height}.mp4`: a file that exists only as a list, read piece by piece.

use std::{io::SeekFrom, ops::RangeInclusive, path::PathBuf};

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use backend::{storage::Storage, transcode::Progressive};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::super::Fault;

/// Read at once.
const CHUNK: usize = 128 << 10;

/// Answers as for a file that lies there.
pub(super) fn answer(
    film: &Progressive,
    storage: &Storage,
    method: &Method,
    asked: &HeaderMap,
) -> Result<Response, Fault> {
    let size = film.size();
    let tag = format!("\"{}\"", film.tag);
    let value = |text: &str| HeaderValue::from_str(text).map_err(Fault::internal);
    let mut headers = HeaderMap::new();
    headers.insert(header::ETAG, value(&tag)?);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if is_known(asked, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let range = match wanted(asked, &tag, size) {
        Ok(range) => range,
        Err(Unsatisfiable) => {
            headers.insert(header::CONTENT_RANGE, value(&format!("bytes */{size}"))?);
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
        }
    };
    let status = match &range {
        Some(range) => {
            let said = format!("bytes {}-{}/{size}", range.start(), range.end());
            headers.insert(header::CONTENT_RANGE, value(&said)?);
            StatusCode::PARTIAL_CONTENT
        }
        None => StatusCode::OK,
    };
    let range = range.unwrap_or(0..=size.saturating_sub(1));
    let length = range.end() + 1 - range.start();
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("video/mp4"));
    let body = if method == Method::HEAD {
        Body::empty()
    } else {
        Body::from_stream(read(cut(film, storage, &range)))
    };
    Ok((status, headers, body).into_response())
}

/// Who asks has these very bytes.
fn is_known(asked: &HeaderMap, tag: &str) -> bool {
    asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == tag || one == "*")
}

struct Unsatisfiable;

/// The stretch that is asked for; `None` for all of it. Several at once are answered with all of
/// it, as they may be.
fn wanted(
    asked: &HeaderMap,
    tag: &str,
    size: u64,
) -> Result<Option<RangeInclusive<u64>>, Unsatisfiable> {
    let Some(range) = asked
        .get(header::RANGE)
        .and_then(|value| value.to_str().ok())
    else {
        return Ok(None);
    };
    // The rest of what it was; of another file it would be nonsense.
    let same = |value: &HeaderValue| value.as_bytes() == tag.as_bytes();
    if !asked.get(header::IF_RANGE).is_none_or(same) {
        return Ok(None);
    }
    let Ok(parsed) = http_range_header::parse_range_header(range) else {
        // What cannot be read is as if it were not there.
        return Ok(None);
    };
    match parsed.validate(size) {
        Ok(ranges) if ranges.len() == 1 => Ok(ranges.into_iter().next()),
        Ok(_) => Ok(None),
        Err(_) => Err(Unsatisfiable),
    }
}

/// What to read of which file.
#[derive(Debug, PartialEq, Eq)]
struct Cut {
    place: PathBuf,
    from: u64,
    bytes: u64,
}

fn cut(film: &Progressive, storage: &Storage, range: &RangeInclusive<u64>) -> Vec<Cut> {
    let (from, until) = (*range.start(), range.end() + 1);
    let mut cuts = Vec::new();
    let mut begin = 0;
    for (key, bytes) in &film.pieces {
        let end = begin + bytes;
        if begin >= until {
            break;
        }
        if end > from {
            let skipped = from.saturating_sub(begin);
            cuts.push(Cut {
                place: storage.place(key),
                from: skipped,
                bytes: until.min(end) - begin - skipped,
            });
        }
        begin = end;
    }
    cuts
}

fn read(cuts: Vec<Cut>) -> impl Stream<Item = std::io::Result<Bytes>> + Send + use<> {
    stream::iter(cuts)
        .then(|cut| async move {
            let mut file = tokio::fs::File::open(cut.place).await?;
            file.seek(SeekFrom::Start(cut.from)).await?;
            let stretch = file.take(cut.bytes);
            Ok::<_, std::io::Error>(ReaderStream::with_capacity(stretch, CHUNK))
        })
        .try_flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film() -> Progressive {
        Progressive {
            tag: "abc".to_owned(),
            pieces: [("h", 10), ("v/0", 20), ("a/0", 5), ("v/1", 7)]
                .map(|(key, bytes)| (key.to_owned(), bytes))
                .to_vec(),
        }
    }

    #[test]
    fn a_range_is_cut_out_of_what_it_touches() {
        let storage = Storage::below("/films");
        let shown = |from: u64, to: u64| -> Vec<String> {
            cut(&film(), &storage, &(from..=to))
                .iter()
                .map(|cut| {
                    let name = cut.place.strip_prefix("/films").expect("below");
                    format!("{} {}+{}", name.display(), cut.from, cut.bytes)
                })
                .collect()
        };
        assert_eq!(film().size(), 42);
        assert_eq!(shown(0, 41), ["h 0+10", "v/0 0+20", "a/0 0+5", "v/1 0+7"]);
        assert_eq!(shown(3, 5), ["h 3+3"]);
        assert_eq!(shown(9, 10), ["h 9+1", "v/0 0+1"]);
        assert_eq!(shown(29, 30), ["v/0 19+1", "a/0 0+1"]);
        assert_eq!(shown(31, 36), ["a/0 1+4", "v/1 0+2"]);
        assert_eq!(shown(41, 41), ["v/1 6+1"]);
    }

    #[test]
    fn what_is_asked_for() {
        let asked = |range: &str, if_range: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_str(range).expect("text"));
            if let Some(tag) = if_range {
                headers.insert(header::IF_RANGE, HeaderValue::from_str(tag).expect("text"));
            }
            wanted(&headers, "\"abc\"", 42)
                .map_err(|Unsatisfiable| "unsatisfiable")
                .map(|range| range.map(|range| (*range.start(), *range.end())))
        };
        assert_eq!(asked("bytes=0-0", None), Ok(Some((0, 0))));
        assert_eq!(asked("bytes=40-", None), Ok(Some((40, 41))));
        assert_eq!(asked("bytes=-2", None), Ok(Some((40, 41))));
        assert_eq!(asked("bytes=0-99999999", None), Ok(Some((0, 41))));
        assert_eq!(asked("bytes=0-1,5-6", None), Ok(None), "several are all");
        for beyond in ["bytes=42-", "bytes=42-43", "bytes=5-2"] {
            assert_eq!(asked(beyond, None), Err("unsatisfiable"), "{beyond}");
        }
        for nonsense in ["bytes", "bytes=", "pages=1-2", "bytes=a-b", "bytes=--1"] {
            assert_eq!(asked(nonsense, None), Ok(None), "{nonsense}");
        }
        assert_eq!(asked("bytes=1-2", Some("\"abc\"")), Ok(Some((1, 2))));
        assert_eq!(
            asked("bytes=1-2", Some("\"old\"")),
            Ok(None),
            "another file"
        );
    }

    #[test]
    fn who_has_it_need_not_fetch_it() {
        let known = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                header::IF_NONE_MATCH,
                HeaderValue::from_str(text).expect("text"),
            );
            is_known(&headers, "\"abc\"")
        };
        assert!(known("\"abc\"") && known("W/\"abc\"") && known("\"x\", \"abc\"") && known("*"));
        assert!(!known("\"x\"") && !known("abc"));
        assert!(!is_known(&HeaderMap::new(), "\"abc\""));
    }
}
