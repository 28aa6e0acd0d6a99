//! Reading what we wrote: values of `domain` from columns of text and number.

use std::str::FromStr;

use sqlx::{Row, any::AnyRow};

use crate::db::DbError;

/// A column whose text is a value of ours.
pub(crate) fn parsed<T: FromStr>(row: &AnyRow, column: &'static str) -> Result<T, DbError> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|_| unreadable(column))
}

/// The same where there may be none.
pub(crate) fn maybe<T: FromStr>(row: &AnyRow, column: &'static str) -> Result<Option<T>, DbError> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|_| unreadable(column)))
        .transpose()
}

/// A number of bytes.
pub(crate) fn bytes(row: &AnyRow, column: &'static str) -> Result<u64, DbError> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|_| unreadable(column))
}

/// The same where there may be none.
pub(crate) fn maybe_bytes(row: &AnyRow, column: &'static str) -> Result<Option<u64>, DbError> {
    let number: Option<i64> = row.try_get(column)?;
    number
        .map(|number| u64::try_from(number).map_err(|_| unreadable(column)))
        .transpose()
}

pub(crate) fn unreadable(column: &'static str) -> DbError {
    DbError::Other(sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: "not a value this program knows".into(),
    })
}

/// For a column of numbers. What would not fit was refused long before.
pub(crate) fn number(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
