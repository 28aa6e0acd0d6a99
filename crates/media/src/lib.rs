//! All that touches media: the only crate that knows FFmpeg. Files in, files out.
//!
//! Uploaded media is hostile and FFmpeg is C, so the server never calls this crate: it starts
//! the executable `kadr-media`, built from here, writes it [`domain::media::spec::Spec`]s and
//! reads its lines ([`domain::media::line::Line`]). A crash ends one child process and fails one
//! job.

mod clock;
mod codec;
mod error;
mod log;
mod mux;
mod part;
mod picture;
mod probe;
mod raw;
mod report;
pub mod serve;
mod sound;
mod source;
mod still;
mod subtitles;

use domain::media::{
    line::Done,
    spec::{Command, Spec},
};

pub use error::MediaError;
pub use probe::probe;
pub use report::Report;

/// Does what a spec says.
pub fn run(spec: &Spec, report: &mut Report<'_>) -> Result<Done, MediaError> {
    log::forget();
    let done = obey(spec, report)?;
    // Some codecs only write it down, and leave pictures out.
    if matches!(spec.command, Command::EncodePart(_)) && log::memory_ran_out() {
        return Err(MediaError::Memory);
    }
    Ok(done)
}

fn obey(spec: &Spec, report: &mut Report<'_>) -> Result<Done, MediaError> {
    match &spec.command {
        Command::Probe => Ok(Done::Facts {
            facts: Box::new(probe(&spec.source, report)?),
        }),
        Command::EncodePart(command) => part::encode(spec, command, report),
        Command::RepackagePart(command) => part::repackage(spec, command, report),
        Command::Audio(command) => sound::track(spec, command, report),
        Command::Waveform(command) => sound::waveform(spec, command, report),
        Command::Poster(command) => still::poster(spec, command, report),
        Command::Storyboard(command) => still::storyboard(spec, command, report),
        Command::Subtitles(command) => subtitles::subtitles(spec, command, report),
    }
}

/// The version of FFmpeg's container library in use, as `59.27.100`.
#[must_use]
pub fn libavformat_version() -> String {
    let version = ffmpeg_next::format::version();
    format!(
        "{}.{}.{}",
        version >> 16,
        (version >> 8) & 0xff,
        version & 0xff
    )
}

/// Lets FFmpeg's own messages through to standard error where they are about errors; whoever
/// started this process keeps them as the log.
pub fn log_errors_only() {
    ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Error);
    raw::listen_to_log();
}
