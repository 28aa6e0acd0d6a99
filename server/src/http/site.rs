//! The files of the built site, as `cargo xtask build` leaves them.
//!
//! All names are read once at the start; a request looks its path up in that list, so no path
//! can lead outside. Small files stay in memory with their compressed forms.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use app::context::Assets;
use axum::{
    body::{Body, Bytes},
    extract::{self, Request},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use tokio_util::io::ReaderStream;

use super::{Fault, State};
use crate::start::StartError;

/// Names of the files with a hash in their name, by plain name. For the server, not for visitors.
const MANIFEST: &str = "manifest.json";
/// Larger files are read from the disk each time.
const FILE_IN_MEMORY: u64 = 1 << 20;
/// All files in memory together.
const SITE_IN_MEMORY: u64 = 12 << 20;

/// A file's forms, best first: how it is encoded, and the ending of its name.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The built site.
#[derive(Debug)]
pub struct Site {
    files: HashMap<String, File>,
}

#[derive(Debug)]
struct File {
    kind: HeaderValue,
    cache: HeaderValue,
    plain: Form,
    /// In the order of `ENCODINGS`.
    encoded: Vec<(&'static str, Form)>,
}

#[derive(Debug)]
struct Form {
    content: Content,
    size: u64,
    tag: HeaderValue,
}

#[derive(Debug)]
enum Content {
    Memory(Bytes),
    Disk(PathBuf),
}

/// Where the site is: as set, else beside the binary, else the `site` of the build folder
/// this binary was built into (`target/release/kadr` → `target/site`).
#[must_use]
pub fn find_site(set: Option<&Path>) -> PathBuf {
    if let Some(folder) = set {
        return folder.to_owned();
    }
    let exe = std::env::current_exe().and_then(|exe| exe.canonicalize());
    let beside = exe.ok().and_then(|exe| exe.parent().map(Path::to_owned));
    let candidates: Vec<PathBuf> = beside
        .iter()
        .flat_map(|folder| folder.ancestors().take(3))
        .map(|folder| folder.join("site"))
        .collect();
    let built = candidates.iter().find(|site| site.join(MANIFEST).is_file());
    built
        .or(candidates.first())
        .cloned()
        .unwrap_or_else(|| PathBuf::from("target/site"))
}

impl Site {
    /// Reads the site and the names of its files.
    ///
    /// # Errors
    /// When it is not built, or not whole.
    pub fn load(folder: &Path) -> Result<(Self, Assets), StartError> {
        let names = match fs::read(folder.join(MANIFEST)) {
            Ok(json) => json,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StartError::SiteMissing {
                    folder: folder.to_owned(),
                });
            }
            Err(source) => {
                return Err(StartError::SiteBroken {
                    folder: folder.to_owned(),
                    source,
                });
            }
        };
        let broken = |source| StartError::SiteBroken {
            folder: folder.to_owned(),
            source,
        };
        let names: HashMap<String, String> =
            serde_json::from_slice(&names).map_err(|error| broken(error.into()))?;
        let mut found = Vec::new();
        walk(folder, "", &mut found).map_err(broken)?;
        let site = Self::over(found).map_err(broken)?;
        let missing = names.values().find(|name| {
            !site
                .files
                .contains_key(&format!("{}/{name}", domain::routes::PKG))
        });
        if let Some(name) = missing {
            return Err(broken(io::Error::other(format!("{name} is missing"))));
        }
        Ok((site, Assets::new(names)))
    }

    fn over(mut found: Vec<(String, PathBuf)>) -> io::Result<Self> {
        found.sort();
        let paths: HashMap<&str, &Path> = found
            .iter()
            .map(|(name, path)| (name.as_str(), path.as_path()))
            .collect();
        let mut room = SITE_IN_MEMORY;
        let mut files = HashMap::new();
        for (name, path) in &found {
            let form_of_another = ENCODINGS.iter().any(|(_, ending)| {
                name.strip_suffix(ending)
                    .is_some_and(|n| paths.contains_key(n))
            });
            if form_of_another || name == &format!("/{MANIFEST}") {
                continue;
            }
            let mut encoded = Vec::new();
            for (encoding, ending) in ENCODINGS {
                if let Some(path) = paths.get(format!("{name}{ending}").as_str()) {
                    encoded.push((encoding, Form::read(path, encoding, &mut room)?));
                }
            }
            let file = File {
                kind: kind(name),
                cache: HeaderValue::from_static(if name.starts_with("/pkg/") {
                    "public, max-age=31536000, immutable"
                } else {
                    "public, max-age=3600"
                }),
                plain: Form::read(path, "", &mut room)?,
                encoded,
            };
            files.insert(name.clone(), file);
        }
        Ok(Self { files })
    }

    /// How many files there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.files.len()
    }
}

/// Every file below, by the path it is asked for with.
fn walk(folder: &Path, prefix: &str, found: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let path = entry.path();
        let address = format!("{prefix}/{name}");
        if fs::metadata(&path)?.is_dir() {
            walk(&path, &address, found)?;
        } else {
            found.push((address, path));
        }
    }
    Ok(())
}

fn kind(name: &str) -> HeaderValue {
    let kind = if name.ends_with(".webmanifest") {
        "application/manifest+json".to_owned()
    } else {
        let kind = mime_guess::from_path(name).first_or_octet_stream();
        if kind.type_() == "text" {
            format!("{}; charset=utf-8", kind.essence_str())
        } else {
            kind.essence_str().to_owned()
        }
    };
    HeaderValue::from_str(&kind)
        .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"))
}

impl Form {
    fn read(path: &Path, encoding: &str, room: &mut u64) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        let size = metadata.len();
        let changed = metadata
            .modified()
            .unwrap_or(SystemTime::UNIX_EPOCH)
            .duration_since(UNIX_EPOCH)
            .map_or(0, |age| age.as_millis());
        let content = if size <= FILE_IN_MEMORY && size <= *room {
            *room -= size;
            Content::Memory(fs::read(path)?.into())
        } else {
            Content::Disk(path.to_owned())
        };
        let tag = HeaderValue::from_str(&format!("\"{size:x}-{changed:x}{encoding}\""))
            .map_err(io::Error::other)?;
        Ok(Self { content, size, tag })
    }
}

/// Answers what no route knows: with a file of the site, or by saying that there is nothing.
pub(super) async fn file(
    extract::State(state): extract::State<State>,
    request: Request,
) -> Result<Response, Fault> {
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
    let Some(file) = state.site.files.get(path.as_ref()) else {
        return without_slash(&request).ok_or(Fault::NotFound);
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = Fault::MethodNotAllowed.into_response();
        refused
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
        return Ok(refused);
    }
    file.answer(request.method(), request.headers()).await
}

/// Pages have no slash at the end of their addresses; people and old links sometimes do.
fn without_slash(request: &Request) -> Option<Response> {
    let path = request.uri().path();
    let shorter = path.strip_suffix('/')?;
    // Two slashes would make an address of another host out of it.
    let is_page = request.method().is_safe()
        && !shorter.is_empty()
        && !path.contains("//")
        && !path.starts_with(domain::routes::PKG);
    let target = match request.uri().query() {
        Some(query) => format!("{shorter}?{query}"),
        None => shorter.to_owned(),
    };
    is_page.then(|| Redirect::permanent(&target).into_response())
}

impl File {
    async fn answer(&self, method: &Method, asked: &HeaderMap) -> Result<Response, Fault> {
        let (encoding, form) = self.chosen(asked);
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, self.kind.clone());
        headers.insert(header::CACHE_CONTROL, self.cache.clone());
        headers.insert(header::ETAG, form.tag.clone());
        if !self.encoded.is_empty() {
            headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        if matches(asked, &form.tag) {
            headers.remove(header::CONTENT_TYPE);
            headers.remove(header::CONTENT_ENCODING);
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return Ok(response);
        }
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(form.size));
        if *method != Method::HEAD {
            *response.body_mut() = match &form.content {
                Content::Memory(bytes) => Body::from(bytes.clone()),
                Content::Disk(path) => {
                    let file = tokio::fs::File::open(path).await.map_err(Fault::internal)?;
                    Body::from_stream(ReaderStream::new(file))
                }
            };
        }
        Ok(response)
    }

    fn chosen(&self, asked: &HeaderMap) -> (Option<&'static str>, &Form) {
        let accepted: Vec<&str> = asked
            .get_all(header::ACCEPT_ENCODING)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .collect();
        self.encoded
            .iter()
            .find(|(encoding, _)| accepted.iter().any(|line| accepts(line, encoding)))
            .map_or((None, &self.plain), |(encoding, form)| {
                (Some(*encoding), form)
            })
    }
}

/// Whether a line of `Accept-Encoding` names it without a weight of zero.
fn accepts(line: &str, encoding: &str) -> bool {
    line.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let refused = parts
            .filter_map(|part| part.strip_prefix("q="))
            .any(|weight| weight.trim().parse::<f32>().is_ok_and(|w| w <= 0.0));
        name.eq_ignore_ascii_case(encoding) && !refused
    })
}

/// Whether the sender has this form already.
fn matches(asked: &HeaderMap, tag: &HeaderValue) -> bool {
    asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|item| item == "*" || item.trim_start_matches("W/").as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_chosen_as_asked() {
        for (line, br, gzip) in [
            ("gzip, deflate, br", true, true),
            ("gzip", false, true),
            ("br;q=0, gzip;q=0.5", false, true),
            ("BR", true, false),
            ("", false, false),
            ("identity", false, false),
            ("brotli", false, false),
        ] {
            assert_eq!(accepts(line, "br"), br, "{line}");
            assert_eq!(accepts(line, "gzip"), gzip, "{line}");
        }
    }

    #[test]
    fn kinds_are_what_browsers_insist_on() {
        for (name, expected) in [
            ("/pkg/kadr.wasm", "application/wasm"),
            ("/pkg/kadr.js", "text/javascript; charset=utf-8"),
            ("/pkg/kadr.css", "text/css; charset=utf-8"),
            ("/favicon.svg", "image/svg+xml"),
            ("/fonts/inter.woff2", "font/woff2"),
            ("/site.webmanifest", "application/manifest+json"),
            ("/thing", "application/octet-stream"),
        ] {
            assert_eq!(kind(name), expected, "{name}");
        }
    }

    #[test]
    fn a_site_that_is_not_built_or_not_whole_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let load = || {
            Site::load(folder.path())
                .map(|_| ())
                .unwrap_err()
                .to_string()
        };
        assert!(load().contains("cargo xtask build"), "{}", load());
        fs::write(folder.path().join(MANIFEST), "no json").unwrap();
        assert!(load().contains("can't be read"), "{}", load());
        fs::write(folder.path().join(MANIFEST), r#"{"kadr.css":"kadr.1.css"}"#).unwrap();
        assert!(load().contains("kadr.1.css is missing"), "{}", load());
        fs::create_dir(folder.path().join("pkg")).unwrap();
        fs::write(folder.path().join("pkg/kadr.1.css"), "body{}").unwrap();
        let (site, assets) = Site::load(folder.path()).unwrap();
        assert_eq!(site.count(), 1);
        assert_eq!(assets.href("kadr.css"), "/pkg/kadr.1.css");
    }
}
