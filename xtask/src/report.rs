//! What a build tells at its end: how long each step took and how large the site is.

use std::time::{Duration, Instant};

use crate::{compress::Sizes, site::Finished};

/// What a page with islands may load, brotli, in bytes. All share one wasm, which the
/// registration fills most.
const BUDGET: usize = 150_000;

/// Steps and how long they took.
pub(crate) struct Steps {
    began: Instant,
    done: Vec<(&'static str, Duration, &'static str)>,
}

impl Steps {
    pub(crate) fn begin() -> Self {
        Self {
            began: Instant::now(),
            done: Vec::new(),
        }
    }

    /// Runs one step; `note` turns what it found into a word for the table.
    pub(crate) fn step<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> anyhow::Result<T>,
        note: impl FnOnce(&T) -> &'static str,
    ) -> anyhow::Result<T> {
        let began = Instant::now();
        let made = work()?;
        self.done.push((name, began.elapsed(), note(&made)));
        Ok(made)
    }

    pub(crate) fn print(&self) {
        println!("\n{:<28}{:>10}", "step", "seconds");
        for (name, took, note) in &self.done {
            println!("{name:<28}{:>10.1}  {note}", took.as_secs_f64());
        }
        println!(
            "{:<28}{:>10.1}",
            "together",
            self.began.elapsed().as_secs_f64()
        );
    }
}

/// Prints a line for each file, and what the browser's half weighs.
pub(crate) fn print_sizes(site: &Finished) {
    println!(
        "\n{:<28}{:>10}{:>10}{:>10}",
        "file", "bytes", "gzip", "brotli"
    );
    for (name, sizes) in &site.files {
        println!(
            "{name:<28}{:>10}{:>10}{:>10}",
            sizes.raw,
            or_dash(sizes.gzip),
            or_dash(sizes.brotli)
        );
    }
    let weight: usize = site
        .files
        .iter()
        .filter(|(name, _)| is_program(name))
        .map(|(_, sizes)| best(*sizes))
        .sum();
    println!("\nwasm and scripts of a page with islands: {weight} bytes of brotli");
    if weight > BUDGET {
        println!(
            "note: more than the {BUDGET} a page may load; see what came in with `cargo bloat` or twiggy"
        );
    }
}

/// Code, as opposed to style, fonts and pictures.
fn is_program(name: &str) -> bool {
    !name.starts_with('/') && (name.ends_with(".js") || name.ends_with(".wasm"))
}

fn best(sizes: Sizes) -> usize {
    sizes.brotli.unwrap_or(sizes.raw)
}

fn or_dash(size: Option<usize>) -> String {
    size.map_or_else(|| "-".to_owned(), |size| size.to_string())
}
