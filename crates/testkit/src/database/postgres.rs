//! Databases on the Postgres that `./test` starts: each a copy of a migrated template.

use std::{path::Path, thread};

use backend::db::{Db, Options};
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use tokio::sync::OnceCell;

const VARIABLE: &str = "KADR_TEST_POSTGRES";

static TEMPLATE: OnceCell<String> = OnceCell::const_new();

/// A server where we may create databases.
#[derive(Debug, Clone)]
pub struct PostgresServer {
    admin: url::Url,
}

impl PostgresServer {
    /// The one of the environment.
    #[must_use]
    pub fn of_environment() -> Self {
        let url = std::env::var(VARIABLE).unwrap_or_else(|_| {
            panic!(
                "{VARIABLE} is not set: these tests need a Postgres where they may create \
                 databases; run them through `./test rust`, which starts one"
            )
        });
        Self::at(&url)
    }

    /// The one at the URL of somebody who may create databases.
    #[must_use]
    pub fn at(url: &str) -> Self {
        let admin = url::Url::parse(url)
            .unwrap_or_else(|error| panic!("not the URL of a Postgres: {error}"));
        Self { admin }
    }

    /// A fresh, migrated database.
    pub(super) async fn database(&self) -> Database {
        let template = TEMPLATE.get_or_init(|| self.template()).await;
        let name = format!("kadr_{}", domain::ids::JobId::generate().as_uuid().simple());
        self.execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
            .await;
        Database {
            url: self.url(&name),
            server: self.clone(),
            name,
        }
    }

    /// An empty database, not migrated, that is not removed. Answers its URL.
    pub async fn empty(&self, name: &str) -> String {
        self.execute(&format!("CREATE DATABASE {name}")).await;
        self.url(name)
    }

    fn url(&self, name: &str) -> String {
        let mut url = self.admin.clone();
        url.set_path(name);
        url.into()
    }

    /// Makes the template, once for all test programs that have the same migrations.
    async fn template(&self) -> String {
        let mut lock = self.connect().await;
        // A template made from other migrations is not used.
        let name = format!("kadr_template_{}", backend::db::fingerprint());
        // Other test programs do the same at the same time.
        sqlx::query("SELECT pg_advisory_lock(5237)")
            .execute(&mut lock)
            .await
            .unwrap();
        let there = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1")
            .bind(name.as_str())
            .fetch_optional(&mut lock)
            .await
            .unwrap();
        if there.is_none() {
            let making = format!("{name}_making");
            self.execute(&format!("DROP DATABASE IF EXISTS {making}"))
                .await;
            self.execute(&format!("CREATE DATABASE {making}")).await;
            let db = Db::open_with(&self.url(&making), Path::new("/"), Options::default())
                .await
                .unwrap();
            db.close().await;
            self.execute(&format!("ALTER DATABASE {making} RENAME TO {name}"))
                .await;
        }
        lock.close().await.unwrap();
        name
    }

    async fn connect(&self) -> AnyConnection {
        sqlx::any::install_default_drivers();
        AnyConnection::connect(self.admin.as_str())
            .await
            .unwrap_or_else(|error| {
                panic!("the Postgres of {VARIABLE} does not answer ({error}); use `./test rust`")
            })
    }

    async fn execute(&self, sql: &str) {
        let mut connection = self.connect().await;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut connection)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        connection.close().await.unwrap();
    }
}

/// A database that is dropped with its owner.
#[derive(Debug)]
pub(super) struct Database {
    url: String,
    server: PostgresServer,
    name: String,
}

impl Database {
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A runtime of its own: the test's may be ending.
        let dropping = thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(server.execute(&format!("DROP DATABASE {name} WITH (FORCE)")));
        });
        if dropping.join().is_err() && !thread::panicking() {
            panic!("the database {} could not be dropped", self.name);
        }
    }
}
