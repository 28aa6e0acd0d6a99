//! The fence: set by the child itself before it opens anything, never taken down again.
//!
//! Memory, CPU time and the size of files are limited by the kernel; one file may be read and one
//! folder be written, nothing else on the disk and nothing on the network; and whatever a program
//! that it might start could do (`setuid`), it could not. An older kernel without landlock gives
//! the rest.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError,
};
use rustix::process::{Resource, Rlimit, nice, setrlimit};

use domain::media::spec::Spec;

use crate::MediaError;

const NICENESS: i32 = 10;
/// The source, what is written, the pipes; some room.
const FILES: u64 = 64;

pub(super) fn apply(spec: &Spec) -> Result<(), MediaError> {
    let engine = |error: &dyn std::fmt::Display| MediaError::Engine(error.to_string());
    for (resource, most) in [
        (Resource::As, spec.limits.memory),
        (Resource::Cpu, spec.limits.cpu),
        (Resource::Fsize, spec.limits.file),
        (Resource::Nofile, FILES),
        (Resource::Core, 0),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit).map_err(|error| engine(&error))?;
    }
    fence(spec).map_err(|error| engine(&error))
}

/// Others on this machine come first. On Linux this is about the thread that calls, and those that
/// it makes from here on.
pub(super) fn step_back() {
    // Not being allowed to be polite is no reason not to work.
    let _ = nice(NICENESS);
}

fn fence(spec: &Spec) -> Result<(), RulesetError> {
    let abi = ABI::V5;
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .create()?;
    let opened: [(_, BitFlags<AccessFs>); 2] = [
        (&spec.source, AccessFs::ReadFile.into()),
        (&spec.out, AccessFs::from_all(abi) & !AccessFs::Execute),
    ];
    for (path, access) in opened {
        // What is not there cannot be opened later, either; whoever tries will say so.
        if let Ok(path) = PathFd::new(path) {
            rules = rules.add_rule(PathBeneath::new(path, access))?;
        }
    }
    // Sets «no new privileges», too.
    rules.restrict_self().map(drop)
}
