//! What is told to open pages while something moves. Events are hints: the database is the
//! truth, and every stream begins with a snapshot of it.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{JobId, UserId, VideoId},
    jobs::{JobState, WaitingFor},
};

/// A job changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobChanged {
    pub id: JobId,
    pub state: JobState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitingFor>,
    /// 0 to 1.
    pub progress: f64,
    /// A sentence for a person, once it has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The video it works for, so that pages about that video hear of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<VideoId>,
}

/// A sentence for one person, shown as a toast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    pub user: UserId,
    pub code: String,
}

/// Everything that travels. Grows with the features: `video` and `upload` join with theirs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event {
    Job(JobChanged),
    Notice(Notice),
}

/// What a listener can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    Job(JobId),
    Video(VideoId),
    User(UserId),
}

impl Event {
    /// Whether who asked for `topic` hears this.
    #[must_use]
    pub fn concerns(&self, topic: &Topic) -> bool {
        match (self, topic) {
            (Self::Job(job), Topic::Job(id)) => job.id == *id,
            (Self::Job(job), Topic::Video(id)) => job.video == Some(*id),
            (Self::Notice(notice), Topic::User(id)) => notice.user == *id,
            _ => false,
        }
    }
}
