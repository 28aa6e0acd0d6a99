//! What is said when an upload begins, and what is answered.

use domain::{
    ids::{FlowId, VideoId},
    uploads::{ContentHash, FlowRole, FlowStatus},
    videos::{Description, Tags, Title, Visibility},
};

/// An upload to be.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// None when its sender does not know it yet.
    pub length: Option<u64>,
    pub metadata: Metadata,
    pub part: Part,
    /// `Upload-Concat` as it was sent, for HEAD.
    pub concat: Option<String>,
}

/// Whether it is a file, a part of one, or the parts together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Part {
    #[default]
    Whole,
    /// `Upload-Concat: partial`
    Piece,
    /// `Upload-Concat: final;…`
    Final(Vec<FlowId>),
}

/// What a sender says about the bytes; everything may be missing. Wrong names are mended
/// ([`domain::uploads::FileName`]), wrong titles left out.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    pub filename: Option<String>,
    pub filetype: Option<String>,
    pub title: Option<Title>,
    pub visibility: Option<Visibility>,
    /// What the bytes will come to. Content that is the sender's already needs no bytes.
    pub blake3: Option<ContentHash>,
    /// What a browser knows the file again by; see [`super::Unfinished`].
    pub fingerprint: Option<String>,
    /// `Upload-Metadata` as it was sent, for HEAD.
    pub raw: Option<String>,
}

/// An upload that began. Complete already when `expires_at` is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    pub flow: FlowId,
    /// None for a part.
    pub video: Option<VideoId>,
    pub offset: u64,
    pub length: Option<u64>,
    /// The video that has these very bytes: none need to be sent.
    pub duplicate_of: Option<VideoId>,
    /// When it is given up if nothing comes (ms UTC).
    pub expires_at: Option<i64>,
}

/// How an upload stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub flow: FlowId,
    pub video: Option<VideoId>,
    pub role: FlowRole,
    pub status: FlowStatus,
    pub offset: u64,
    pub length: Option<u64>,
    /// As they were sent.
    pub metadata: Option<String>,
    pub concat: Option<String>,
    /// None once it is complete.
    pub expires_at: Option<i64>,
}

/// An unfinished upload, as its owner's list of them shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    pub flow: FlowId,
    pub video: Option<VideoId>,
    pub title: Option<Title>,
    pub description: Option<Description>,
    pub tags: Option<Tags>,
    pub visibility: Option<Visibility>,
    pub file_name: String,
    pub file_type: Option<String>,
    pub fingerprint: Option<String>,
    pub offset: u64,
    pub length: Option<u64>,
    /// Somebody is sending just now, here or on another device.
    pub receiving: bool,
    pub created_at: i64,
    pub received_at: i64,
    pub expires_at: i64,
}

/// What came of a request that sent bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub offset: u64,
    pub length: Option<u64>,
    /// Every byte is here: there is nothing more to send.
    pub complete: bool,
    /// The video that had these very bytes before, of whoever.
    pub duplicate: bool,
    /// None once it is complete.
    pub expires_at: Option<i64>,
}
