//! The built site: put together beside the one in use, then exchanged for it in one step, so
//! that a running server never sees half of one.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::compress::{Compressor, Sizes};

/// Files whose names carry a hash of their content.
const PKG: &str = "pkg";
const MANIFEST: &str = "manifest.json";
/// Digits of the hash in a name.
const DIGITS: usize = 8;

/// A site in the making.
pub(crate) struct Site {
    staging: PathBuf,
    place: PathBuf,
    /// Plain names to hashed ones.
    names: BTreeMap<String, String>,
    /// What is there so far, relative to the site.
    files: Vec<PathBuf>,
}

/// A finished site.
pub(crate) struct Finished {
    /// False when the site in use was the same to the last byte.
    pub(crate) changed: bool,
    /// Files by plain name.
    pub(crate) files: Vec<(String, Sizes)>,
}

impl Site {
    pub(crate) fn begin(place: PathBuf) -> Result<Self> {
        let staging = place.with_extension("next");
        remove(&staging)?;
        fs::create_dir_all(staging.join(PKG))
            .with_context(|| format!("cannot make {}", staging.display()))?;
        Ok(Self {
            staging,
            place,
            names: BTreeMap::new(),
            files: Vec::new(),
        })
    }

    /// Adds a file under a name with its hash, which comes back.
    pub(crate) fn add(&mut self, plain: &str, bytes: &[u8]) -> Result<String> {
        let hashed = hashed_name(plain, bytes);
        self.add_hashed(plain, &hashed, bytes)?;
        Ok(hashed)
    }

    /// Adds a file whose name has a hash already.
    pub(crate) fn add_hashed(&mut self, plain: &str, hashed: &str, bytes: &[u8]) -> Result<()> {
        let path = Path::new(PKG).join(hashed);
        fs::write(self.staging.join(&path), bytes)
            .with_context(|| format!("cannot write {hashed}"))?;
        self.files.push(path);
        self.names.insert(plain.to_owned(), hashed.to_owned());
        Ok(())
    }

    /// Copies the files that keep their names (`favicon.ico`, `robots.txt`).
    pub(crate) fn copy_public(&mut self, public: &Path) -> Result<()> {
        if !public.exists() {
            return Ok(());
        }
        for file in tree(public)? {
            let first = file.iter().next();
            ensure!(
                first.is_some_and(|first| first != PKG && first != MANIFEST),
                "public/{} would hide files of the build: give it another name",
                file.display()
            );
            let to = self.staging.join(&file);
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::copy(public.join(&file), to)
                .with_context(|| format!("cannot copy public/{}", file.display()))?;
            self.files.push(file);
        }
        Ok(())
    }

    /// Compresses everything, writes the manifest and puts the site in its place.
    pub(crate) fn finish(self, compressor: &Compressor) -> Result<Finished> {
        let paths: Vec<PathBuf> = self
            .files
            .iter()
            .map(|file| self.staging.join(file))
            .collect();
        let sizes = compressor.neighbours(&paths)?;
        fs::write(
            self.staging.join(MANIFEST),
            serde_json::to_string_pretty(&self.names)?,
        )
        .context("cannot write the manifest")?;

        let plain: BTreeMap<&str, &str> = self
            .names
            .iter()
            .map(|(plain, hashed)| (hashed.as_str(), plain.as_str()))
            .collect();
        let mut files: Vec<(String, Sizes)> = self
            .files
            .iter()
            .zip(sizes)
            .map(|(file, sizes)| {
                let name = file.strip_prefix(PKG).unwrap_or(file).to_string_lossy();
                (
                    plain
                        .get(&*name)
                        .map_or_else(|| format!("/{name}"), ToString::to_string),
                    sizes,
                )
            })
            .collect();
        files.sort_by(|(a, _), (b, _)| a.cmp(b));

        let changed = !same(&self.staging, &self.place)?;
        if changed {
            exchange(&self.staging, &self.place)?;
        }
        remove(&self.staging)?;
        Ok(Finished { changed, files })
    }
}

fn hashed_name(plain: &str, bytes: &[u8]) -> String {
    let hash = blake3::hash(bytes).to_hex();
    match plain.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}.{}.{ending}", &hash[..DIGITS]),
        None => format!("{plain}.{}", &hash[..DIGITS]),
    }
}

/// Puts `new` where `place` is; what was there ends up at `new`.
fn exchange(new: &Path, place: &Path) -> Result<()> {
    if !place.exists() {
        return fs::rename(new, place).context("cannot put the site in its place");
    }
    if renameat_with(CWD, new, CWD, place, RenameFlags::EXCHANGE).is_ok() {
        return Ok(());
    }
    // Some file systems cannot exchange: two steps, with a gap of microseconds.
    let old = place.with_extension("old");
    remove(&old)?;
    fs::rename(place, &old).context("cannot move the former site away")?;
    fs::rename(new, place).context("cannot put the site in its place")?;
    remove(&old)
}

/// Do two folders hold the same files?
fn same(a: &Path, b: &Path) -> Result<bool> {
    if !b.exists() {
        return Ok(false);
    }
    let files = tree(a)?;
    if files != tree(b)? {
        return Ok(false);
    }
    for file in files {
        if fs::read(a.join(&file))? != fs::read(b.join(&file))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// All files below a folder, relative to it, in order. What an editor or a desktop leaves
/// behind (names with a dot in front) is not of the site, except `.well-known`.
fn tree(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        let here = folder.join(&below);
        for entry in
            fs::read_dir(&here).with_context(|| format!("cannot read {}", here.display()))?
        {
            let entry = entry?;
            let name = entry.file_name();
            if name.to_string_lossy().starts_with('.') && name != ".well-known" {
                continue;
            }
            if entry.path().is_dir() {
                open.push(below.join(name));
            } else {
                found.push(below.join(name));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(root: &Path, style: &str) -> Finished {
        let compressor = Compressor::new(root.join("cache"), 5).expect("a compressor");
        let mut site = Site::begin(root.join("site")).expect("begun");
        let name = site.add("kadr.css", style.as_bytes()).expect("added");
        assert!(
            name.starts_with("kadr.")
                && name.ends_with(".css")
                && name.len() == "kadr..css".len() + DIGITS
        );
        fs::create_dir_all(root.join("public/.git")).expect("made");
        fs::write(root.join("public/robots.txt"), "User-agent: *").expect("written");
        fs::write(root.join("public/.git/config"), "secret").expect("written");
        site.copy_public(&root.join("public")).expect("copied");
        site.finish(&compressor).expect("finished")
    }

    #[test]
    fn a_second_build_takes_the_place_of_the_first() {
        let root = tempfile::tempdir().expect("a folder");
        assert!(built(root.path(), "a{}").changed);
        assert!(
            !built(root.path(), "a{}").changed,
            "the same again changes nothing"
        );
        assert!(built(root.path(), "b{}").changed);

        let site = root.path().join("site");
        let manifest: BTreeMap<String, String> =
            serde_json::from_slice(&fs::read(site.join(MANIFEST)).expect("a manifest"))
                .expect("json");
        assert_eq!(
            fs::read_to_string(site.join(PKG).join(&manifest["kadr.css"])).expect("the file"),
            "b{}"
        );
        let files = tree(&site).expect("a tree");
        assert_eq!(files.len(), 3, "nothing stale, nothing hidden: {files:?}");
        assert!(!root.path().join("site.next").exists());
    }

    #[test]
    fn public_files_cannot_hide_built_ones() {
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(root.path().join("public/pkg")).expect("made");
        fs::write(root.path().join("public/pkg/kadr.js"), "").expect("written");
        let mut site = Site::begin(root.path().join("site")).expect("begun");
        let refused = site.copy_public(&root.path().join("public"));
        assert!(refused.is_err_and(|error| error.to_string().contains("public/pkg/kadr.js")));
    }
}
