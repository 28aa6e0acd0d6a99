//! esbuild: the glue, our scripts and the style sheet become one file each.
//!
//! A folder `frontend/<name>/` with a `<name>.js` in it is a script of the site.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    house::{House, Profile},
    npm,
    site::Site,
    tools,
};

/// Browsers we write for: the first ones with `oklch()`, `:has()` or `@layer` and wasm's
/// reference types. esbuild turns newer syntax into what they know.
const BROWSERS: &str = "--target=chrome111,firefox121,safari16.4";

/// Endings of files a style sheet may point to; they are copied with a hash in their names.
const STYLE_FILES: [&str; 5] = ["woff2", "svg", "png", "webp", "avif"];

pub(crate) struct Bundler {
    esbuild: PathBuf,
    frontend: PathBuf,
    scratch: PathBuf,
    profile: Profile,
}

impl Bundler {
    pub(crate) fn new(house: &House, profile: Profile) -> Result<Self> {
        let frontend = house.frontend();
        let esbuild = npm::executable(&frontend, "esbuild")
            .context("esbuild is missing: remove frontend/node_modules and build again")?;
        let scratch = house.cache().join("bundle");
        if scratch.exists() {
            fs::remove_dir_all(&scratch).context("cannot empty the folder for bundles")?;
        }
        fs::create_dir_all(&scratch).context("cannot make a folder for bundles")?;
        Ok(Self {
            esbuild,
            frontend,
            scratch,
            profile,
        })
    }

    /// The glue of wasm-bindgen, with its snippets, as one small file.
    pub(crate) fn glue(&self, glue: &Path) -> Result<Vec<u8>> {
        self.script(glue, "kadr.js", &[])
    }

    /// A script of ours and what it imports. `names` are constants it may use.
    pub(crate) fn script(
        &self,
        entry: &Path,
        name: &str,
        names: &[(&str, &str)],
    ) -> Result<Vec<u8>> {
        let out = self.scratch.join(name);
        let mut esbuild = self.esbuild();
        esbuild
            .arg(entry)
            .arg(format!("--outfile={}", out.display()))
            .args(["--bundle", "--format=esm", "--charset=utf8", BROWSERS]);
        for (constant, value) in names {
            esbuild.arg(format!(
                "--define:{constant}={}",
                serde_json::to_string(value)?
            ));
        }
        tools::run(&format!("bundling {name}"), &mut esbuild)?;
        fs::read(&out).with_context(|| format!("esbuild wrote no {name}"))
    }

    /// The style sheet; fonts and pictures it names go into the site at once.
    pub(crate) fn style(&self, entry: &Path, site: &mut Site) -> Result<Vec<u8>> {
        let folder = self.scratch.join("style");
        let mut esbuild = self.esbuild();
        esbuild
            .arg(format!("kadr={}", entry.display()))
            .arg(format!("--outdir={}", folder.display()))
            .args([
                "--bundle",
                "--charset=utf8",
                "--asset-names=[name].[hash]",
                BROWSERS,
            ]);
        for ending in STYLE_FILES {
            esbuild.arg(format!("--loader:.{ending}=file"));
        }
        tools::run("bundling the style sheet", &mut esbuild)?;

        let mut style = None;
        for file in fs::read_dir(&folder).context("esbuild wrote no style sheet")? {
            let file = file?;
            let name = file.file_name().to_string_lossy().into_owned();
            let bytes = fs::read(file.path())?;
            if name == "kadr.css" {
                style = Some(bytes);
            } else {
                site.add_hashed(&plain(&name), &name, &bytes)?;
            }
        }
        style.context("esbuild wrote no style sheet")
    }

    fn esbuild(&self) -> Command {
        let mut esbuild = Command::new(&self.esbuild);
        esbuild
            .args(["--log-level=warning", "--legal-comments=none"])
            // Packages are found here, wherever the entry lies.
            .env("NODE_PATH", self.frontend.join("node_modules"));
        match self.profile {
            Profile::Release => esbuild.arg("--minify"),
            Profile::Debug => esbuild.arg("--sourcemap=inline"),
        };
        esbuild
    }
}

/// The scripts of the site by name, `boot.js` first.
pub(crate) fn scripts(frontend: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for folder in
        fs::read_dir(frontend).with_context(|| format!("cannot read {}", frontend.display()))?
    {
        let folder = folder?;
        let name = format!("{}.js", folder.file_name().to_string_lossy());
        let entry = folder.path().join(&name);
        if entry.is_file() {
            found.push((name, entry));
        }
    }
    found.sort_by(|(a, _), (b, _)| (a != "boot.js", a).cmp(&(b != "boot.js", b)));
    Ok(found)
}

/// `inter.K3J2H1.woff2` → `inter.woff2`.
fn plain(hashed: &str) -> String {
    let mut parts: Vec<&str> = hashed.split('.').collect();
    if parts.len() > 2 {
        parts.remove(parts.len() - 2);
    }
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_taken_out_of_a_name() {
        assert_eq!(plain("inter.K3J2H1AB.woff2"), "inter.woff2");
        assert_eq!(plain("inter.latin.K3J2H1AB.woff2"), "inter.latin.woff2");
        assert_eq!(plain("inter.woff2"), "inter.woff2");
    }

    #[test]
    fn a_folder_with_a_script_of_its_own_name_is_a_script_of_the_site() {
        let frontend = tempfile::tempdir().expect("a folder");
        for file in [
            "live/live.js",
            "boot/boot.js",
            "boot/islands.js",
            "src/lib.rs",
            "player/other.js",
        ] {
            let path = frontend.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, "").expect("written");
        }
        let names: Vec<String> = scripts(frontend.path())
            .expect("read")
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["boot.js", "live.js"]);
    }
}
