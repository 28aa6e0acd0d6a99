//! What the page of uploads shows: as its owner may see it.

use domain::{
    ids::{FlowId, VideoId},
    videos::{Stage, VideoStatus, Visibility},
};
use serde::{Deserialize, Serialize};

/// Everything of the page that the server knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageSight {
    /// Bytes one file may have.
    pub max_size: u64,
    /// Bytes all files of one person may have.
    pub quota: Option<u64>,
    /// Who sees a new video, unless something else is said.
    pub visibility: Visibility,
    pub unfinished: Vec<UnfinishedSight>,
    /// What the form has just brought.
    pub sent: Vec<SentSight>,
}

/// The answer to a script that asks what could go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfinishedList {
    pub uploads: Vec<UnfinishedSight>,
}

/// An upload that waits for bytes, and what is said about its video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfinishedSight {
    pub flow: FlowId,
    pub video: VideoId,
    pub name: String,
    pub fingerprint: Option<String>,
    pub offset: u64,
    pub length: Option<u64>,
    /// Somebody is sending just now.
    pub receiving: bool,
    /// Until then it waits for its next byte; in ms UTC.
    pub expires_at: i64,
    pub title: String,
    pub description: String,
    /// As they stand in a field.
    pub tags: String,
    pub visibility: Visibility,
}

/// A video whose bytes have come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SentSight {
    pub video: VideoId,
    pub title: String,
    pub status: VideoStatus,
    /// It can be watched, perhaps not to its end yet.
    pub playable: bool,
    pub stage: Stage,
    /// Of everything that is made of it, 0 to 1.
    pub progress: f64,
    /// A stable code, once it has failed.
    pub error: Option<String>,
}

/// A video that has the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownSight {
    pub video: VideoId,
    pub title: String,
}
