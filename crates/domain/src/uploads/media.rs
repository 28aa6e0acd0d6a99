//! What we refuse unseen: files whose own name or type says that they hold no film and no sound.

/// Endings of things people drop by mistake. A short list on purpose: what is inside a file only
/// a look into it can tell.
const NOT_MEDIA: &[&str] = &[
    "7z", "apk", "bat", "bmp", "c", "css", "csv", "dmg", "doc", "docx", "eps", "epub", "exe", "gz",
    "heic", "html", "ico", "iso", "jar", "jpeg", "jpg", "js", "json", "log", "md", "msi", "odp",
    "ods", "odt", "pdf", "php", "png", "ppt", "pptx", "ps", "psd", "py", "rar", "rs", "rtf", "sh",
    "sql", "srt", "svg", "tar", "tif", "tiff", "torrent", "ttf", "txt", "vtt", "wasm", "webp",
    "woff", "woff2", "xls", "xlsx", "xml", "yaml", "yml", "zip", "zst",
];

/// Types that browsers give to files they know nothing about.
const UNKNOWN: &[&str] = &[
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "application/x-www-form-urlencoded",
];

/// Container formats that are registered as applications.
const CONTAINERS: &[&str] = &[
    "application/mp4",
    "application/mxf",
    "application/ogg",
    "application/vnd.rn-realmedia",
    "application/x-matroska",
];

/// Whether a file of this name and type may hold video, audio or an animated GIF. `false` only
/// when one of them says that it does not.
#[must_use]
pub fn is_media(name: Option<&str>, kind: Option<&str>) -> bool {
    let kind = kind.unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    if kind.starts_with("video/")
        || kind.starts_with("audio/")
        || kind == "image/gif"
        || CONTAINERS.contains(&kind.as_str())
    {
        // Programs say `video/mp4` about anything; the name may know better, and mistaken types
        // of playlists (`audio/x-mpegurl`) are no media either.
        return !kind.ends_with("mpegurl") && !named_otherwise(name);
    }
    UNKNOWN.contains(&kind.as_str()) && !named_otherwise(name)
}

fn named_otherwise(name: Option<&str>) -> bool {
    let ending = name.and_then(|name| name.rsplit_once('.'));
    ending
        .is_some_and(|(_, ending)| NOT_MEDIA.contains(&ending.trim().to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_only_what_says_so_itself() {
        for (name, kind) in [
            (None, None),
            (Some("film.mp4"), Some("video/mp4")),
            (Some("film.MKV"), Some("")),
            (Some("film"), Some("application/octet-stream")),
            (Some("concert.mxf"), Some("application/mxf")),
            (Some("dance.gif"), Some("image/gif")),
            (Some("song.mp3"), Some("audio/mpeg; codecs=mp3")),
            (Some("strange.ending"), None),
            (Some("2024.01.05 party"), None),
            (Some("MVI_0001.THM"), None),
        ] {
            assert!(is_media(name, kind), "{name:?} {kind:?}");
        }
        for (name, kind) in [
            (Some("letter.pdf"), None),
            (Some("letter"), Some("application/pdf")),
            (Some("photo.JPG"), Some("")),
            (Some("photo"), Some("image/png")),
            (Some("notes.txt"), Some("text/plain")),
            (Some("film.mp4"), Some("text/html")),
            (Some("film.zip"), Some("video/mp4")),
            (Some("list.m3u8"), Some("audio/x-mpegurl")),
        ] {
            assert!(!is_media(name, kind), "{name:?} {kind:?}");
        }
    }
}
