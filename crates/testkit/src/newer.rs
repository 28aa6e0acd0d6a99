//! Databases from the future.

use sqlx::{AnyConnection, Connection};

/// Makes a migrated database look as if a newer program had migrated it further.
pub async fn pretend_newer(url: &str) {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations
             (version, description, success, checksum, execution_time)
         SELECT version + 1, 'from the future', success, checksum, 1
         FROM _sqlx_migrations ORDER BY version DESC LIMIT 1",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
}
