//! Raw SQL on a connection of the test's own, outside the gateway's pools.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use diesel::connection::{LoadConnection, SimpleConnection};
use diesel::deserialize::FromSql;
use diesel::row::{Field, Row};
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{Connection, sql_query};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// Rows of columns as text; `None` is NULL.
pub type Rows = Vec<Vec<Option<String>>>;

/// The engine's refusal, in its own words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RawError(String);

/// A connection past all of our code, to tamper or to inspect.
pub struct Backdoor(Engine);

enum Engine {
    Sqlite(Mutex<SqliteConnection>),
    Pg(Client),
}

impl Backdoor {
    /// Opens what a `DATABASE_URL` names: `sqlite://PATH` or `postgres://…`. An `SQLite` file that is not there is made.
    pub async fn open(database_url: &str) -> Self {
        match database_url.strip_prefix("sqlite://") {
            Some(path) => Self::sqlite(Path::new(path)),
            None => Self::postgres(database_url).await,
        }
    }

    pub(crate) fn sqlite(path: &Path) -> Self {
        let path = path.to_str().expect("temporary paths are UTF-8");
        let mut conn = SqliteConnection::establish(path).expect("the file opens a second time");
        conn.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON")
            .expect("SQLite knows its pragmas");
        Self(Engine::Sqlite(Mutex::new(conn)))
    }

    pub(crate) async fn postgres(url: &str) -> Self {
        let (client, connection) = tokio_postgres::connect(url, NoTls)
            .await
            .expect("PostgreSQL answers");
        // Ends when the client is dropped.
        tokio::spawn(connection);
        Self(Engine::Pg(client))
    }

    /// Runs one SQL statement. Values come back as text, as the engine writes it.
    pub async fn raw(&self, sql: &str) -> Result<Rows, RawError> {
        match &self.0 {
            Engine::Sqlite(conn) => {
                let mut conn = conn.lock().unwrap_or_else(PoisonError::into_inner);
                sqlite_rows(&mut conn, sql).map_err(|error| RawError(error.to_string()))
            }
            Engine::Pg(client) => {
                let messages = client.simple_query(sql).await.map_err(|error| {
                    RawError(match error.as_db_error() {
                        Some(refusal) => refusal.message().to_owned(),
                        None => error.to_string(),
                    })
                })?;
                Ok(messages.iter().filter_map(postgres_row).collect())
            }
        }
    }
}

fn sqlite_rows(conn: &mut SqliteConnection, sql: &str) -> diesel::QueryResult<Rows> {
    let mut rows = Rows::new();
    for row in conn.load(sql_query(sql))? {
        let row = row?;
        let columns = (0..row.field_count()).map(|column| {
            let field = row.get(column)?;
            // SQLite turns numbers into text by itself.
            <String as FromSql<Text, Sqlite>>::from_sql(field.value()?).ok()
        });
        rows.push(columns.collect());
    }
    Ok(rows)
}

fn postgres_row(message: &SimpleQueryMessage) -> Option<Vec<Option<String>>> {
    let SimpleQueryMessage::Row(row) = message else {
        return None;
    };
    let columns = (0..row.len()).map(|column| row.get(column).map(str::to_owned));
    Some(columns.collect())
}
