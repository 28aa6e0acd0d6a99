//! The data folder: it exists, it takes files, it has room.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use super::Bytes;
use super::StartError;

/// With less than this free nothing new is taken on: a database that can't grow helps nobody.
pub const LOW_SPACE: Bytes = Bytes(64 << 20);

/// Makes the folder if it is missing and tries to write into it.
pub fn prepare(folder: &Path) -> Result<(), StartError> {
    fs::create_dir_all(folder).map_err(|source| StartError::writing(folder, source))?;
    probe(folder).map_err(|source| StartError::writing(folder, source))
}

/// Writes a byte into the folder and takes it away again. The file is named by process and
/// thread, so that two probes at the same time do not take away each other's.
pub fn probe(folder: &Path) -> io::Result<()> {
    let name = format!(
        ".probe-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    );
    let file = folder.join(name);
    let written = fs::File::create(&file).and_then(|mut f| f.write_all(b"1"));
    let removed = match fs::remove_file(&file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    written.and(removed)
}

/// What an unprivileged process may still write there.
pub fn free_space(folder: &Path) -> io::Result<Bytes> {
    let stat = rustix::fs::statvfs(folder)?;
    Ok(Bytes(stat.f_bavail.saturating_mul(stat.f_frsize)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_is_made_and_stays_empty() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/b");
        prepare(&folder).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        assert!(free_space(&folder).unwrap() > Bytes(0));
    }

    #[test]
    fn a_file_is_no_folder() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(
            prepare(file.path()),
            Err(StartError::NotAFolder { .. })
        ));
        assert!(matches!(
            prepare(&file.path().join("below")),
            Err(StartError::NotAFolder { .. })
        ));
    }
}
