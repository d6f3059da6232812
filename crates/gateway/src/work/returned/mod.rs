//! What went back of a payment: refunds and disputes, as Stripe and our records tell it.
//!
//! `read` asks Stripe where there may be news, `plan` says what of it is new, `store` writes that in the transaction that
//! settles the payment. A refund of our own ends in `follow`, which needs Stripe no more.

mod follow;
mod plan;
mod read;
mod store;

use db::disputes::Dispute;
use db::payments::Payment;
use db::refunds::Refund;
use db::{Conn, DbError};
use domain::returned::{DisputeStanding, Returned};
use domain::{Currency, PaymentId, StoreId};

pub(super) use follow::move_order;
pub use follow::{follow, note_refund};
pub use plan::{News, REFUND_ID, stripe_status};
pub(super) use read::read;
pub(super) use store::store;

/// Our records of what went back of a payment, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// Its refunds.
    pub refunds: Vec<Refund>,
    /// Its disputes.
    pub disputes: Vec<Dispute>,
}

impl Records {
    /// Reads them.
    pub async fn load(
        conn: &mut Conn,
        store_id: StoreId,
        payment_id: PaymentId,
    ) -> Result<Self, DbError> {
        Ok(Self {
            refunds: db::refunds::list(conn, store_id, payment_id).await?,
            disputes: db::disputes::list(conn, store_id, payment_id).await?,
        })
    }

    /// The sums.
    pub fn returned(&self, payment: &Payment) -> Returned {
        let refunds = self.refunds.iter();
        let disputes = self.disputes.iter().map(|dispute| {
            let amount = in_currency(payment, dispute.currency, dispute.amount_minor);
            (DisputeStanding::of(&dispute.status), amount)
        });
        Returned::of(
            refunds.map(|refund| (refund.status, refund.amount_minor)),
            disputes,
        )
    }
}

/// A disputed amount in the payment's currency; in another one than the payment's it stands for the whole.
fn in_currency(payment: &Payment, currency: Currency, amount_minor: i64) -> i64 {
    if currency == payment.currency {
        amount_minor
    } else {
        payment.amount_minor
    }
}
