//! The browser's half of the program: cargo, then wasm-bindgen (as a library, so that its
//! version is the one of the lock file), then wasm-opt.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    house::{House, Profile},
    npm, tools,
};

/// What browsers of the last years have. Named one by one: `--all-features` makes a file that
/// no browser loads.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// The two files of the browser's half.
pub(crate) struct Pair {
    pub(crate) glue: PathBuf,
    pub(crate) wasm: PathBuf,
}

/// Compiles the crate `frontend`.
pub(crate) fn compile(house: &House, profile: Profile) -> Result<PathBuf> {
    tools::run(
        "compiling the browser's half",
        tools::cargo()
            .args([
                "build",
                "--package",
                "frontend",
                "--lib",
                "--target",
                "wasm32-unknown-unknown",
            ])
            .args(["--profile", profile.wasm()])
            .current_dir(&house.root),
    )?;
    Ok(house
        .target
        .join("wasm32-unknown-unknown")
        .join(profile.wasm_folder())
        .join("frontend.wasm"))
}

/// Writes glue and wasm into a folder of the cache; does nothing when cargo's file is the same
/// as last time.
pub(crate) fn bind(house: &House, profile: Profile, compiled: &Path) -> Result<(Pair, Outcome)> {
    let folder = house.cache().join("wasm").join(profile.wasm_folder());
    let pair = Pair {
        glue: folder.join("kadr.js"),
        wasm: folder.join("kadr_bg.wasm"),
    };
    let optimiser = (profile == Profile::Release)
        .then(|| npm::executable(&house.frontend(), "wasm-opt"))
        .flatten();

    let bytes =
        fs::read(compiled).with_context(|| format!("cannot read {}", compiled.display()))?;
    let made_from = made_from(&bytes, optimiser.is_some());
    let stamp = folder.join("made-from");
    if fs::read_to_string(&stamp).is_ok_and(|have| have == made_from) {
        return Ok((pair, Outcome::Unchanged));
    }

    if folder.exists() {
        fs::remove_dir_all(&folder).context("cannot remove the former wasm")?;
    }
    fs::create_dir_all(&folder).context("cannot make a folder for the wasm")?;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_bytes("kadr", bytes)
        .web(true)?
        .typescript(false)
        // boot.js says where the wasm is; its name has a hash.
        .omit_default_module_path(true)
        .keep_debug(profile == Profile::Debug)
        .remove_name_section(profile == Profile::Release)
        .remove_producers_section(profile == Profile::Release);
    bindgen
        .generate(&folder)
        .context("wasm-bindgen could not read what cargo compiled")?;

    let outcome = match (profile, optimiser) {
        (Profile::Release, Some(optimiser)) => {
            optimise(&optimiser, &pair.wasm)?;
            Outcome::Made
        }
        (Profile::Release, None) => Outcome::NotOptimised,
        (Profile::Debug, _) => Outcome::Made,
    };
    fs::write(&stamp, made_from).context("cannot note what the wasm was made from")?;
    Ok((pair, outcome))
}

/// What happened in [`bind`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Made,
    NotOptimised,
    Unchanged,
}

fn optimise(optimiser: &Path, wasm: &Path) -> Result<()> {
    tools::run(
        "optimising the wasm",
        Command::new(optimiser)
            .args(FEATURES)
            .args(["-Oz", "--strip-debug", "--strip-producers"])
            .arg(wasm)
            .arg("-o")
            .arg(wasm),
    )
}

/// All that decides what [`bind`] makes.
fn made_from(compiled: &[u8], optimised: bool) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(compiled);
    hasher.update(FEATURES.concat().as_bytes());
    hasher.update(&[u8::from(optimised)]);
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    hasher.finalize().to_hex().to_string()
}
