//! The words between `kadr` and its helper as they were when it could only probe. They go as soon
//! as the helper speaks those of [`super::spec`] and [`super::line`].

use serde::{Deserialize, Serialize};

/// What a probe found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The demuxer's short name, as `mov,mp4,m4a,3gp,3g2,mj2`.
    pub format: String,
    /// Length in seconds, where the container tells.
    pub duration: Option<f64>,
    /// Bits a second over everything, where the container tells.
    pub bit_rate: Option<u64>,
    pub streams: Vec<StreamFacts>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamFacts {
    pub index: usize,
    pub codec: String,
    pub language: Option<String>,
    #[serde(flatten)]
    pub kind: StreamKind,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum StreamKind {
    Video {
        width: u32,
        height: u32,
        pixel_format: String,
        /// Frames a second as the container says them.
        frame_rate: Option<f64>,
    },
    Audio {
        sample_rate: u32,
        channels: u16,
    },
    Subtitle,
    Other,
}

/// What the helper says when it cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct MediaFault {
    /// The file is to blame, not we: trying again cannot help.
    pub client_fault: bool,
    pub code: String,
    /// A sentence for a person.
    pub reason: String,
}

/// One line of what the helper writes: JSON, `{"result": …}` or `{"error": …}`, in the end
/// exactly one of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    Result(Facts),
    Error(MediaFault),
}
