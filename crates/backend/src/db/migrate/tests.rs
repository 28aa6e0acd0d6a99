//! Steps made up for the test: what happens around them is what counts.

use std::borrow::Cow;

use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType},
};

use super::*;
use crate::db::Options;

fn step(version: i64, sql: &'static str) -> Migration {
    let description = Cow::Borrowed("a step");
    Migration::new(
        version,
        description,
        MigrationType::Simple,
        sql.into_sql_str(),
        false,
    )
}

struct House {
    folder: tempfile::TempDir,
    address: Address,
    db: Db,
}

async fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/kadr.db", folder.path().display());
    let options = Options {
        migrate: false,
        ..Options::default()
    };
    House {
        address: Address::parse(&url).unwrap(),
        db: Db::open_with(&url, folder.path(), options).await.unwrap(),
        folder,
    }
}

impl House {
    async fn migrate(&self, steps: Vec<Migration>) -> Result<(), OpenError> {
        let steps = Migrator::with_migrations(steps);
        self.db
            .migrate_with(&steps, &self.address, self.folder.path())
            .await
    }

    fn copies(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("before"))
            .collect();
        names.sort();
        names
    }
}

#[tokio::test]
async fn the_file_is_copied_before_it_changes_and_three_copies_are_kept() {
    let house = house().await;
    let mut steps = vec![step(
        1,
        "CREATE TABLE a (x BIGINT); INSERT INTO a VALUES (1)",
    )];
    house.migrate(steps.clone()).await.unwrap();
    assert_eq!(
        house.copies(),
        Vec::<String>::new(),
        "a new file needs no copy"
    );
    for version in 2..=6 {
        steps.push(step(version, "UPDATE a SET x = x + 1"));
        house.migrate(steps.clone()).await.unwrap();
        // Once more: nothing to do, so no copy either.
        house.migrate(steps.clone()).await.unwrap();
    }
    assert_eq!(
        house.copies(),
        ["kadr.db.before-3", "kadr.db.before-4", "kadr.db.before-5"]
    );
    let url = format!(
        "sqlite://{}/kadr.db.before-4",
        house.folder.path().display()
    );
    let mut copy = AnyConnection::connect(&url).await.unwrap();
    let row = sqlx::query("SELECT x FROM a")
        .fetch_one(&mut copy)
        .await
        .unwrap();
    assert_eq!(row.get::<i64, _>("x"), 4, "as it was with version 4");
}

#[tokio::test]
async fn a_step_that_fails_leaves_nothing_behind_and_can_be_tried_again() {
    let house = house().await;
    let good = step(1, "CREATE TABLE a (x BIGINT)");
    let bad = step(
        2,
        "INSERT INTO a VALUES (1); INSERT INTO nowhere VALUES (1)",
    );
    let error = house.migrate(vec![good.clone(), bad]).await.unwrap_err();
    assert!(
        matches!(error, OpenError::Migration { version: 2, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("nowhere"), "{error}");
    let better = step(2, "INSERT INTO a VALUES (2)");
    house.migrate(vec![good, better]).await.unwrap();
    let rows = sqlx::query("SELECT x FROM a")
        .fetch_all(house.db.read())
        .await
        .unwrap();
    let values: Vec<i64> = rows.iter().map(|row| row.get("x")).collect();
    assert_eq!(values, [2]);
}

#[tokio::test]
async fn a_newer_database_and_a_changed_step_are_refused() {
    let house = house().await;
    let first = step(1, "CREATE TABLE a (x BIGINT)");
    let second = step(2, "CREATE TABLE b (x BIGINT)");
    house.migrate(vec![first.clone(), second]).await.unwrap();
    let error = house.migrate(vec![first]).await.unwrap_err();
    assert!(
        matches!(error, OpenError::Newer { found: 2, known: 1 }),
        "{error}"
    );
    assert!(
        error.to_string().contains("start the newer program"),
        "{error}"
    );
    let changed = vec![
        step(1, "CREATE TABLE other (x BIGINT)"),
        step(2, "CREATE TABLE b (x BIGINT)"),
        step(3, "CREATE TABLE c (x BIGINT)"),
    ];
    let error = house.migrate(changed).await.unwrap_err();
    assert!(
        matches!(error, OpenError::Changed { version: 1 }),
        "{error}"
    );
}
