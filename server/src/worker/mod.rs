//! Runs jobs, and looks after those that are lost.
//!
//! Two parts, which a process plays or not: the *crew* claims jobs from the table, runs each
//! in a task of its own and writes what came of it ([`crew`]); the *scheduler*, one in all
//! processes, finds jobs that lost their worker and starts what is due ([`scheduler`]).
//! Everything that happens in the background of the house is a job run here.

mod crew;
mod handler;
mod judge;
mod lane;
mod scheduler;

use backend::{Backend, jobs::Registry};
use tokio_util::sync::CancellationToken;

use crate::config::{Role, Roles};

/// Plays the roles `worker` and `scheduler` as far as `roles` has them, until `shutdown` is
/// cancelled and what runs has ended or was handed back.
pub async fn run(backend: Backend, roles: &Roles, shutdown: CancellationToken) {
    let registry = backend.transcode.registry(Registry::product());
    run_with(
        backend,
        registry,
        roles.play(Role::Worker),
        roles.play(Role::Scheduler),
        shutdown,
    )
    .await;
}

/// As [`run`], with the kinds of jobs to know.
pub async fn run_with(
    backend: Backend,
    registry: Registry,
    works: bool,
    schedules: bool,
    shutdown: CancellationToken,
) {
    let crew = async {
        if works {
            crew::run(backend.clone(), registry, shutdown.clone()).await;
        }
    };
    let scheduler = async {
        if schedules {
            scheduler::run(&backend, &shutdown).await;
        }
    };
    tokio::join!(crew, scheduler);
}
