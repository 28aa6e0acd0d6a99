//! Queries whose conditions are known only at run time.
//!
//! sqlx' own builder writes `?`, which Postgres refuses. This one numbers `$n`, takes SQL
//! only as literals of the program, and everything else as bound values, so it cannot be
//! injected into.

use sqlx::{Any, Arguments, AssertSqlSafe, Encode, Type, any::AnyArguments, query::Query};

/// What can be bound: text, numbers, and options of them.
pub trait Value<'t>: Encode<'t, Any> + Type<Any> {}

impl<'t, T: Encode<'t, Any> + Type<Any>> Value<'t> for T {}

/// A query in the making. The text so far must end where a condition can follow.
#[derive(Default)]
pub struct Filter {
    sql: String,
    arguments: AnyArguments,
    conditions: usize,
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filter").field("sql", &self.sql).finish()
    }
}

impl Filter {
    /// Begins with `SELECT … FROM …`.
    #[must_use]
    pub fn new(sql: &'static str) -> Self {
        Self {
            sql: sql.to_owned(),
            ..Self::default()
        }
    }

    /// Adds a condition; `{}` in it stands for the value.
    #[must_use]
    pub fn and<'t, T: Value<'t>>(mut self, condition: &'static str, value: T) -> Self {
        self.sql.push_str(if self.conditions == 0 {
            " WHERE "
        } else {
            " AND "
        });
        self.conditions += 1;
        self.fill(condition, value)
    }

    /// As [`Filter::and`], only when there is a value.
    #[must_use]
    pub fn and_if<'t, T: Value<'t>>(self, condition: &'static str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.and(condition, value),
            None => self,
        }
    }

    /// Adds `column IN (…)`; no values match no row.
    #[must_use]
    pub fn and_in<'t, T: Value<'t>>(
        mut self,
        column: &'static str,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        self.sql.push_str(if self.conditions == 0 {
            " WHERE "
        } else {
            " AND "
        });
        self.conditions += 1;
        self.sql.push_str(column);
        self.sql.push_str(" IN (");
        let mut first = true;
        for value in values {
            if !first {
                self.sql.push_str(", ");
            }
            first = false;
            self = self.fill("{}", value);
        }
        self.sql.push_str(if first { "NULL)" } else { ")" });
        self
    }

    /// Adds a condition with two values, one for each `{}`: `(created_at, id) < ({}, {})`.
    #[must_use]
    pub fn and_pair<'t, A: Value<'t>, B: Value<'t>>(
        mut self,
        condition: &'static str,
        first: A,
        second: B,
    ) -> Self {
        let (before, after) = condition.split_once("{}").unwrap_or((condition, ""));
        self.sql.push_str(if self.conditions == 0 {
            " WHERE "
        } else {
            " AND "
        });
        self.conditions += 1;
        self.sql.push_str(before);
        self.fill("{}", first).fill(after, second)
    }

    /// Adds text that needs no value: `ORDER BY …`.
    #[must_use]
    pub fn push(mut self, sql: &'static str) -> Self {
        self.sql.push(' ');
        self.sql.push_str(sql);
        self
    }

    /// Adds text whose `{}` is the value: `LIMIT {}`.
    #[must_use]
    pub fn push_with<'t, T: Value<'t>>(mut self, sql: &'static str, value: T) -> Self {
        self.sql.push(' ');
        self.fill(sql, value)
    }

    /// The finished query.
    pub fn query(self) -> Query<'static, Any, AnyArguments> {
        sqlx::query_with(AssertSqlSafe(self.sql), self.arguments)
    }

    /// Binds once; every `{}` of the text refers to it.
    fn fill<'t, T: Value<'t>>(mut self, text: &'static str, value: T) -> Self {
        if let Err(error) = self.arguments.add(value) {
            // The types we bind (text, numbers, options of them) cannot fail to encode.
            tracing::error!(%error, text, "a value could not be bound");
        }
        let placeholder = format!("${}", self.arguments.len());
        self.sql.push_str(&text.replace("{}", &placeholder));
        self
    }

    #[cfg(test)]
    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_values_in_the_order_they_come() {
        let filter = Filter::new("SELECT id FROM jobs")
            .and("state = {}", "queued")
            .and_if("owner = {}", None::<String>)
            .and_if("(kind = {} OR subject = {})", Some("sweep"))
            .and_pair("(created_at, id) < ({}, {})", 5_i64, "x")
            .and_in("lane", ["light", "media"])
            .and_in("worker", Vec::<String>::new())
            .push("ORDER BY id")
            .push_with("LIMIT {}", 5_i64);
        assert_eq!(
            filter.sql(),
            "SELECT id FROM jobs WHERE state = $1 AND (kind = $2 OR subject = $2) \
             AND (created_at, id) < ($3, $4) AND lane IN ($5, $6) AND worker IN (NULL) \
             ORDER BY id LIMIT $7"
        );
    }
}
