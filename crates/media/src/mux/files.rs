//! The folder of one rendition: every file is written beside its place and then renamed, so that
//! what lies under a name is whole, whenever the process ends.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use domain::media::spec;

use crate::error::MediaError;

pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn make(out: &Path, name: &str) -> Result<Self, MediaError> {
        let path = below(out, name)?;
        fs::create_dir_all(&path).map_err(MediaError::writing)?;
        Ok(Self { path })
    }

    /// Writes the init, or compares with the one that another part has written.
    pub(crate) fn init(&self, bytes: &[u8]) -> Result<(), MediaError> {
        let place = self.path.join(spec::INIT);
        // Two parts may come here at the same time: their own names beside, and the first to link wins.
        let beside = self.beside(spec::INIT);
        fs::write(&beside, bytes).map_err(MediaError::writing)?;
        let linked = fs::hard_link(&beside, &place);
        let kept = match linked {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                match fs::read(&place).map_err(MediaError::writing)? == bytes {
                    true => Ok(()),
                    false => Err(MediaError::InitDiffers),
                }
            }
            // A file system without links: the same bytes may be put there twice.
            Err(_) => return fs::rename(&beside, &place).map_err(MediaError::writing),
        };
        fs::remove_file(&beside).map_err(MediaError::writing)?;
        kept
    }

    pub(crate) fn segment(&self, number: u32, bytes: &[u8]) -> Result<(), MediaError> {
        self.put(&spec::segment_file(number), bytes)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), MediaError> {
        put(&self.path.join(name), &self.beside(name), bytes)
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.{}.tmp", std::process::id()))
    }
}

/// Writes one file that is named relative to the folder of the asset.
pub(crate) fn write(out: &Path, name: &str, bytes: &[u8]) -> Result<(), MediaError> {
    let place = below(out, name)?;
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder).map_err(MediaError::writing)?;
    }
    let mut beside = place.clone().into_os_string();
    beside.push(format!(".{}.tmp", std::process::id()));
    put(&place, Path::new(&beside), bytes)
}

fn put(place: &Path, beside: &Path, bytes: &[u8]) -> Result<(), MediaError> {
    let written = fs::write(beside, bytes).and_then(|()| fs::rename(beside, place));
    written.map_err(|error| {
        // Half a file on a full disk helps nobody.
        let _ = fs::remove_file(beside);
        MediaError::writing(error)
    })
}

/// A path below a folder; a name that leads out of it is refused.
pub(crate) fn below(out: &Path, name: &str) -> Result<PathBuf, MediaError> {
    let plain = |part: std::path::Component<'_>| matches!(part, std::path::Component::Normal(_));
    if name.is_empty() || !Path::new(name).components().all(plain) {
        return Err(MediaError::Instructions("a path that leads elsewhere"));
    }
    Ok(out.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_outside_the_folder() {
        let out = Path::new("/srv/out");
        assert_eq!(below(out, "v720/a").unwrap(), out.join("v720/a"));
        for name in ["", "/etc/passwd", "../x", "a/../../x", "./../x"] {
            assert!(below(out, name).is_err(), "{name}");
        }
    }

    #[test]
    fn an_init_is_written_once_and_compared_ever_after() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::make(home.path(), "v240").unwrap();
        folder.init(b"one").unwrap();
        folder.init(b"one").unwrap();
        assert_eq!(folder.init(b"two").unwrap_err().code(), "init_differs");
        folder.segment(7, b"bytes").unwrap();
        let mut names: Vec<_> = fs::read_dir(home.path().join("v240"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["00007.m4s", "init.mp4"], "nothing is left beside");
        assert_eq!(fs::read(home.path().join("v240/init.mp4")).unwrap(), b"one");
    }
}
