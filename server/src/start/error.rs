//! Why the server can't start. Every variant is one sentence that says what is wrong and what
//! to do about it: the person who reads it has nothing else.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "{addr} is already in use: stop the program that listens there, or choose another \
         address with KADR_ADDR (for example KADR_ADDR={}:{})",
        addr.ip(), addr.port().checked_add(1).unwrap_or(3000)
    )]
    PortTaken { addr: SocketAddr },

    #[error("can't listen on {addr} ({source}): choose another address with KADR_ADDR")]
    Listen { addr: SocketAddr, source: io::Error },

    #[error("{} is not a folder: set KADR_DATA to a folder that Kadr may fill", folder.display())]
    NotAFolder { folder: PathBuf },

    #[error(
        "can't write into the data folder {} ({source}): give this user write access to it, or \
         set KADR_DATA to another folder", folder.display()
    )]
    FolderNotWritable { folder: PathBuf, source: io::Error },

    #[error(
        "the disk with the data folder {} is full: make room on it, or set KADR_DATA to a folder \
         on another disk", folder.display()
    )]
    DiskFull { folder: PathBuf },

    #[error(
        "the data folder {} is already served by another Kadr{}: stop that one, or set KADR_DATA \
         to another folder", folder.display(), holder(*process)
    )]
    AlreadyServed {
        folder: PathBuf,
        process: Option<u32>,
    },

    #[error(
        "KADR_SECRET is not set: with Postgres several machines may share the data, so give all \
         of them the same random text of at least 32 characters (`openssl rand -hex 32` makes one)"
    )]
    SecretMissing,

    #[error(
        "the secret in {} is too short or unreadable: restore it from a backup, or delete the \
         file to make a new one (everybody has to log in again)", file.display()
    )]
    SecretBroken { file: PathBuf },

    #[error(
        "the site is not built: {} has no manifest.json; run `cargo xtask build --release`, or set \
         KADR_SITE to the folder of a built site", folder.display()
    )]
    SiteMissing { folder: PathBuf },

    #[error("the site in {} can't be read ({source}): build it again with `cargo xtask build --release`", folder.display())]
    SiteBroken { folder: PathBuf, source: io::Error },

    #[error(
        "the first admin can't be made ({0}): choose another KADR_ADMIN_EMAIL or a longer, less \
         common KADR_ADMIN_PASSWORD"
    )]
    Admin(backend::accounts::AccountsError),

    #[error("{0}")]
    Backend(#[from] backend::OpenError),

    #[error("the system gives this process no threads ({source}): raise its limits")]
    Threads { source: io::Error },

    #[error("can't watch for signals ({source})")]
    Signals { source: io::Error },
}

fn holder(process: Option<u32>) -> String {
    process.map_or_else(String::new, |id| format!(" (process {id})"))
}

impl StartError {
    /// What an error while writing into the data folder means for a person.
    #[must_use]
    pub fn writing(folder: &Path, source: io::Error) -> Self {
        let folder = folder.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { folder },
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                Self::NotAFolder { folder }
            }
            _ => Self::FolderNotWritable { folder, source },
        }
    }

    /// What an error while opening the address means for a person.
    #[must_use]
    pub fn listening(addr: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::PortTaken { addr },
            _ => Self::Listen { addr, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_disk_become_sentences() {
        let full = StartError::writing(Path::new("/data"), io::ErrorKind::StorageFull.into());
        assert!(
            full.to_string()
                .starts_with("the disk with the data folder /data is full")
        );
        let file = StartError::writing(Path::new("/data"), io::ErrorKind::NotADirectory.into());
        assert!(file.to_string().contains("not a folder"));
        let denied =
            StartError::writing(Path::new("/data"), io::ErrorKind::PermissionDenied.into());
        assert!(
            denied
                .to_string()
                .contains("can't write into the data folder /data")
        );
    }

    #[test]
    fn a_taken_port_suggests_the_next_one() {
        let addr = SocketAddr::from(([127, 0, 0, 1], 3000));
        let error = StartError::listening(addr, io::ErrorKind::AddrInUse.into());
        assert!(error.to_string().contains("KADR_ADDR=127.0.0.1:3001"));
    }
}
