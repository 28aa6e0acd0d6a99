//! The helper that touches media, looked for where it is installed: beside this binary.

use std::{path::PathBuf, process::Stdio, time::Duration};

/// The executable that links FFmpeg so that this one need not.
pub const HELPER: &str = "kadr-media";

#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    #[error(
        "{HELPER} is not beside the server ({}): build it with `cargo build --release -p media` \
         or put it there", path.display()
    )]
    Missing { path: PathBuf },
    #[error("{} does not start ({reason}): install the FFmpeg libraries it needs and build it again", path.display())]
    Broken { path: PathBuf, reason: String },
}

/// Starts the helper once and returns what it says about itself.
pub async fn helper_version() -> Result<String, HelperError> {
    let path = path();
    if !path.is_file() {
        return Err(HelperError::Missing { path });
    }
    let broken = |reason: String| HelperError::Broken {
        path: path.clone(),
        reason,
    };
    let run = tokio::process::Command::new(&path)
        .arg("--version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(10), run)
        .await
        .map_err(|_| broken("no answer within 10 seconds".to_owned()))?
        .map_err(|error| broken(error.to_string()))?;
    let first_line = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .lines()
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    if output.status.success() {
        Ok(first_line(&output.stdout))
    } else {
        Err(broken(match first_line(&output.stderr) {
            empty if empty.is_empty() => output.status.to_string(),
            line => line,
        }))
    }
}

/// Where it is, if it is installed.
#[must_use]
pub fn helper() -> Option<PathBuf> {
    Some(path()).filter(|path| path.is_file())
}

fn path() -> PathBuf {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(|folder| folder.join(HELPER)));
    beside.unwrap_or_else(|| PathBuf::from(HELPER))
}
