//! `cargo xtask build`: the order of the steps.

use std::fs;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{
    bundle::{self, Bundler},
    compress::Compressor,
    house::{House, Profile},
    npm,
    report::{self, Steps},
    site::{Finished, Site},
    tools,
    wasm::{self, Outcome, Pair},
};

#[derive(Args)]
pub(crate) struct Options {
    /// Small and fast instead of quickly built.
    #[arg(long)]
    release: bool,
    /// Only the site, not the binaries.
    #[arg(long, conflicts_with = "server_only")]
    site_only: bool,
    /// Only the binaries (kadr, kadr-media), not the site.
    #[arg(long)]
    server_only: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let house = House::find()?;
    let profile = if options.release {
        Profile::Release
    } else {
        Profile::Debug
    };
    let mut steps = Steps::begin();

    if !options.site_only {
        steps.step("binaries", || binaries(&house, profile), |()| "")?;
    }
    if !options.server_only {
        let _alone = alone(&house)?;
        let site = site(&house, profile, &mut steps)?;
        report::print_sizes(&site);
    }
    steps.print();
    Ok(())
}

/// Two builds of the site at once would take each other's files away: the second one waits.
fn alone(house: &House) -> Result<fs::File> {
    let folder = house.cache();
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let lock = fs::File::create(folder.join("lock")).context("cannot make a lock for the build")?;
    if lock.try_lock().is_err() {
        println!("Another build of the site is running; waiting for it");
        lock.lock().context("cannot wait for the other build")?;
    }
    Ok(lock)
}

fn binaries(house: &House, profile: Profile) -> Result<()> {
    let mut cargo = tools::cargo();
    cargo
        .args([
            "build",
            "--package",
            "server",
            "--bin",
            "kadr",
            "--package",
            "media",
            "--bin",
            "kadr-media",
        ])
        .current_dir(&house.root);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    tools::run("compiling the binaries", &mut cargo)
}

fn site(house: &House, profile: Profile, steps: &mut Steps) -> Result<Finished> {
    let frontend = house.frontend();
    steps.step(
        "browser tools",
        || npm::install(&frontend),
        |new| if *new { "npm ci" } else { "unchanged" },
    )?;
    let compiled = steps.step("wasm", || wasm::compile(house, profile), |_| profile.wasm())?;
    let (pair, _) = steps.step(
        "wasm-bindgen, wasm-opt",
        || wasm::bind(house, profile, &compiled),
        |(_, outcome)| match outcome {
            Outcome::Made => "",
            Outcome::NotOptimised => "wasm-opt skipped: npm's binaryen is not installed",
            Outcome::Unchanged => "unchanged",
        },
    )?;
    let site = steps.step("scripts and style", || fill(house, profile, &pair), |_| "")?;
    steps.step(
        "compression",
        || {
            let compressor =
                Compressor::new(house.cache().join("compressed"), profile.brotli_quality())?;
            site.finish(&compressor)
        },
        |site| {
            if site.changed {
                ""
            } else {
                "the site is as it was"
            }
        },
    )
}

/// Puts all files in, those first that others name.
fn fill(house: &House, profile: Profile, pair: &Pair) -> Result<Site> {
    let mut site = Site::begin(house.site())?;
    let bundler = Bundler::new(house, profile)?;

    let wasm = fs::read(&pair.wasm).context("wasm-bindgen wrote no wasm")?;
    let wasm = format!("./{}", site.add("kadr_bg.wasm", &wasm)?);
    let glue = format!("./{}", site.add("kadr.js", &bundler.glue(&pair.glue)?)?);
    for (name, entry) in bundle::scripts(&house.frontend())? {
        let script = bundler.script(&entry, &name, &[("KADR_JS", &glue), ("KADR_WASM", &wasm)])?;
        site.add(&name, &script)?;
    }

    let style = house.root.join("style/index.css");
    if style.is_file() {
        let style = bundler.style(&style, &mut site)?;
        site.add("kadr.css", &style)?;
    } else if profile == Profile::Release {
        bail!("style/index.css is missing: a site without style is not released");
    } else {
        println!("note: style/index.css is missing, so the site has no style");
    }
    site.copy_public(&house.root.join("public"))?;
    Ok(site)
}
