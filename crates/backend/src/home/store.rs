//! The mark in the database.

use sqlx::Row as _;

use crate::db::{Db, DbError};

/// The mark this database knows.
pub(super) async fn known(db: &Db) -> Result<Option<String>, DbError> {
    let row = sqlx::query("SELECT mark FROM media_home")
        .fetch_optional(db.read())
        .await?;
    Ok(row.map(|row| row.try_get("mark")).transpose()?)
}

/// Makes it known, unless another one is. Answers the one that is known then.
pub(super) async fn introduce(db: &Db, mark: &str) -> Result<String, DbError> {
    let mut tx = db.write().await?;
    sqlx::query("INSERT INTO media_home (id, mark) VALUES (1, $1) ON CONFLICT (id) DO NOTHING")
        .bind(mark)
        .execute(&mut *tx)
        .await?;
    let row = sqlx::query("SELECT mark FROM media_home")
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(row.try_get("mark")?)
}
