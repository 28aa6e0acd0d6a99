//! One SQL on two engines, and what is said on a bad day.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use backend::db::{Db, DbError, Engine, Filter, OpenError, Options};
use sqlx::Row;
use testkit::{PostgresServer, TestDb, both_engines};

async fn table(db: &Db) {
    let mut tx = db.write().await.unwrap();
    sqlx::query(
        "CREATE TABLE things (id TEXT PRIMARY KEY, name TEXT, size BIGINT, part DOUBLE PRECISION,
             owner TEXT REFERENCES things (id),
             CONSTRAINT things_name_key UNIQUE (name),
             CONSTRAINT things_size_owner_key UNIQUE (size, owner),
             CONSTRAINT things_size_check CHECK (size < 100))",
    )
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

async fn insert(db: &Db, id: &str, name: Option<&str>, size: i64) -> Result<(), DbError> {
    insert_owned(db, id, name, size, None).await
}

async fn insert_owned(
    db: &Db,
    id: &str,
    name: Option<&str>,
    size: i64,
    owner: Option<&str>,
) -> Result<(), DbError> {
    let mut tx = db.write().await?;
    sqlx::query("INSERT INTO things (id, name, size, part, owner) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(name)
        .bind(size)
        .bind(0.5)
        .bind(owner)
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}

both_engines! {
    async fn what_is_written_is_read_and_what_is_dropped_never_was(test: TestDb) {
        table(&test.db).await;
        insert(&test.db, "a", Some("Kadr · кадр"), 1 << 40).await.unwrap_err();
        insert(&test.db, "a", None, -5).await.unwrap();
        let row = sqlx::query("SELECT name, size, part FROM things WHERE id = $1")
            .bind("a")
            .fetch_one(test.db.read())
            .await
            .unwrap();
        assert_eq!(row.get::<Option<String>, _>("name"), None);
        assert_eq!(row.get::<i64, _>("size"), -5);
        assert!((row.get::<f64, _>("part") - 0.5).abs() < f64::EPSILON);

        let told = Arc::new(AtomicUsize::new(0));
        for commit in [false, true] {
            let mut tx = test.db.write().await.unwrap();
            sqlx::query("UPDATE things SET size = size + 10").execute(&mut *tx).await.unwrap();
            let told = Arc::clone(&told);
            tx.after_commit(move || {
                told.fetch_add(1, Ordering::SeqCst);
            });
            if commit {
                tx.commit().await.unwrap();
            } else {
                drop(tx);
            }
        }
        assert_eq!(told.load(Ordering::SeqCst), 1, "told only of the one that is true");
        let row = sqlx::query("SELECT size FROM things").fetch_one(test.db.read()).await.unwrap();
        assert_eq!(row.get::<i64, _>("size"), 5);
    }

    async fn constraints_have_one_name_on_both_engines(test: TestDb) {
        table(&test.db).await;
        insert(&test.db, "a", Some("x"), 1).await.unwrap();
        let error = insert(&test.db, "a", Some("y"), 2).await.unwrap_err();
        assert!(error.is_unique("things_pkey"), "{error:?}");
        let error = insert(&test.db, "b", Some("x"), 3).await.unwrap_err();
        assert!(error.is_unique("things_name_key"), "{error:?}");
        assert!(error.is_client_fault());
        insert_owned(&test.db, "c", None, 4, Some("a")).await.unwrap();
        let error = insert_owned(&test.db, "d", None, 4, Some("a")).await.unwrap_err();
        assert!(error.is_unique("things_size_owner_key"), "{error:?}");
        let error = insert_owned(&test.db, "e", None, 5, Some("nobody")).await.unwrap_err();
        assert!(matches!(error, DbError::ForeignKey), "{error:?}");
        let error = insert(&test.db, "f", None, 100).await.unwrap_err();
        assert!(matches!(&error, DbError::Check(name) if name == "things_size_check"), "{error:?}");
    }

    async fn writers_take_turns_and_none_is_lost(test: TestDb) {
        table(&test.db).await;
        insert(&test.db, "a", None, 0).await.unwrap();
        let mut writers = Vec::new();
        for _ in 0..40 {
            let db = test.db.clone();
            writers.push(tokio::spawn(async move {
                let mut tx = db.write().await.unwrap();
                sqlx::query("UPDATE things SET size = size + 1").execute(&mut *tx).await.unwrap();
                tx.commit().await.unwrap();
            }));
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let row = sqlx::query("SELECT size FROM things").fetch_one(test.db.read()).await.unwrap();
        assert_eq!(row.get::<i64, _>("size"), 40);
    }

    async fn filters_are_built_at_run_time(test: TestDb) {
        table(&test.db).await;
        for (id, name, size) in [("a", "x", 1), ("b", "y", 2), ("c", "z", 3), ("d", "w", 3)] {
            insert(&test.db, id, Some(name), size).await.unwrap();
        }
        let find = async |names: &[&str], size: Option<i64>, last: (i64, &str)| {
            let rows = Filter::new("SELECT id FROM things")
                .and_in("name", names.iter().copied())
                .and_if("size >= {}", size)
                .and_pair("(size, id) < ({}, {})", last.0, last.1)
                .push("ORDER BY size DESC, id DESC")
                .push_with("LIMIT {}", 2_i64)
                .query()
                .fetch_all(test.db.read())
                .await
                .unwrap();
            rows.iter().map(|row| row.get::<String, _>("id")).collect::<Vec<_>>()
        };
        assert_eq!(find(&["x", "y", "z", "w"], None, (9, "")).await, ["d", "c"]);
        assert_eq!(find(&["x", "y", "z", "w"], None, (3, "c")).await, ["b", "a"]);
        assert_eq!(find(&["x", "y'; DROP TABLE things"], Some(1), (9, "")).await, ["a"]);
        assert!(find(&[], None, (9, "")).await.is_empty());
    }

    async fn two_starts_at_once_migrate_once(test: TestDb) {
        // The template is migrated; begin again from nothing.
        let url = match test.db.engine() {
            Engine::Sqlite => format!("sqlite://{}/new.db", test.folder().display()),
            Engine::Postgres => {
                let name = format!("race_{}", std::process::id());
                PostgresServer::of_environment().empty(&name).await
            }
        };
        let mut starts = Vec::new();
        for _ in 0..6 {
            let (url, folder) = (url.clone(), test.folder().to_owned());
            starts.push(tokio::spawn(async move { Db::open(&url, &folder).await }));
        }
        for start in starts {
            let db = start.await.unwrap().unwrap();
            let status = db.status().await.unwrap();
            assert!(status.pending.is_empty() && !status.applied.is_empty(), "{status:?}");
            db.ping().await.unwrap();
            db.close().await;
        }
    }

    async fn a_database_of_a_newer_program_is_refused(test: TestDb) {
        let mut tx = test.db.write().await.unwrap();
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             SELECT 99990101000000, description, success, checksum, execution_time
             FROM _sqlx_migrations LIMIT 1",
        )
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let error = Db::open(&test.url, test.folder()).await.unwrap_err();
        assert!(matches!(error, OpenError::Newer { found: 99_990_101_000_000, .. }), "{error}");
        assert_eq!(error.code(), "database_newer");
    }
}

async fn refusal(url: &str, data: &Path) -> OpenError {
    let options = Options {
        patience: Duration::from_millis(500),
        ..Options::default()
    };
    Db::open_with(url, data, options).await.unwrap_err()
}

#[tokio::test]
async fn readers_of_sqlite_refuse_to_write() {
    let test = TestDb::sqlite().await;
    let error = sqlx::query("DELETE FROM jobs")
        .execute(test.db.read())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("readonly"), "{error}");
}

#[tokio::test]
async fn a_full_disk_is_a_value_and_reading_goes_on() {
    let test = TestDb::sqlite().await;
    table(&test.db).await;
    let mut tx = test.db.write().await.unwrap();
    sqlx::query("PRAGMA max_page_count = 1")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let long = "x".repeat(1 << 20);
    let error = insert(&test.db, "a", Some(&long), 1).await.unwrap_err();
    assert!(matches!(error, DbError::Full), "{error:?}");
    assert!(error.is_passing());
    test.db.ping().await.unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"in the way").unwrap();
    let data = file.join("data");
    let error = refusal(&format!("sqlite://{}/kadr.db", data.display()), &data).await;
    assert!(matches!(error, OpenError::Folder { .. }), "{error}");
    assert!(error.to_string().contains("KADR_DATA"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_said_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kadr.db");
    let text = "this is a diary, not a database\n".repeat(100);
    std::fs::write(&path, &text).unwrap();
    let error = refusal(&format!("sqlite://{}", path.display()), folder.path()).await;
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_folder_with_anything_in_its_name_works() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("мои видео 100% #1");
    let url = format!(
        "sqlite://{}/kadr.db",
        data.to_str()
            .unwrap()
            .replace('%', "%25")
            .replace('?', "%3F")
    );
    let db = Db::open(&url, &data).await.unwrap();
    db.ping().await.unwrap();
    assert!(data.join("kadr.db").exists());
    db.close().await;
}

#[tokio::test]
async fn a_postgres_that_is_away_is_waited_for_and_then_said() {
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let error = refusal("postgres://kadr:secret@127.0.0.1:1/kadr", folder.path()).await;
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
    assert!(
        begun.elapsed() >= Duration::from_millis(100),
        "it did not wait"
    );
    let sentence = error.to_string();
    assert!(
        sentence.contains("127.0.0.1:1") && !sentence.contains("secret"),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_postgres_without_that_database_is_said_at_once() {
    let test = TestDb::postgres().await;
    let url = test.url.replace("/kadr_", "/nowhere_");
    let error = refusal(&url, test.folder()).await;
    assert!(matches!(error, OpenError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("does not exist"), "{error}");
}

#[tokio::test]
async fn connections_that_postgres_cut_are_made_anew() {
    let test = TestDb::postgres().await;
    table(&test.db).await;
    let other = test.again().await;
    sqlx::query(
        "SELECT CAST(COUNT(pg_terminate_backend(pid)) AS BIGINT) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(other.read())
    .await
    .unwrap();
    insert(&test.db, "a", None, 1).await.unwrap();
    test.db.ping().await.unwrap();
}
