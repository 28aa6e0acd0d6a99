//! What a request says about the upload it begins.

use backend::uploads::{New, Part};
use domain::{ids::FlowId, uploads::MAX_PIECES};
use http::HeaderMap;

use super::{
    fields::{self, UPLOAD_CONCAT, UPLOAD_DEFER_LENGTH, UPLOAD_LENGTH, UPLOAD_METADATA, wrong},
    metadata,
    stop::Stop,
};

pub(super) fn read(headers: &HeaderMap) -> Result<New, Stop> {
    let (part, concat) = match fields::text(headers, &UPLOAD_CONCAT)? {
        None => (Part::Whole, None),
        Some("partial") => (Part::Piece, Some("partial".to_owned())),
        Some(line) => (Part::Final(pieces(line)?), Some(line.to_owned())),
    };
    let code = "upload_length_unreadable";
    let length = fields::number(headers, &UPLOAD_LENGTH, code)?;
    let later = match fields::text(headers, &UPLOAD_DEFER_LENGTH)? {
        None => false,
        Some("1") => true,
        Some(_) => return Err(wrong(code, "Upload-Defer-Length can only be 1")),
    };
    match (matches!(part, Part::Final(_)), length, later) {
        (true, None, false) | (false, Some(_), false) | (false, None, true) => {}
        (true, ..) => {
            let words = "parts that are put together have the length they have";
            return Err(wrong(code, words));
        }
        (false, Some(_), true) => {
            let words = "the length is either said in Upload-Length or deferred, not both";
            return Err(wrong(code, words));
        }
        (false, None, false) => {
            let words = "say the length in Upload-Length, or Upload-Defer-Length: 1";
            return Err(wrong(code, words));
        }
    }
    Ok(New {
        length,
        metadata: metadata::read(fields::text(headers, &UPLOAD_METADATA)?)?,
        part,
        concat,
    })
}

/// The parts of `final;/uploads/a /uploads/b`; addresses may be whole ones.
fn pieces(line: &str) -> Result<Vec<FlowId>, Stop> {
    let unreadable = || {
        wrong(
            "upload_concat_unreadable",
            "Upload-Concat is either partial, or final; with the addresses of the parts and \
             spaces between them",
        )
    };
    let list = line.strip_prefix("final;").ok_or_else(unreadable)?;
    list.split(' ')
        .filter(|address| !address.is_empty())
        // One more than is allowed is refused by who knows the limit.
        .take(MAX_PIECES + 1)
        .map(|address| {
            let address = address.split(['?', '#']).next().unwrap_or_default();
            let (_, id) = address.rsplit_once('/').ok_or_else(unreadable)?;
            id.parse().map_err(|_| unreadable())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn new(lines: &[(&'static str, &str)]) -> Result<New, Stop> {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        read(&map)
    }

    #[test]
    fn the_length_is_said_in_exactly_one_way() {
        assert_eq!(new(&[("upload-length", "7")]).unwrap().length, Some(7));
        assert_eq!(new(&[("upload-defer-length", "1")]).unwrap().length, None);
        for odd in [
            &[][..],
            &[("upload-defer-length", "0")],
            &[("upload-defer-length", "true")],
            &[("upload-length", "1"), ("upload-defer-length", "1")],
            &[("upload-length", "-1")],
        ] {
            assert!(new(odd).is_err(), "{odd:?}");
        }
    }

    #[test]
    fn parts_are_named_by_address() {
        let (a, b) = (FlowId::generate(), FlowId::generate());
        let whole = format!("final;/uploads/{a} https://kadr.example/uploads/{b}");
        let found = new(&[("upload-concat", &whole)]).unwrap();
        assert_eq!(found.part, Part::Final(vec![a, b]));
        assert_eq!(found.concat.as_deref(), Some(&*whole));
        let partial = new(&[("upload-concat", "partial"), ("upload-length", "3")]).unwrap();
        assert_eq!(partial.part, Part::Piece);
        for odd in [
            "",
            "Partial",
            "final",
            "final;x",
            "final;/uploads/x",
            "both",
        ] {
            assert!(
                new(&[("upload-concat", odd), ("upload-length", "3")]).is_err(),
                "{odd}"
            );
        }
        let none = new(&[("upload-concat", "final;")]).unwrap();
        assert_eq!(none.part, Part::Final(Vec::new()), "the service refuses it");
        let with_length = [("upload-concat", &*whole), ("upload-length", "3")];
        assert!(new(&with_length).is_err());
    }
}
