//! What tests stand on: a database of their own on either engine, a Redis of their own, and
//! services over both. Used by tests only, so it panics where a test should stop.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up must stop, and says where"
)]

mod backend;
mod database;
mod newer;
mod redis;

pub use self::{
    backend::{TestBackend, hurry},
    database::{PostgresServer, TestDb},
    newer::pretend_newer,
    redis::RedisServer,
};

/// For looking into the tables from outside; only `backend` depends on it otherwise.
pub use sqlx;

/// Makes two tests of each function: one on SQLite, one on Postgres.
///
/// ```ignore
/// testkit::both_engines! {
///     async fn a_nick_is_taken_once(test: TestDb) { … }
/// }
/// ```
/// gives `a_nick_is_taken_once::sqlite` and `a_nick_is_taken_once::postgres`.
#[macro_export]
macro_rules! both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($test:ident: TestDb) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "the body decides")]
            use super::*;

            async fn body($test: $crate::TestDb) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body($crate::TestDb::sqlite().await).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                body($crate::TestDb::postgres().await).await;
            }
        }
    )+};
}

/// Shows the log of the code under test when `RUST_LOG` is set.
pub fn log() {
    use tracing_subscriber::EnvFilter;
    if std::env::var_os("RUST_LOG").is_some() {
        // A second test in the same process finds it set already.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::from_default_env())
            .with_test_writer()
            .try_init();
    }
}
