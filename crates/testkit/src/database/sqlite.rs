//! The migrated SQLite file that tests copy.

use std::path::Path;

use backend::db::{Db, Options};
use tokio::sync::OnceCell;

/// Made once in a process; a small file, so it is kept in memory.
static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();

async fn template() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kadr.db");
    let url = format!("sqlite://{}", path.display());
    let options = Options {
        synchronous: false,
        ..Options::default()
    };
    let db = Db::open_with(&url, folder.path(), options).await.unwrap();
    // The last connection to close writes the log back into the file.
    db.close().await;
    std::fs::read(&path).unwrap()
}

/// Puts a migrated database into `folder`; answers its URL.
pub(super) async fn copy(folder: &Path) -> String {
    let bytes = TEMPLATE.get_or_init(template).await;
    let path = folder.join("kadr.db");
    std::fs::write(&path, bytes).unwrap();
    format!("sqlite://{}", path.display())
}
