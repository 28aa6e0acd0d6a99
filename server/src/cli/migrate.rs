//! `kadr migrate`: brings the database to this version, for those who do it before a start.

use backend::Backend;

use super::FINE;
use crate::{
    config::Settings,
    logging,
    start::{self, StartError},
};

pub(super) async fn run(settings: Settings) -> Result<u8, StartError> {
    start::prepare(&settings.data.folder)?;
    let _log = logging::start(&settings.log, None);
    let public_url = settings.network.public_url(settings.network.addr.get());
    let status = Backend::migrate(&settings.backend(&public_url)).await?;
    println!(
        "The database is at version {} ({} migrations).",
        status.version(),
        status.applied.len()
    );
    Ok(FINE)
}
