//! The seam to the media engine: something that takes lines and gives lines. In the product it
//! is a child process ([`super::Helper`]); tests have one of their own.

use std::{fmt, io};

use futures::future::BoxFuture;

/// A way to start children.
pub trait Engine: fmt::Debug + Send + Sync {
    /// Starts one.
    fn start(&self) -> BoxFuture<'_, io::Result<Box<dyn Child>>>;
}

/// One that runs. Dropped, it is killed.
pub trait Child: fmt::Debug + Send {
    /// Writes a line to it.
    fn tell<'a>(&'a mut self, line: &'a str) -> BoxFuture<'a, io::Result<()>>;

    /// The next line from it; `None` when it has ended. May be dropped and asked again.
    fn hear(&mut self) -> BoxFuture<'_, io::Result<Option<String>>>;

    /// The last of what it wrote to its log.
    fn log(&self) -> String;

    /// Kills it, unless it has ended, and waits until it is gone. Answers how it ended.
    fn end(&mut self) -> BoxFuture<'_, String>;
}
