//! Compressed neighbours: `kadr.css` gets `kadr.css.br` and `kadr.css.gz`.
//!
//! What was compressed once is kept under the hash of its content, so a build pays only for
//! what is new.

use std::{
    collections::HashSet,
    ffi::OsString,
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};

/// Endings of files that get smaller. Pictures, fonts and media are compressed already.
const COMPRESSIBLE: [&str; 11] = [
    "css",
    "html",
    "ico",
    "js",
    "json",
    "map",
    "svg",
    "txt",
    "wasm",
    "webmanifest",
    "xml",
];

/// Below this a response header is as large as what would be saved.
const SMALLEST: usize = 256;

/// How large a file is, and was before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) raw: usize,
    pub(crate) gzip: Option<usize>,
    pub(crate) brotli: Option<usize>,
}

pub(crate) struct Compressor {
    cache: PathBuf,
    quality: u32,
    /// Counts unfinished files, so that each has a name of its own.
    parts: AtomicUsize,
}

impl Compressor {
    pub(crate) fn new(cache: PathBuf, quality: u32) -> Result<Self> {
        fs::create_dir_all(&cache).context("cannot make a folder for compressed files")?;
        Ok(Self {
            cache,
            quality,
            parts: AtomicUsize::new(0),
        })
    }

    /// Writes the neighbours of all files, on all cores; sizes come back in the same order.
    pub(crate) fn neighbours(&self, files: &[PathBuf]) -> Result<Vec<Sizes>> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(files.len()));
        let threads = thread::available_parallelism()
            .map_or(1, usize::from)
            .min(files.len());
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads)
                .map(|_| {
                    scope.spawn(|| -> Result<()> {
                        loop {
                            let index = next.fetch_add(1, Ordering::Relaxed);
                            let Some(file) = files.get(index) else {
                                return Ok(());
                            };
                            let made = self
                                .neighbour(file)
                                .with_context(|| format!("cannot compress {}", file.display()))?;
                            if let Ok(mut done) = done.lock() {
                                done.push((index, made));
                            }
                        }
                    })
                })
                .collect();
            for worker in workers {
                worker
                    .join()
                    .map_err(|_| anyhow::anyhow!("a compressing thread panicked"))??;
            }
            anyhow::Ok(())
        })?;
        let mut done = done
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        done.sort_unstable_by_key(|(index, _)| *index);
        let used: HashSet<OsString> = done
            .iter()
            .flat_map(|(_, made)| made.kept.iter().cloned())
            .collect();
        self.forget_all_but(&used)?;
        Ok(done.into_iter().map(|(_, made)| made.sizes).collect())
    }

    fn neighbour(&self, file: &Path) -> Result<Made> {
        let bytes = fs::read(file)?;
        let mut made = Made {
            sizes: Sizes {
                raw: bytes.len(),
                gzip: None,
                brotli: None,
            },
            kept: Vec::new(),
        };
        let compressible = file
            .extension()
            .is_some_and(|ending| COMPRESSIBLE.iter().any(|known| ending == *known));
        if !compressible || bytes.len() < SMALLEST {
            return Ok(made);
        }
        let hash = blake3::hash(&bytes).to_hex();
        let quality = self.quality;
        made.sizes.brotli = self.one(
            file,
            "br",
            format!("{hash}.{quality}.br"),
            &bytes,
            &mut made.kept,
            |bytes| brotli(bytes, quality),
        )?;
        made.sizes.gzip = self.one(
            file,
            "gz",
            format!("{hash}.{quality}.gz"),
            &bytes,
            &mut made.kept,
            gzip,
        )?;
        Ok(made)
    }

    /// Writes one neighbour; none when it would not be smaller.
    fn one(
        &self,
        file: &Path,
        ending: &str,
        key: String,
        bytes: &[u8],
        kept: &mut Vec<OsString>,
        compress: impl FnOnce(&[u8]) -> Result<Vec<u8>>,
    ) -> Result<Option<usize>> {
        let cached = self.cache.join(&key);
        kept.push(key.into());
        let small = if let Ok(small) = fs::read(&cached) {
            small
        } else {
            let small = compress(bytes)?;
            // Beside and renamed: a build that is stopped leaves no half of a file behind.
            let beside = self.cache.join(format!(
                "{}.part",
                self.parts.fetch_add(1, Ordering::Relaxed)
            ));
            fs::write(&beside, &small)?;
            fs::rename(&beside, &cached)?;
            small
        };
        if small.len() >= bytes.len() {
            return Ok(None);
        }
        let mut name = file.as_os_str().to_owned();
        name.push(".");
        name.push(ending);
        fs::write(name, &small)?;
        Ok(Some(small.len()))
    }

    /// Drops what no file of this build uses, except for the other profile's.
    fn forget_all_but(&self, used: &HashSet<OsString>) -> Result<()> {
        let ours = format!(".{}.", self.quality);
        for entry in fs::read_dir(&self.cache).context("cannot read the compressed files")? {
            let entry = entry?;
            let name = entry.file_name();
            let text = name.to_string_lossy();
            let stale = text.contains(&ours) || text.ends_with(".part");
            if stale && !used.contains(&name) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

struct Made {
    sizes: Sizes,
    /// The names under which the cache keeps what belongs to this file.
    kept: Vec<OsString>,
}

fn brotli(bytes: &[u8], quality: u32) -> Result<Vec<u8>> {
    let mut small = Vec::with_capacity(bytes.len() / 2);
    let mut writer = brotli::CompressorWriter::new(&mut small, 64 * 1024, quality, 22);
    writer.write_all(bytes)?;
    writer.flush()?;
    drop(writer);
    Ok(small)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut writer = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::best());
    writer.write_all(bytes)?;
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn folder_with(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(name);
        fs::write(&file, bytes).expect("written");
        (folder, file)
    }

    fn compressor(folder: &Path) -> Compressor {
        Compressor::new(folder.join("cache"), 5).expect("a cache")
    }

    #[test]
    fn neighbours_unpack_to_the_same_bytes() {
        let text = "main { color: oklch(70% 0.1 200); }\n".repeat(100);
        let (folder, file) = folder_with("kadr.css", text.as_bytes());
        let sizes = compressor(folder.path())
            .neighbours(std::slice::from_ref(&file))
            .expect("compressed");
        assert_eq!(sizes[0].raw, text.len());

        let br = fs::read(folder.path().join("kadr.css.br")).expect("a .br");
        assert_eq!(sizes[0].brotli, Some(br.len()));
        let mut unpacked = String::new();
        brotli::Decompressor::new(&br[..], 4096)
            .read_to_string(&mut unpacked)
            .expect("brotli");
        assert_eq!(unpacked, text);

        let gz = fs::read(folder.path().join("kadr.css.gz")).expect("a .gz");
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(&gz[..])
            .read_to_string(&mut unpacked)
            .expect("gzip");
        assert_eq!(unpacked, text);
    }

    #[test]
    fn small_and_packed_files_get_no_neighbours() {
        for (name, bytes) in [
            ("robots.txt", &b"User-agent: *\n"[..]),
            ("inter.woff2", &[b'a'; 4096][..]),
        ] {
            let (folder, file) = folder_with(name, bytes);
            let sizes = compressor(folder.path())
                .neighbours(&[file])
                .expect("passed over");
            assert!(sizes[0].brotli.is_none() && sizes[0].gzip.is_none());
            assert!(!folder.path().join(format!("{name}.br")).exists());
        }
    }

    #[test]
    fn the_cache_forgets_what_is_no_longer_used() {
        let (folder, file) = folder_with("kadr.js", "let a = 1;\n".repeat(200).as_bytes());
        let compressor = compressor(folder.path());
        compressor
            .neighbours(std::slice::from_ref(&file))
            .expect("compressed");
        fs::write(&file, "let b = 2;\n".repeat(200)).expect("written");
        compressor.neighbours(&[file]).expect("compressed");
        let kept = fs::read_dir(folder.path().join("cache")).expect("a cache");
        let brotli = kept.filter(|entry| {
            entry.as_ref().is_ok_and(|entry| {
                entry
                    .path()
                    .extension()
                    .is_some_and(|ending| ending == "br")
            })
        });
        assert_eq!(brotli.count(), 1);
    }
}
