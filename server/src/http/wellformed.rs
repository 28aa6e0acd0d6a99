//! Requests that no handler should have to look at.

use http::{HeaderMap, Uri};
use percent_encoding::percent_decode_str;

use super::Fault;

/// Room for all headers together. Ours are small; what is larger is a mistake or an attack.
/// The listener cuts off what is larger than its own, higher limit without an answer of ours.
const HEADER_BYTES: usize = 32 << 10;
/// Room for the address. Searches and filters fit many times.
const ADDRESS_BYTES: usize = 8 << 10;

/// Refuses addresses that are too long or no text, and headers that are too large.
pub(super) fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), Fault> {
    let path = uri.path();
    let query = uri.query().unwrap_or_default();
    if path.len() + query.len() > ADDRESS_BYTES {
        return Err(Fault::AddressTooLong);
    }
    if !is_text(path) || !is_text(query) {
        return Err(Fault::AddressUnreadable);
    }
    let size: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    if size > HEADER_BYTES {
        return Err(Fault::HeadersTooLarge);
    }
    Ok(())
}

/// UTF-8 without the character that ends a C string: file names and logs trip over it.
fn is_text(encoded: &str) -> bool {
    !encoded.contains('%')
        || percent_decode_str(encoded)
            .decode_utf8()
            .is_ok_and(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn addresses_are_text_of_bounded_length() {
        let none = HeaderMap::new();
        for (address, expected) in [
            ("/", None),
            ("/search?q=%D0%BA%D0%B0%D0%B4%D1%80", None),
            ("/100%25", None),
            ("/%ff", Some("unreadable_address")),
            ("/search?q=%c3%28", Some("unreadable_address")),
            ("/%00", Some("unreadable_address")),
        ] {
            let code = check(&address.parse().unwrap(), &none)
                .err()
                .map(|fault| fault.code());
            assert_eq!(code, expected, "{address}");
        }
        let long = format!("/{}", "a".repeat(ADDRESS_BYTES));
        assert!(matches!(
            check(&long.parse().unwrap(), &none),
            Err(Fault::AddressTooLong)
        ));
    }

    #[test]
    fn headers_are_bounded_together() {
        let mut headers = HeaderMap::new();
        for n in 0..40 {
            let name = format!("x-{n}").parse::<http::HeaderName>().unwrap();
            headers.insert(name, HeaderValue::from_str(&"a".repeat(1 << 10)).unwrap());
        }
        let checked = check(&"/".parse().unwrap(), &headers);
        assert!(matches!(checked, Err(Fault::HeadersTooLarge)));
    }
}
