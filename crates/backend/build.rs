//! New migrations are embedded at compile time, so a new file must cause a new compile.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
