//! The address of a profile: one segment that begins with `@`. The router knows parameters
//! only as whole segments, and a parameter at the root would catch every page there is not.

use std::borrow::Cow;

use leptos_router::{PartialPathMatch, PathSegment, PossibleRouteMatch};

/// The name of the parameter.
pub const NICK: &str = "nick";

/// `/@{nick}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NickSegment;

impl PossibleRouteMatch for NickSegment {
    fn optional(&self) -> bool {
        false
    }

    fn test<'a>(&self, path: &'a str) -> Option<PartialPathMatch<'a>> {
        let nick = path.strip_prefix("/@").or_else(|| path.strip_prefix('@'))?;
        let nick = nick.split('/').next().filter(|nick| !nick.is_empty())?;
        let end = path.len() - path.split_once('@')?.1.len() + nick.len();
        let (matched, remaining) = path.split_at(end);
        let params = vec![(Cow::Borrowed(NICK), nick.to_owned())];
        Some(PartialPathMatch::new(remaining, params, matched))
    }

    fn generate_path(&self, path: &mut Vec<PathSegment>) {
        // As the server's router writes a parameter with something before it.
        path.push(PathSegment::Static("@{nick}".into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_begins_with_an_at_is_a_profile() {
        let of = |path| {
            let found = NickSegment.test(path)?;
            let rest = found.remaining().to_owned();
            Some((found.params().remove(0).1, rest))
        };
        let found = |nick: &str, rest: &str| Some((nick.to_owned(), rest.to_owned()));
        assert_eq!(of("/@ada"), found("ada", ""));
        assert_eq!(of("/@ada/videos"), found("ada", "/videos"));
        for path in ["/ada", "/@", "/@/x", "/", "", "/a@da"] {
            assert_eq!(of(path), None, "{path}");
        }
    }
}
