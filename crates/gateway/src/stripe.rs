//! The only way to a store's Stripe account: a client from that store's key, for one request or one job.

use db::connection_jobs::{self, Job};
use db::connections::Connection;
use db::payments::Payment;
use domain::connection_problem::ConnectionProblem;
use domain::{Mode, StoreId};
use jiff::SignedDuration;
use stripe_http::{Client, Error};

use crate::app::App;
use crate::error::ApiError;
use crate::sealing;

/// How soon after a refusal the key is tried once more.
const ASK_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// A store's account, reachable until this value is dropped and its key wiped.
pub struct StoreStripe {
    /// The store.
    pub store_id: StoreId,
    /// The connection whose key this is.
    pub connection: Connection,
    /// Acts with the store's own key.
    pub client: Client,
}

impl StoreStripe {
    /// Opens the store's current key of a mode. 409 where there is none or Stripe refused it.
    pub async fn open(app: &App, store_id: StoreId, mode: Mode) -> Result<Self, ApiError> {
        let connection = db::connections::find(&mut app.db.read().await?, store_id, mode).await?;
        Self::of(app, store_id, connection.ok_or_else(not_connected)?)
    }

    /// Opens the key of one account, current or former: for what this account holds. `None` where it was never connected.
    pub async fn of_account(
        app: &App,
        store_id: StoreId,
        mode: Mode,
        account_id: &str,
    ) -> Result<Option<Self>, ApiError> {
        let mut conn = app.db.read().await?;
        let found = db::connections::find_account(&mut conn, store_id, mode, account_id).await?;
        found
            .map(|connection| Self::of(app, store_id, connection))
            .transpose()
    }

    /// Opens the key of the account that holds a payment, current or former. 409 where its keys do not work any more.
    pub async fn of_payment(
        app: &App,
        store_id: StoreId,
        payment: &Payment,
    ) -> Result<Self, ApiError> {
        let mut conn = app.db.read().await?;
        let (mode, account_id) = (payment.mode, &payment.account_id);
        let found = db::connections::find_account(&mut conn, store_id, mode, account_id).await?;
        let is_gone = |one: &Connection| {
            one.replaced_at.is_some() && (one.reconnect_needed || is_elsewhere(app, one))
        };
        let connection = found.filter(|connection| !is_gone(connection));
        Self::of(app, store_id, connection.ok_or_else(account_changed)?)
    }

    fn of(app: &App, store_id: StoreId, connection: Connection) -> Result<Self, ApiError> {
        if connection.reconnect_needed {
            return Err(reconnect_needed());
        }
        Self::even_if_refused(app, store_id, connection)
    }

    /// Opens a connection's key even if Stripe refused it before: to see whether it still does.
    pub(crate) fn even_if_refused(
        app: &App,
        store_id: StoreId,
        connection: Connection,
    ) -> Result<Self, ApiError> {
        if is_elsewhere(app, &connection) {
            return Err(connected_elsewhere());
        }
        let secret = sealing::open_secret_key(&app.vault, store_id, &connection)?;
        Ok(Self {
            store_id,
            connection,
            client: app.stripe.client(secret),
        })
    }

    /// The connection's key in the database: store, mode, account.
    pub fn place(&self) -> (StoreId, Mode, &str) {
        let Connection {
            mode, account_id, ..
        } = &self.connection;
        (self.store_id, *mode, account_id)
    }

    /// Looks at a call's failure: a refused key pauses the store until the merchant reconnects.
    pub async fn note_failure(&self, app: &App, error: &Error) -> Result<(), ApiError> {
        if !matches!(error, Error::Authentication(_)) {
            return Ok(());
        }
        tracing::warn!(store_id = %self.store_id, mode = %self.connection.mode, "Stripe refused the store's key: reconnect needed");
        let mut tx = app.db.begin().await?;
        let Connection {
            mode,
            secret_version,
            ..
        } = self.connection;
        let (store_id, problem) = (self.store_id, ConnectionProblem::KeyRefused);
        let refused = db::connections::mark_reconnect_needed(
            &mut tx,
            store_id,
            mode,
            secret_version,
            problem.code(),
        )
        .await?;
        if let Some(account_id) = refused {
            let now = app.now();
            db::connection_problems::open(&mut tx, store_id, mode, &account_id, problem, None, now)
                .await?;
            // Stripe has refused good keys for a moment before: nobody should have to reconnect for that.
            if !self.connection.reconnect_needed {
                let soon = now + ASK_AGAIN;
                connection_jobs::schedule(&mut tx, store_id, mode, &account_id, Job::Health, soon)
                    .await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// [`StoreStripe::note_failure`], then the failure as the caller sees it.
    pub async fn fail(&self, app: &App, error: Error) -> ApiError {
        match self.note_failure(app, &error).await {
            Ok(()) => error.into(),
            Err(storage) => storage,
        }
    }
}

/// Whether the keys were proven at a stand-in and Stripe is asked now, or the other way round: whoever is asked does not know
/// them, and a refusal would say nothing about them.
pub(crate) fn is_elsewhere(app: &App, connection: &Connection) -> bool {
    connection
        .is_stand_in
        .is_some_and(|is_stand_in| is_stand_in != app.asks_stand_in())
}

/// 409: nothing is connected in this mode.
pub fn not_connected() -> ApiError {
    ApiError::conflict(
        "store_not_connected",
        "This store has not connected Stripe yet. The merchant has to connect it first.",
    )
}

/// 409: the payment began with an account whose keys the store no longer has.
fn account_changed() -> ApiError {
    ApiError::conflict(
        "account_changed",
        "The store has moved to another Stripe account since this payment began, and the former one cannot be asked any more. Make a new cart.",
    )
}

fn connected_elsewhere() -> ApiError {
    ApiError::conflict(
        "store_connected_elsewhere",
        "This store's keys were checked with another Stripe than the one that is asked now. The merchant has to connect Stripe again.",
    )
}

fn reconnect_needed() -> ApiError {
    ApiError::conflict(
        "store_reconnect_needed",
        "Stripe no longer accepts this store's keys. The merchant has to connect Stripe again.",
    )
}
