//! What the helper says: lines of JSON on its standard output. Standard error is its log.

use serde::{Deserialize, Serialize};

use super::{Micros, facts::Facts};

/// One line. A command is answered by any number of `progress` and `output` and, in the end,
/// exactly one `result` or `error`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// At least twice a second while anything moves; a minute of silence means that it hangs.
    Progress(Progress),
    /// A file is there, whole and under its name.
    Output(Output),
    Result(Finished),
    Error(MediaFault),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Of this command, 0 to 1.
    pub done: f64,
    /// How far it has come in the file.
    pub at: Micros,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Output {
    /// Written once. Where one is there already, it was compared and is the same to the byte.
    Init(Init),
    Segment(Segment),
    /// Pictures, sheets, waveform, subtitles.
    File {
        file: String,
        bytes: u64,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Init {
    pub folder: String,
    pub bytes: u64,
    /// Ticks a second of all times of the rendition.
    pub timescale: u32,
    /// As `avc1.640028`, from what is really in it.
    pub codec: String,
    /// BLAKE3 or any other hash of its bytes in hex: the same for all parts.
    pub digest: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    pub folder: String,
    pub number: u32,
    /// `tfdt` of its first fragment, in ticks.
    pub start: u64,
    /// The pieces one can begin to play at, in order. Never none.
    pub fragments: Vec<Fragment>,
}

impl Segment {
    /// Ticks.
    #[must_use]
    pub fn duration(&self) -> u64 {
        self.fragments
            .iter()
            .map(|fragment| fragment.duration)
            .sum()
    }

    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.fragments.iter().map(|fragment| fragment.bytes).sum()
    }
}

/// `moof` and `mdat`, beginning with a key frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    /// Ticks.
    pub duration: u64,
    pub bytes: u64,
    /// From its beginning to the end of its first sample: what an I-frame playlist points to.
    pub key: u64,
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    pub done: Done,
    pub cost: Cost,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Done {
    Facts {
        facts: Box<Facts>,
    },
    /// Frames that were encoded or copied (into each rung).
    Part {
        frames: u64,
    },
    /// Samples for each channel (packets when copied).
    Audio {
        samples: u64,
    },
    /// Which of the times was taken.
    Poster {
        at: Micros,
    },
    /// How many files, cues or points.
    Made {
        count: u64,
    },
}

/// What the command took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cost {
    /// Milliseconds.
    pub cpu: u64,
    pub wall: u64,
    /// Bytes resident at the highest, of the process so far.
    pub memory: u64,
}

/// Codes of [`MediaFault`] that the server acts upon; all others are only told.
pub mod code {
    /// The disk is full. No try is lost: the job waits for space.
    pub const SPACE: &str = "space";
    /// The limit of memory was reached. Tried once more with more of it.
    pub const MEMORY: &str = "memory";
    /// An `init.mp4` of another part differs: parts cannot be joined.
    pub const INIT_DIFFERS: &str = "init_differs";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_on_the_pipe_stay() {
        let lines = [
            (
                Line::Progress(Progress { done: 0.5, at: 7 }),
                r#"{"progress":{"done":0.5,"at":7}}"#,
            ),
            (
                Line::Output(Output::Segment(Segment {
                    folder: "v720".to_owned(),
                    number: 3,
                    start: 12,
                    fragments: vec![Fragment {
                        duration: 5,
                        bytes: 9,
                        key: 4,
                    }],
                })),
                r#"{"output":{"kind":"segment","folder":"v720","number":3,"start":12,"fragments":[{"duration":5,"bytes":9,"key":4}]}}"#,
            ),
            (
                Line::Result(Finished {
                    done: Done::Part { frames: 60 },
                    cost: Cost::default(),
                }),
                r#"{"result":{"done":{"kind":"part","frames":60},"cost":{"cpu":0,"wall":0,"memory":0}}}"#,
            ),
        ];
        for (line, text) in lines {
            assert_eq!(serde_json::to_string(&line).unwrap(), text);
            assert_eq!(serde_json::from_str::<Line>(text).unwrap(), line);
        }
    }
}
