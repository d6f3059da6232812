//! Refunds that the store's back end asks for. A refund is written and its amount reserved before Stripe is asked; its id is
//! the idempotency key there, and stands in its metadata. What a crash leaves open is finished by `work::refunds`.

pub mod carry_out;
pub mod create_refund;
pub mod docs;
pub mod list_refunds;
mod outcome;
pub mod plan;
pub mod wire;

use db::orders::Order;
use db::payments::Payment;
use db::refunds::Refund;
use domain::StoreId;
use stripe_http::refunds::Reason;

use crate::app::App;
use crate::error::ApiError;
use crate::timeline::Cause;
use carry_out::Caller;
use plan::{Amount, Planned, Wanted};

/// Refunds a payment, or a part of it, now. With an action key that the payment's refund of this name has already, that one
/// is given, finished if it was not. 409 `order_not_refundable`, `refund_key_reused`, `refund_refused`; 422 `refund_too_large`.
#[expect(clippy::too_many_arguments, reason = "each is a part of one request")]
pub async fn request(
    app: &App,
    store_id: StoreId,
    order: &Order,
    payment: &Payment,
    amount: Amount,
    reason: Option<Reason>,
    actor: &str,
    action_key: Option<&str>,
    cause: Cause<'_>,
) -> Result<(Refund, bool), ApiError> {
    let wanted = Wanted {
        order,
        payment,
        amount,
        reason,
        actor,
        action_key,
    };
    let mut tx = app.db.begin().await?;
    let planned = plan::plan(&mut tx, store_id, wanted, cause, app.now()).await?;
    tx.commit().await?;
    match planned {
        Planned::New(refund) => {
            let refund = carry_out::carry_out(app, store_id, payment, refund, Caller::Waits(cause));
            Ok((refund.await?, true))
        }
        Planned::Known(refund) => {
            let refund = carry_out::finish(app, store_id, payment, refund, cause).await?;
            Ok((refund, false))
        }
    }
}
