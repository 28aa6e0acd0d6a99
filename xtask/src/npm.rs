//! The browser tools of `frontend/package-lock.json`: installed when missing or outdated.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::tools;

/// Makes `node_modules` match the lock file. Without a change this only compares two hashes.
pub(crate) fn install(frontend: &Path) -> Result<bool> {
    let lock = frontend.join("package-lock.json");
    let wanted =
        blake3::hash(&fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?);
    let stamp = frontend.join("node_modules/.kadr-lock");
    if fs::read_to_string(&stamp).is_ok_and(|have| have == wanted.to_hex().as_str()) {
        return Ok(false);
    }
    // No package of ours needs to run scripts of its own at installation.
    tools::run(
        "installing the browser tools",
        Command::new("npm")
            .args([
                "ci",
                "--ignore-scripts",
                "--no-fund",
                "--no-audit",
                "--loglevel=error",
            ])
            .current_dir(frontend),
    )?;
    fs::write(&stamp, wanted.to_hex().as_str()).context("cannot note what was installed")?;
    Ok(true)
}

/// An executable of an installed package, if it is there.
pub(crate) fn executable(frontend: &Path, name: &str) -> Option<PathBuf> {
    let path = frontend.join("node_modules/.bin").join(name);
    path.exists().then_some(path)
}
