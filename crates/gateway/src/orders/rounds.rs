//! Changes of an order that somebody else may move at the same moment.

use db::Conn;
use jiff::Timestamp;

use super::place::order_busy;
use crate::app::App;
use crate::error::ApiError;

/// Rounds against somebody who moves the same order meanwhile.
const MAX_ROUNDS: u32 = 3;

/// Writes in a transaction; where the order was moved at this moment (`None`) nothing is stored, and it is decided again.
/// 409 if that goes on.
pub(super) async fn write<T>(
    app: &App,
    change: impl AsyncFn(&mut Conn, Timestamp) -> Result<Option<T>, ApiError>,
) -> Result<T, ApiError> {
    for _ in 0..MAX_ROUNDS {
        let mut tx = app.db.begin().await?;
        match change(&mut tx, app.now()).await {
            Ok(Some(done)) => {
                tx.commit().await?;
                return Ok(done);
            }
            Ok(None) => tx.rollback().await?,
            Err(error) => {
                tx.rollback().await?;
                return Err(error);
            }
        }
    }
    Err(order_busy())
}
