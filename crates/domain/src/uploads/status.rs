//! The life of a flow, as a function that refuses what is not allowed.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a flow is in its life. While, and only while, it is `Uploading` it has a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlowStatus {
    /// Bytes come, or are waited for.
    Uploading,
    /// Every byte is here.
    Uploaded,
    /// It is part of its video; for a piece, of what it was joined into.
    Ready,
    /// Every byte was here, and it still is no video.
    Failed,
    /// Given up: its bytes are gone.
    Abandoned,
}

/// A step that a flow cannot take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an upload that is {} cannot become {}", from.code(), to.code())]
pub struct Refused {
    pub from: FlowStatus,
    pub to: FlowStatus,
}

impl FlowStatus {
    pub const ALL: [Self; 5] = [
        Self::Uploading,
        Self::Uploaded,
        Self::Ready,
        Self::Failed,
        Self::Abandoned,
    ];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Uploaded => "uploaded",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }

    /// From where one gets here.
    #[must_use]
    pub const fn sources(self) -> &'static [Self] {
        match self {
            // Nothing goes back to receiving: a new upload is a new flow.
            Self::Uploading => &[],
            Self::Uploaded => &[Self::Uploading],
            // Looked at again after a failure that was ours.
            Self::Ready | Self::Failed => &[Self::Uploaded, Self::Ready, Self::Failed],
            Self::Abandoned => &[Self::Uploading, Self::Uploaded, Self::Ready, Self::Failed],
        }
    }

    /// The step to `to`, if there is one.
    ///
    /// # Errors
    /// [`Refused`] when there is none.
    pub fn become_(self, to: Self) -> Result<Self, Refused> {
        if to.sources().contains(&self) {
            Ok(to)
        } else {
            Err(Refused { from: self, to })
        }
    }

    /// Whether all of its bytes have come and are still here.
    #[must_use]
    pub const fn is_complete(self) -> bool {
        matches!(self, Self::Uploaded | Self::Ready | Self::Failed)
    }
}

impl FromStr for FlowStatus {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|status| status.code() == text)
            .ok_or(())
    }
}

/// What a flow is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlowRole {
    /// The stream a video is made of.
    Source,
    /// A part of a concatenation: bytes without a video.
    Piece,
}

impl FlowRole {
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Piece => "piece",
        }
    }
}

impl FromStr for FlowRole {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Source, Self::Piece]
            .into_iter()
            .find(|role| role.code() == text)
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_these_steps_are_taken() {
        use FlowStatus::{Abandoned, Failed, Ready, Uploaded, Uploading};
        let allowed = [
            (Uploading, Uploaded),
            (Uploading, Abandoned),
            (Uploaded, Ready),
            (Uploaded, Failed),
            (Uploaded, Abandoned),
            (Ready, Ready),
            (Ready, Failed),
            (Ready, Abandoned),
            (Failed, Failed),
            (Failed, Ready),
            (Failed, Abandoned),
        ];
        for from in FlowStatus::ALL {
            for to in FlowStatus::ALL {
                let step = from.become_(to);
                assert_eq!(
                    step.is_ok(),
                    allowed.contains(&(from, to)),
                    "{from:?} to {to:?}"
                );
                if let Err(refused) = step {
                    assert_eq!(refused, Refused { from, to });
                }
            }
            assert_eq!(from.code().parse(), Ok(from));
        }
    }
}
