//! What a job works for.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ids::{InvalidId, UserId, VideoId};

/// The thing whose page shows the job. Written as `video:{id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    Video(VideoId),
    User(UserId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Video(id) => write!(f, "video:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
        }
    }
}

impl FromStr for Subject {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.split_once(':') {
            Some(("video", id)) => id.parse().map(Self::Video),
            Some(("user", id)) => id.parse().map(Self::User),
            _ => Err(InvalidId),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_from_its_text() {
        let video = Subject::Video(VideoId::generate());
        let user = Subject::User(UserId::generate());
        assert_eq!(video.to_string().parse(), Ok(video));
        assert_eq!(user.to_string().parse(), Ok(user));
        for wrong in ["", "video", "video:", "page:1111111111111111111111"] {
            assert_eq!(wrong.parse::<Subject>(), Err(InvalidId), "{wrong}");
        }
    }
}
