//! Why a file could not be worked on, and whose fault that is.

use std::io;

use domain::media::{MediaFault, line::code};

#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error("The file is not there.")]
    Missing,
    #[error("What is there is not a file.")]
    NotAFile,
    #[error("The file cannot be read ({0}).")]
    Io(io::Error),
    #[error("The file is empty.")]
    Empty,
    /// FFmpeg knows what this is, and it is not on our list; or its header contradicts itself.
    #[error("Files of this kind are not accepted, or the beginning of the file is damaged.")]
    Refused,
    #[error("This is not a video or sound file that can be read, or it is damaged.")]
    Unreadable,
    #[error("The file breaks off before any picture or sound.")]
    Truncated,
    #[error("The file has neither picture nor sound.")]
    NoMedia,
    /// Packets are there, and none of them becomes a picture or a sound.
    #[error("The picture or the sound of this file cannot be decoded.")]
    Undecodable,
    #[error("The codec {0} is not supported.")]
    Codec(String),
    /// What a stretch of a file was said to hold is not there.
    #[error("A stretch of the file has no picture that can be decoded.")]
    NoPicture,
    #[error("There was not enough memory to read the file.")]
    Memory,
    #[error("The disk is full.")]
    Space,
    #[error("A file could not be written ({0}).")]
    Write(io::Error),
    /// The parts of one rendition were made by different encoders.
    #[error("The parts of this video do not fit together.")]
    InitDiffers,
    /// A stretch that should be copied does not begin with a picture that stands alone.
    #[error("The video cannot be taken over as it is.")]
    NotACut,
    #[error("The instructions make no sense ({0}).")]
    Instructions(&'static str),
    /// The installed FFmpeg lacks a part that we need.
    #[error("The media engine cannot do this here ({0}).")]
    Engine(String),
}

impl MediaError {
    /// A word for programs; never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotAFile => "not_a_file",
            Self::Io(_) => "io",
            Self::Empty => "empty",
            Self::Refused => "format_refused",
            Self::Unreadable => "unreadable",
            Self::Truncated => "truncated",
            Self::NoMedia => "no_media",
            Self::Undecodable => "undecodable",
            Self::Codec(_) => "codec",
            Self::NoPicture => "no_picture",
            Self::Memory => code::MEMORY,
            Self::Space => code::SPACE,
            Self::Write(_) => "write",
            Self::InitDiffers => code::INIT_DIFFERS,
            Self::NotACut => "not_a_cut",
            Self::Instructions(_) => "instructions",
            Self::Engine(_) => "engine",
        }
    }

    /// The file is to blame: trying again cannot help.
    #[must_use]
    pub fn is_client_fault(&self) -> bool {
        match self {
            Self::Empty
            | Self::Refused
            | Self::Unreadable
            | Self::Truncated
            | Self::NoMedia
            | Self::Undecodable
            | Self::Codec(_)
            | Self::NoPicture => true,
            Self::Missing
            | Self::NotAFile
            | Self::Io(_)
            | Self::Memory
            | Self::Space
            | Self::Write(_)
            | Self::InitDiffers
            | Self::NotACut
            | Self::Instructions(_)
            | Self::Engine(_) => false,
        }
    }

    /// What opening a path failed with.
    pub(crate) fn opening(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            _ => Self::Io(error),
        }
    }

    /// What writing one of our files failed with.
    pub(crate) fn writing(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Space,
            _ => Self::Write(error),
        }
    }

    /// What FFmpeg failed with while it read a file whose bytes all came through.
    pub(crate) fn reading(error: ffmpeg_next::Error) -> Self {
        use ffmpeg_next::{Error, error};
        match error {
            Error::Other {
                errno: error::ENOMEM,
            } => Self::Memory,
            Error::Other {
                errno: error::EINVAL,
            } => Self::Refused,
            Error::Eof => Self::Truncated,
            Error::OptionNotFound | Error::Bug | Error::Bug2 => Self::Engine(error.to_string()),
            // Whatever else a demuxer says about bytes that it got whole is about the bytes.
            _ => Self::Unreadable,
        }
    }

    /// What an encoder failed with. Its settings are ours and the same for every file, so that all
    /// it can lack is memory: x264 says `malloc of size … failed` past every log, then «external».
    pub(crate) fn encoding(error: ffmpeg_next::Error) -> Self {
        match error {
            ffmpeg_next::Error::External => Self::Memory,
            error => Self::working(error),
        }
    }

    /// What FFmpeg failed with in work that does not depend on the bytes of the file. Some decoders
    /// say only in the log that memory ran out.
    pub(crate) fn working(error: ffmpeg_next::Error) -> Self {
        use ffmpeg_next::{Error, error};
        match error {
            Error::Other {
                errno: error::ENOMEM,
            } => Self::Memory,
            _ if crate::log::memory_ran_out() => Self::Memory,
            _ => Self::Engine(error.to_string()),
        }
    }
}

impl From<&MediaError> for MediaFault {
    fn from(error: &MediaError) -> Self {
        Self {
            client_fault: error.is_client_fault(),
            code: error.code().to_owned(),
            reason: error.to_string(),
        }
    }
}
