//! Reading what we wrote: values of `domain` from columns of text.

use std::str::FromStr;

use sqlx::{Row, any::AnyRow};

use crate::db::DbError;

/// A column whose text is a value of ours.
pub(super) fn parsed<T: FromStr>(row: &AnyRow, column: &'static str) -> Result<T, DbError> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|_| unreadable(column))
}

/// The same where there may be none.
pub(super) fn maybe<T: FromStr>(row: &AnyRow, column: &'static str) -> Result<Option<T>, DbError> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|_| unreadable(column)))
        .transpose()
}

/// A text that a rule of ours made.
pub(super) fn ruled<T: TryFrom<String>>(row: &AnyRow, column: &'static str) -> Result<T, DbError> {
    let text: String = row.try_get(column)?;
    T::try_from(text).map_err(|_| unreadable(column))
}

/// A number that is never below zero.
pub(super) fn count(row: &AnyRow, column: &'static str) -> Result<u32, DbError> {
    let number: i64 = row.try_get(column)?;
    u32::try_from(number).map_err(|_| unreadable(column))
}

fn unreadable(column: &'static str) -> DbError {
    DbError::Other(sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: "not a value this program knows".into(),
    })
}
