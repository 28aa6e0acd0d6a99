//! Jobs as they really run: a crew with handlers, and processes that are killed.

mod crew;
mod kinds;
mod process;
mod proofs;
mod witness;
