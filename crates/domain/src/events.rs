//! What is told to open pages while something moves. Events are hints: the database is the
//! truth, and every stream begins with a snapshot of it.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{FlowId, JobId, UserId, VideoId},
    jobs::{JobState, WaitingFor},
    uploads::FlowStatus,
    videos::{Rendition, Stage, VideoStatus},
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

/// An upload moved. Only its owner hears of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadChanged {
    pub flow: FlowId,
    pub user: UserId,
    /// None for a part of a concatenation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<VideoId>,
    pub status: FlowStatus,
    /// Bytes that have arrived.
    pub offset: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// Whether somebody is sending just now.
    pub receiving: bool,
    pub name: String,
}

/// A video changed: what it is called, who may see it, how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoChanged {
    pub id: VideoId,
    pub owner: UserId,
    pub status: VideoStatus,
    pub playable: bool,
    /// A stable code, once it has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// It is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
}

/// How far a video is: told at least twice a second while something moves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoProgress {
    pub id: VideoId,
    pub owner: UserId,
    pub stage: Stage,
    /// Of everything, 0 to 1.
    pub progress: f64,
    pub renditions: Vec<Rendition>,
}

impl VideoChanged {
    #[must_use]
    pub const fn removed(id: VideoId, owner: UserId) -> Self {
        Self {
            id,
            owner,
            status: VideoStatus::Failed,
            playable: false,
            error: None,
            removed: true,
        }
    }
}

/// Everything that travels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event {
    Job(JobChanged),
    Notice(Notice),
    Upload(UploadChanged),
    Video(VideoChanged),
    Progress(VideoProgress),
}

/// How things stand: what every stream begins with, and begins again with whenever something
/// may have been missed. It replaces what a page knew.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub jobs: Vec<JobChanged>,
    /// The unfinished uploads of the person who listens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uploads: Vec<UploadChanged>,
}

/// What a listener can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    Job(JobId),
    Video(VideoId),
    User(UserId),
}

impl JobChanged {
    /// Whether only its progress moved since `before`: such news may be skipped for newer.
    #[must_use]
    pub fn is_progress_since(&self, before: &Self) -> bool {
        self.id == before.id
            && self.state == before.state
            && self.waiting_for == before.waiting_for
            && self.error == before.error
    }
}

impl Event {
    /// Whether who asked for `topic` hears this.
    #[must_use]
    pub fn concerns(&self, topic: &Topic) -> bool {
        match (self, topic) {
            (Self::Job(job), Topic::Job(id)) => job.id == *id,
            (Self::Job(job), Topic::Video(id)) => job.video == Some(*id),
            (Self::Notice(notice), Topic::User(id)) => notice.user == *id,
            (Self::Upload(upload), Topic::User(id)) => upload.user == *id,
            (Self::Video(video), Topic::Video(id)) => video.id == *id,
            (Self::Video(video), Topic::User(id)) => video.owner == *id,
            (Self::Progress(video), Topic::Video(id)) => video.id == *id,
            (Self::Progress(video), Topic::User(id)) => video.owner == *id,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn job(id: u128, video: Option<u128>) -> JobChanged {
        JobChanged {
            id: JobId::from_uuid(Uuid::from_u128(id)),
            state: JobState::Running,
            waiting_for: None,
            progress: 0.5,
            error: None,
            video: video.map(|v| VideoId::from_uuid(Uuid::from_u128(v))),
        }
    }

    #[test]
    fn a_job_concerns_itself_and_its_video_and_nobody_else() {
        let event = Event::Job(job(1, Some(2)));
        let of = |topic: Topic| event.concerns(&topic);
        assert!(of(Topic::Job(JobId::from_uuid(Uuid::from_u128(1)))));
        assert!(of(Topic::Video(VideoId::from_uuid(Uuid::from_u128(2)))));
        assert!(!of(Topic::Job(JobId::from_uuid(Uuid::from_u128(2)))));
        assert!(!of(Topic::Video(VideoId::from_uuid(Uuid::from_u128(1)))));
        assert!(!of(Topic::User(UserId::from_uuid(Uuid::from_u128(1)))));
        assert!(
            !Event::Job(job(1, None))
                .concerns(&Topic::Video(VideoId::from_uuid(Uuid::from_u128(0))))
        );
    }

    #[test]
    fn only_a_moved_number_is_progress() {
        let before = job(1, None);
        let mut after = before.clone();
        after.progress = 0.7;
        assert!(after.is_progress_since(&before));
        after.state = JobState::Done;
        assert!(!after.is_progress_since(&before));
        after = before.clone();
        after.waiting_for = Some(WaitingFor::Space);
        assert!(!after.is_progress_since(&before));
        assert!(!job(2, None).is_progress_since(&before));
    }

    #[test]
    fn the_words_on_the_wire_stay() {
        let event = Event::Job(job(1, Some(2)));
        assert_eq!(
            serde_json::to_string(&event).unwrap(),
            r#"{"type":"job","id":"1111111111111111111112","state":"running","progress":0.5,"video":"1111111111111111111113"}"#
        );
        assert_eq!(
            serde_json::to_string(&Snapshot::default()).unwrap(),
            r#"{"jobs":[]}"#
        );
    }
}
