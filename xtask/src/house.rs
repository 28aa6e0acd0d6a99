//! Where things lie in the house, and the two ways to build it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folders the build reads and writes.
pub(crate) struct House {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
}

impl House {
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask has no folder above it")?
            .to_path_buf();
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
            || root.join("target"),
            // Relative to where cargo was called, which for us is always the root.
            |folder| root.join(folder),
        );
        Ok(Self { root, target })
    }

    pub(crate) fn frontend(&self) -> PathBuf {
        self.root.join("frontend")
    }

    pub(crate) fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// What the build keeps between runs.
    pub(crate) fn cache(&self) -> PathBuf {
        self.target.join("xtask")
    }
}

/// How the site and the binaries are built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

impl Profile {
    /// The cargo profile of the browser's half.
    pub(crate) fn wasm(self) -> &'static str {
        match self {
            Self::Debug => "dev",
            Self::Release => "wasm-release",
        }
    }

    /// The folder in which cargo puts what it built with [`Profile::wasm`].
    pub(crate) fn wasm_folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "wasm-release",
        }
    }

    pub(crate) fn brotli_quality(self) -> u32 {
        match self {
            Self::Debug => 5,
            Self::Release => 11,
        }
    }
}
