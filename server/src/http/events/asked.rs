//! What a stream is asked for: the query of `/events`.

use std::str::FromStr;

use domain::{
    events::{Event, Topic},
    ids::{ID_LENGTH, JobId, UserId, VideoId},
};
use url::form_urlencoded;

use crate::http::Fault;

/// More than any page shows at once.
pub(super) const MOST: usize = 100;

/// The ids of one stream, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) videos: Box<[VideoId]>,
    pub(super) jobs: Box<[JobId]>,
    /// Who listens, if anybody: their own uploads and notices come unasked.
    pub(super) user: Option<UserId>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AskedError {
    #[error(
        "“{shown}” in {key}= is no id: ids are {ID_LENGTH} letters and digits, with commas between them."
    )]
    Id { key: &'static str, shown: String },
    #[error("One stream takes at most {MOST} ids.")]
    TooMany,
}

impl From<AskedError> for Fault {
    fn from(error: AskedError) -> Self {
        let code = match error {
            AskedError::Id { .. } => "invalid_id",
            AskedError::TooMany => "too_many_ids",
        };
        Self::Invalid {
            code,
            detail: error.to_string(),
        }
    }
}

impl Asked {
    /// Keys we do not know are left alone: they may be a newer page's.
    pub(super) fn parse(query: &str) -> Result<Self, AskedError> {
        let (mut videos, mut jobs) = (Vec::new(), Vec::new());
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "videos" => ids("videos", &value, &mut videos)?,
                "jobs" => ids("jobs", &value, &mut jobs)?,
                _ => {}
            }
            if videos.len() + jobs.len() > MOST {
                return Err(AskedError::TooMany);
            }
        }
        Ok(Self {
            videos: videos.into(),
            jobs: jobs.into(),
            user: None,
        })
    }

    pub(super) fn by(self, user: Option<UserId>) -> Self {
        Self { user, ..self }
    }

    pub(super) fn concerns(&self, event: &Event) -> bool {
        let videos = self.videos.iter().map(|id| Topic::Video(*id));
        let jobs = self.jobs.iter().map(|id| Topic::Job(*id));
        let user = self.user.map(Topic::User);
        videos
            .chain(jobs)
            .chain(user)
            .any(|topic| event.concerns(&topic))
    }
}

fn ids<T: FromStr + PartialEq>(
    key: &'static str,
    list: &str,
    into: &mut Vec<T>,
) -> Result<(), AskedError> {
    for text in list
        .split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        let id = text.parse().map_err(|_| AskedError::Id {
            key,
            // Enough to find it again, not enough to be abused.
            shown: text
                .chars()
                .filter(|c| !c.is_control())
                .take(2 * ID_LENGTH)
                .collect(),
        })?;
        if !into.contains(&id) {
            if into.len() >= MOST {
                return Err(AskedError::TooMany);
            }
            into.push(id);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_with_gaps_and_repetitions_are_read() {
        let (a, b, job) = (VideoId::generate(), VideoId::generate(), JobId::generate());
        let asked = Asked::parse(&format!("videos={a},{b},,{a}&jobs={job}&videos={b}&v=2"));
        assert_eq!(
            asked,
            Ok(Asked {
                videos: [a, b].into(),
                jobs: [job].into(),
                user: None,
            })
        );
        assert_eq!(
            Asked::parse(&format!("videos={a}%2C%20{b}"))
                .unwrap()
                .videos
                .len(),
            2
        );
        for empty in ["", "videos=", "jobs=,,&videos=", "&&&"] {
            assert_eq!(Asked::parse(empty), Ok(Asked::default()), "{empty}");
        }
    }

    #[test]
    fn what_is_no_id_is_named() {
        for bad in [
            "x",
            "<script>",
            "0OIl0OIl0OIl0OIl0OIl0O",
            "../../../../../../etc",
        ] {
            let error = Asked::parse(&format!("jobs={bad}")).expect_err(bad);
            assert!(error.to_string().contains(bad), "{error}");
            assert!(error.to_string().contains("jobs="), "{error}");
        }
        let long = Asked::parse(&format!("videos={}", "x".repeat(10_000))).unwrap_err();
        assert!(long.to_string().len() < 200, "{long}");
    }

    #[test]
    fn a_hundred_ids_and_not_one_more() {
        let list = |n: usize| {
            let ids: Vec<String> = (0..n).map(|_| VideoId::generate().to_string()).collect();
            ids.join(",")
        };
        assert!(Asked::parse(&format!("videos={}&jobs={}", list(60), list(40))).is_ok());
        for query in [
            format!("videos={}", list(101)),
            format!("videos={}&jobs={}", list(60), list(41)),
        ] {
            assert_eq!(Asked::parse(&query), Err(AskedError::TooMany));
        }
    }
}
