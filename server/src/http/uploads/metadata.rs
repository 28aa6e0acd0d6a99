//! `Upload-Metadata`: pairs of a key and a text in base64, with commas between them.
//!
//! Keys we do not know are kept for HEAD and mean nothing. Names of files are mended by the
//! service; what would make a video visible to others than was meant is refused.

use backend::uploads::Metadata;
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use domain::{uploads::MAX_METADATA, videos::Title};

use super::{fields::wrong, stop::Stop};

/// With padding or without: clients do both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Keys that mean something here, each at most once.
const KNOWN: [&str; 7] = [
    "filename",
    "filetype",
    "title",
    "visibility",
    "blake3",
    "fingerprint",
    // What Uppy calls the first two.
    "name",
];

pub(super) fn read(line: Option<&str>) -> Result<Metadata, Stop> {
    let Some(line) = line.filter(|line| !line.is_empty()) else {
        return Ok(Metadata::default());
    };
    if line.len() > MAX_METADATA {
        let words = format!("Upload-Metadata may have {MAX_METADATA} bytes at most");
        return Err(unreadable(&words));
    }
    let mut found = Metadata {
        raw: Some(line.to_owned()),
        ..Metadata::default()
    };
    let mut keys: Vec<&str> = Vec::new();
    let mut name = None;
    for pair in line.split(',') {
        let pair = pair.trim();
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        if key.is_empty() {
            return Err(unreadable("Upload-Metadata has a pair without a key"));
        }
        if keys.contains(&key) {
            let words = "Upload-Metadata has a key more than once";
            return Err(unreadable(words));
        }
        keys.push(key);
        let bytes = BASE64
            .decode(value.trim())
            .map_err(|_| unreadable("Upload-Metadata has a value that is not written in base64"))?;
        if !KNOWN.contains(&key) {
            continue;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if text.is_empty() {
            continue;
        }
        match key {
            "filename" => found.filename = Some(text),
            "name" => name = Some(text),
            "filetype" => found.filetype = Some(text),
            "title" => found.title = Title::fit(&text),
            "visibility" => {
                let visibility = text.parse().map_err(|_| {
                    unreadable("the visibility of a video is public, unlisted or private")
                })?;
                found.visibility = Some(visibility);
            }
            "blake3" => {
                let hash = text.parse().map_err(|_| {
                    unreadable("the BLAKE3 of a file is written with 64 hexadecimal digits")
                })?;
                found.blake3 = Some(hash);
            }
            _ => found.fingerprint = Some(text),
        }
    }
    found.filename = found.filename.or(name);
    Ok(found)
}

fn unreadable(words: &str) -> Stop {
    wrong("upload_metadata", words)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use domain::videos::Visibility;

    use super::*;

    fn line(pairs: &[(&str, &str)]) -> String {
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(key, value)| format!("{key} {}", STANDARD.encode(value)))
            .collect();
        pairs.join(",")
    }

    #[test]
    fn what_is_said_is_understood() {
        let all = line(&[
            ("filename", "мой фильм.mp4"),
            ("filetype", "video/mp4"),
            ("title", "  My\u{202e} film "),
            ("visibility", "private"),
            ("blake3", &"0f".repeat(32)),
            ("relativePath", "null"),
        ]);
        let found = read(Some(&all)).unwrap();
        assert_eq!(found.filename.as_deref(), Some("мой фильм.mp4"));
        assert_eq!(found.filetype.as_deref(), Some("video/mp4"));
        assert_eq!(found.title.unwrap().as_str(), "My film");
        assert_eq!(found.visibility, Some(Visibility::Private));
        assert_eq!(found.blake3.unwrap().to_string(), "0f".repeat(32));
        assert_eq!(found.raw.as_deref(), Some(&*all), "given back as it came");
    }

    #[test]
    fn empty_values_and_missing_padding_are_nothing_bad() {
        let found = read(Some("is_confidential,filename YS5tcDQ, filetype ,title")).unwrap();
        assert_eq!(found.filename.as_deref(), Some("a.mp4"));
        assert_eq!((found.filetype, found.title), (None, None));
        assert!(read(None).unwrap().raw.is_none());
        assert!(read(Some("")).unwrap().raw.is_none());
        let named = line(&[("name", "b.mp4")]);
        assert_eq!(
            read(Some(&named)).unwrap().filename.as_deref(),
            Some("b.mp4")
        );
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        for odd in [
            "filename not*base64",
            "filename YQ==,filename YQ==",
            ",",
            "filename YQ==,,x",
            &line(&[("visibility", "friends")]),
            &line(&[("blake3", "abc")]),
            &format!("x {}", "A".repeat(MAX_METADATA)),
        ] {
            assert!(read(Some(odd)).is_err(), "{odd}");
        }
    }
}
