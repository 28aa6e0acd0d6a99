//! The message catalogue is read by a macro; cargo does not see that by itself.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../locales");
}
