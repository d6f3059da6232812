//! Opens the database that `DATABASE_URL` names and hands out connections.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use deadpool::Runtime;
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;

use crate::conn::{Conn, PgConn, SqliteConn, Tx};
use crate::{DbError, dialect};

/// Which engine a database runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Embedded.
    Sqlite,
    /// A server.
    Postgres,
}

/// How long a request waits for a free connection before it is told 503.
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(2);
/// How long opening a connection may take: a database that is away is told within two seconds.
const OPEN_CONNECTION: Duration = Duration::from_secs(2);
/// Readers beside `SQLite`'s one writer: more than cores does not help.
const SQLITE_READERS: usize = 4;
/// Connections per gateway: small enough that several gateways fit `PostgreSQL`'s default of 100.
const PG_CONNECTIONS: usize = 16;

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
}

#[derive(Clone)]
enum Pools {
    Pg(Pool<PgConn>),
    Sqlite {
        writer: Pool<SqliteConn>,
        readers: Pool<SqliteConn>,
    },
}

impl Db {
    /// Opens `sqlite://PATH` or `postgres://…`. `SQLite`'s folder is made if it is missing; an `SQLite` library that can
    /// lose data is refused.
    pub async fn open(database_url: &str) -> Result<Self, DbError> {
        let db = Self {
            pools: pools(database_url)?,
        };
        // Proves that the database answers, so that a wrong URL is told at start.
        let mut tx = db.begin().await?;
        if let Conn::Sqlite(conn) = &mut *tx {
            dialect::sqlite::refuse_unsafe_version(conn).await?;
        }
        tx.commit().await?;
        Ok(db)
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        match self.pools {
            Pools::Pg(_) => Engine::Postgres,
            Pools::Sqlite { .. } => Engine::Sqlite,
        }
    }

    /// A connection for reading; on `SQLite` it cannot write.
    pub async fn read(&self) -> Result<Conn, DbError> {
        Ok(match &self.pools {
            Pools::Pg(pool) => Conn::Pg(pool.get().await?),
            Pools::Sqlite { readers, .. } => Conn::Sqlite(readers.get().await?),
        })
    }

    /// Opens a transaction that may write. Keep it short, and never hold it across a call to Stripe.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        Tx::begin(self.writer().await?).await
    }

    pub(crate) async fn writer(&self) -> Result<Conn, DbError> {
        Ok(match &self.pools {
            Pools::Pg(pool) => Conn::Pg(pool.get().await?),
            Pools::Sqlite { writer, .. } => Conn::Sqlite(writer.get().await?),
        })
    }

    /// Closes every connection; what is in use is closed when it comes back.
    pub fn close(&self) {
        match &self.pools {
            Pools::Pg(pool) => pool.close(),
            Pools::Sqlite { writer, readers } => {
                readers.close();
                writer.close();
            }
        }
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Db").field(&self.engine()).finish()
    }
}

fn pools(database_url: &str) -> Result<Pools, DbError> {
    if let Some(path) = database_url.strip_prefix("sqlite://") {
        // Each connection would have such a database to itself.
        if path.is_empty() || path.starts_with(":memory:") {
            return Err(unavailable(
                "DATABASE_URL must name a file, as in sqlite://data/tillgate.db",
            ));
        }
        if let Some(folder) = Path::new(path).parent() {
            std::fs::create_dir_all(folder).map_err(unavailable)?;
        }
        return Ok(Pools::Sqlite {
            writer: pool(
                path,
                1,
                open_with::<SqliteConn>(dialect::sqlite::WRITER_SETUP),
            )?,
            readers: pool(path, SQLITE_READERS, dialect::sqlite::open_reader)?,
        });
    }
    if database_url.starts_with("postgres://") || database_url.starts_with("postgresql://") {
        return Ok(Pools::Pg(pool(
            &dialect::postgres::deadlines::watched(database_url),
            PG_CONNECTIONS,
            open_with::<PgConn>(dialect::postgres::SETUP),
        )?));
    }
    Err(unavailable(
        "DATABASE_URL must start with sqlite:// or postgres://",
    ))
}

/// Opens a connection and prepares it.
fn open_with<C>(setup: &'static str) -> impl Fn(String) -> BoxFuture<'static, ConnectionResult<C>>
where
    C: AsyncConnection + SimpleAsyncConnection + Send + 'static,
{
    move |url| {
        async move {
            let mut conn = C::establish(&url).await?;
            let prepared = conn.batch_execute(setup).await;
            prepared.map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(conn)
        }
        .boxed()
    }
}

fn pool<C>(
    url: &str,
    max_size: usize,
    open: impl Fn(String) -> BoxFuture<'static, ConnectionResult<C>> + Send + Sync + 'static,
) -> Result<Pool<C>, DbError>
where
    C: diesel_async::pooled_connection::PoolableConnection + Send + 'static,
    AsyncDieselConnectionManager<C>:
        deadpool::managed::Manager<Type = C, Error = diesel_async::pooled_connection::PoolError>,
{
    let mut config = ManagerConfig::<C>::default();
    // `PostgreSQL`'s connections live on the runtime that opened the database: those of the web server's threads end
    // before the worker has finished what is in hand.
    let home = Handle::current();
    config.custom_setup = Box::new(move |url| {
        let opening = home.spawn(open(url.to_owned()));
        let opened = opening.map(|opened| {
            opened.unwrap_or_else(|error| Err(ConnectionError::BadConnection(error.to_string())))
        });
        opened.boxed()
    });
    // A ping per checkout costs a round trip; a broken connection shows itself on first use and is not reused.
    config.recycling_method = RecyclingMethod::Fast;
    Pool::<C>::builder(AsyncDieselConnectionManager::new_with_config(url, config))
        .max_size(max_size)
        // The one that was used last has its statements prepared and its tables in memory.
        .queue_mode(deadpool::managed::QueueMode::Lifo)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(WAIT_FOR_CONNECTION))
        .create_timeout(Some(OPEN_CONNECTION))
        .build()
        .map_err(unavailable)
}

fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> DbError {
    DbError::Unavailable(error.into())
}
