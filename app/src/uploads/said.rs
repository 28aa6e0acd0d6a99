//! What is said about a video while it uploads, field by field as it is typed.

use domain::{
    forms::{Fault, FieldFaults},
    videos::{Description, Details, Tags, Title},
};

/// The names of the fields.
pub const TITLE: &str = "title";
pub const DESCRIPTION: &str = "description";
pub const TAGS: &str = "tags";
pub const VISIBILITY: &str = "visibility";

/// As it comes from the page. Only the fields named in `edited` count: the others may be older
/// than what somebody wrote elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    pub title: String,
    pub description: String,
    pub tags: String,
    pub visibility: String,
    /// Names of fields, with commas between.
    pub edited: String,
}

impl Said {
    /// What can be kept, and what is wrong with the rest: a title that is empty for a moment
    /// does not hold up a description.
    #[must_use]
    pub fn read(&self) -> (Details, FieldFaults) {
        let edited = |name: &str| self.edited.split(',').any(|field| field.trim() == name);
        let mut faults = FieldFaults::default();
        let mut details = Details::default();
        if edited(TITLE) {
            details.title = kept(Title::parse(&self.title), TITLE, &mut faults);
        }
        if edited(DESCRIPTION) {
            let parsed = Description::parse(&self.description);
            details.description = kept(parsed, DESCRIPTION, &mut faults);
        }
        if edited(TAGS) {
            details.tags = kept(Tags::parse(&self.tags), TAGS, &mut faults);
        }
        if edited(VISIBILITY) {
            let parsed = self.visibility.parse().map_err(|_| Fault::Invalid);
            details.visibility = kept(parsed, VISIBILITY, &mut faults);
        }
        (details, faults)
    }
}

fn kept<T>(parsed: Result<T, Fault>, field: &'static str, faults: &mut FieldFaults) -> Option<T> {
    parsed.map_err(|fault| faults.add(field, fault)).ok()
}

#[cfg(test)]
mod tests {
    use domain::videos::Visibility;

    use super::*;

    #[test]
    fn what_is_right_is_kept_and_what_was_not_touched_stays() {
        let said = Said {
            title: " ".into(),
            description: "A day by the sea".into(),
            tags: "sea, sea, summer".into(),
            visibility: "private".into(),
            edited: "title,description,visibility".into(),
        };
        let (details, faults) = said.read();
        assert_eq!(details.title, None);
        assert_eq!(
            details.description.as_ref().map(Description::as_str),
            Some("A day by the sea")
        );
        assert_eq!(details.tags, None, "not edited");
        assert_eq!(details.visibility, Some(Visibility::Private));
        let list: Vec<_> = faults.iter().collect();
        assert_eq!(list, [(TITLE, Fault::Required)]);
    }

    #[test]
    fn nothing_edited_is_nothing_to_keep() {
        let (details, faults) = Said::default().read();
        assert_eq!(details, Details::default());
        assert!(faults.is_empty());
        let said = Said {
            visibility: "everybody".into(),
            edited: VISIBILITY.into(),
            ..Said::default()
        };
        assert_eq!(said.read().1.of(VISIBILITY), Some(Fault::Invalid));
    }
}
