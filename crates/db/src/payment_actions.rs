//! What is to be done at Stripe about a payment: written before Stripe is asked, under an id that is the idempotency key there.
//! A payment has at most one that is due, so that of capture and cancel one is first.

mod claim;

use diesel::prelude::*;
use domain::order::UnknownState;
use domain::{OrderId, PaymentActionId, PaymentId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::{payment_actions as actions, payments};

pub use claim::{ClaimedAction, claim};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Take what is held.
    Capture,
    /// Give the payment up, and what is held free.
    Cancel,
}

impl Action {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Cancel => "cancel",
        }
    }
}

impl TryFrom<Word> for Action {
    type Error = UnknownState;

    fn try_from(word: Word) -> Result<Self, Self::Error> {
        [Self::Capture, Self::Cancel]
            .into_iter()
            .find(|action| action.as_str() == word.as_str())
            .ok_or(UnknownState)
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionState {
    /// It is tried until it ends.
    Due,
    /// Stripe has done it.
    Done,
    /// It cannot be done any more.
    Refused,
}

impl ActionState {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

impl TryFrom<Word> for ActionState {
    type Error = UnknownState;

    fn try_from(word: Word) -> Result<Self, Self::Error> {
        [Self::Due, Self::Done, Self::Refused]
            .into_iter()
            .find(|state| state.as_str() == word.as_str())
            .ok_or(UnknownState)
    }
}

/// Something to do about a payment.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = actions)]
pub struct PaymentAction {
    /// Its id; also the idempotency key at Stripe.
    #[diesel(deserialize_as = Id)]
    pub id: PaymentActionId,
    /// The payment.
    #[diesel(deserialize_as = Id)]
    pub payment_id: PaymentId,
    /// What is to be done.
    #[diesel(deserialize_as = Word)]
    pub action: Action,
    /// Of a capture: how much, in the smallest unit; all that is held where it is `None`.
    pub amount_minor: Option<i64>,
    /// Who wants it, as in the audit log.
    pub actor: String,
    /// How far it is.
    #[diesel(deserialize_as = Word)]
    pub state: ActionState,
    /// Tries so far, the one under way included; also the fence.
    pub attempts: i64,
    /// Why the last try failed, by code.
    pub last_error: Option<String>,
    /// When it was asked for.
    #[diesel(deserialize_as = At)]
    pub created_at: Timestamp,
}

/// An action to write.
#[derive(Debug, Clone)]
pub struct NewAction<'a> {
    /// The payment.
    pub payment_id: PaymentId,
    /// What is to be done.
    pub action: Action,
    /// Of a capture: how much, in the smallest unit.
    pub amount_minor: Option<i64>,
    /// Who wants it.
    pub actor: &'a str,
    /// Tries that have begun: 1 where the writer tries it at once, until `due_at`.
    pub attempts: i64,
    /// When somebody else may try it.
    pub due_at: Timestamp,
}

/// Writes an action; `None` if another one of this payment is due.
pub async fn insert(
    conn: &mut Conn,
    store_id: StoreId,
    new: NewAction<'_>,
    now: Timestamp,
) -> Result<Option<PaymentAction>, DbError> {
    diesel::insert_into(actions::table)
        .values((
            actions::store_id.eq(id(store_id)),
            actions::id.eq(id(PaymentActionId::generate())),
            actions::payment_id.eq(id(new.payment_id)),
            actions::action.eq(new.action.as_str()),
            actions::amount_minor.eq(new.amount_minor),
            actions::actor.eq(new.actor.to_owned()),
            actions::state.eq(ActionState::Due.as_str()),
            actions::attempts.eq(new.attempts),
            actions::next_attempt_at.eq(at(new.due_at)),
            actions::created_at.eq(at(now)),
            actions::updated_at.eq(at(now)),
        ))
        // A conflict that failed would give up the whole transaction on PostgreSQL.
        .on_conflict_do_nothing()
        .returning(columns::<PaymentAction>())
        .load(conn)
        .await
        .map(|rows: Vec<PaymentAction>| rows.into_iter().next())
}

/// One action.
pub async fn find(
    conn: &mut Conn,
    store_id: StoreId,
    action_id: PaymentActionId,
) -> Result<Option<PaymentAction>, DbError> {
    actions::table
        .filter(actions::store_id.eq(id(store_id)))
        .filter(actions::id.eq(id(action_id)))
        .select(columns::<PaymentAction>())
        .first(conn)
        .await
}

/// The payment's action that is due.
pub async fn find_due(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
) -> Result<Option<PaymentAction>, DbError> {
    actions::table
        .filter(actions::store_id.eq(id(store_id)))
        .filter(actions::payment_id.eq(id(payment_id)))
        .filter(actions::state.eq(ActionState::Due.as_str()))
        .select(columns::<PaymentAction>())
        .first(conn)
        .await
}

/// The payment's action that is due and that nobody is at.
pub async fn find_left(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    now: Timestamp,
) -> Result<Option<PaymentAction>, DbError> {
    actions::table
        .filter(actions::store_id.eq(id(store_id)))
        .filter(actions::payment_id.eq(id(payment_id)))
        .filter(actions::state.eq(ActionState::Due.as_str()))
        .filter(actions::next_attempt_at.le(at(now)))
        .select(columns::<PaymentAction>())
        .first(conn)
        .await
}

/// Whether a payment of this order is about to be cancelled, and the order with it.
pub async fn is_order_being_cancelled(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
) -> Result<bool, DbError> {
    let of_order = payments::table
        .filter(payments::store_id.eq(id(store_id)))
        .filter(payments::order_id.eq(id(order_id)))
        .select(payments::id);
    let found: Option<Id> = actions::table
        .filter(actions::store_id.eq(id(store_id)))
        .filter(actions::payment_id.eq_any(of_order))
        .filter(actions::action.eq(Action::Cancel.as_str()))
        .filter(actions::state.eq(ActionState::Due.as_str()))
        .select(actions::id)
        .first(conn)
        .await?;
    Ok(found.is_some())
}

/// Begins another try now, whoever is at it: the idempotency key keeps two from doing it twice. `None` if it has ended.
pub async fn take(
    conn: &mut Conn,
    store_id: StoreId,
    action_id: PaymentActionId,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Option<PaymentAction>, DbError> {
    diesel::update(
        actions::table
            .filter(actions::store_id.eq(id(store_id)))
            .filter(actions::id.eq(id(action_id)))
            .filter(actions::state.eq(ActionState::Due.as_str())),
    )
    .set((
        actions::attempts.eq(actions::attempts + 1),
        actions::next_attempt_at.eq(at(lease_until)),
        actions::updated_at.eq(at(now)),
    ))
    .returning(columns::<PaymentAction>())
    .load(conn)
    .await
    .map(|rows: Vec<PaymentAction>| rows.into_iter().next())
}

/// Ends an action; `false` if it has ended already.
pub async fn finish(
    conn: &mut Conn,
    store_id: StoreId,
    action_id: PaymentActionId,
    state: ActionState,
    last_error: Option<&str>,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        actions::table
            .filter(actions::store_id.eq(id(store_id)))
            .filter(actions::id.eq(id(action_id)))
            .filter(actions::state.eq(ActionState::Due.as_str())),
    )
    .set((
        actions::state.eq(state.as_str()),
        actions::last_error.eq(last_error.map(str::to_owned)),
        actions::updated_at.eq(at(now)),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Plans the next try of an action that this process holds; `false` if somebody else has taken it or it has ended.
pub async fn retry_later(
    conn: &mut Conn,
    store_id: StoreId,
    held: &PaymentAction,
    last_error: &str,
    next_attempt_at: Timestamp,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        actions::table
            .filter(actions::store_id.eq(id(store_id)))
            .filter(actions::id.eq(id(held.id)))
            .filter(actions::attempts.eq(held.attempts))
            .filter(actions::state.eq(ActionState::Due.as_str())),
    )
    .set((
        actions::last_error.eq(last_error.to_owned()),
        actions::next_attempt_at.eq(at(next_attempt_at)),
        actions::updated_at.eq(at(now)),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}
