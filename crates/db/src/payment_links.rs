//! Payment links: a cart, its payment and what is needed to order it, for whoever holds the link's token.

use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use domain::order::UnknownState;
use domain::{
    CartId, Currency, Mode, OrderId, PaymentId, PaymentLinkId, ShippingMethodId, StoreId,
};
use jiff::Timestamp;

use crate::columns::{At, Id, MaybeAt, MaybeId, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::payments::PaymentState;
use crate::schema::{payment_links as links, payments};
use crate::{Db, DbError};

/// Where a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// It can be paid until it expires.
    Open,
    /// Somebody makes its order at this moment.
    Completing,
    /// It has made its order.
    Completed,
    /// It will never make one.
    Closed,
}

impl LinkState {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completing => "completing",
            Self::Completed => "completed",
            Self::Closed => "closed",
        }
    }
}

impl TryFrom<Word> for LinkState {
    type Error = UnknownState;

    fn try_from(word: Word) -> Result<Self, Self::Error> {
        [Self::Open, Self::Completing, Self::Completed, Self::Closed]
            .into_iter()
            .find(|state| state.as_str() == word.as_str())
            .ok_or(UnknownState)
    }
}

/// A payment link.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = links)]
pub struct PaymentLink {
    /// Its store.
    #[diesel(deserialize_as = Id)]
    pub store_id: StoreId,
    /// Its id, which nobody outside sees.
    #[diesel(deserialize_as = Id)]
    pub id: PaymentLinkId,
    /// The data that it belongs to.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// SHA-256 of its token, in hex.
    pub token_hash: String,
    /// Where it stands.
    #[diesel(deserialize_as = Word)]
    pub state: LinkState,
    /// The cart that is paid.
    #[diesel(deserialize_as = Id)]
    pub cart_id: CartId,
    /// The cart's version that the amount was taken from.
    pub cart_version: i64,
    /// The payment that pays it.
    #[diesel(deserialize_as = Id)]
    pub payment_id: PaymentId,
    /// How it is shipped, if that was said.
    #[diesel(deserialize_as = MaybeId)]
    pub shipping_method_id: Option<ShippingMethodId>,
    /// The total, in the smallest unit.
    pub amount_minor: i64,
    /// Its currency.
    #[diesel(deserialize_as = Word)]
    pub currency: Currency,
    /// E-mail and addresses, sealed for this row; opaque here.
    pub contact_sealed: Option<String>,
    /// The order that it made.
    #[diesel(deserialize_as = MaybeId)]
    pub order_id: Option<OrderId>,
    /// While it is being completed: until when it is left to whoever does that. Of an open one: when our own work looks at it
    /// again at the earliest.
    #[diesel(deserialize_as = MaybeAt)]
    pub claimed_until: Option<Timestamp>,
    /// When it was made.
    #[diesel(deserialize_as = At)]
    pub created_at: Timestamp,
    /// Until when it can be paid.
    #[diesel(deserialize_as = At)]
    pub expires_at: Timestamp,
}

/// Who takes a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimer {
    /// Its shopper: while it is open.
    Holder,
    /// Our own work: also after it has expired.
    Work,
}

/// Writes a new link.
pub async fn insert(conn: &mut Conn, store_id: StoreId, link: &PaymentLink) -> Result<(), DbError> {
    diesel::insert_into(links::table)
        .values((
            links::store_id.eq(id(store_id)),
            links::id.eq(id(link.id)),
            links::mode.eq(link.mode.as_str()),
            links::token_hash.eq(link.token_hash.clone()),
            links::state.eq(link.state.as_str()),
            links::cart_id.eq(id(link.cart_id)),
            links::cart_version.eq(link.cart_version),
            links::payment_id.eq(id(link.payment_id)),
            links::shipping_method_id.eq(link.shipping_method_id.map(id)),
            links::amount_minor.eq(link.amount_minor),
            links::currency.eq(link.currency.as_str().to_owned()),
            links::contact_sealed.eq(link.contact_sealed.clone()),
            links::order_id.eq(link.order_id.map(id)),
            links::claimed_until.eq(link.claimed_until.map(at)),
            links::created_at.eq(at(link.created_at)),
            links::expires_at.eq(at(link.expires_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The link whose token has this hash, of whichever store: its holder has nothing but the token.
pub async fn find_by_token(
    conn: &mut Conn,
    token_hash: &str,
) -> Result<Option<PaymentLink>, DbError> {
    links::table
        .filter(links::token_hash.eq(token_hash.to_owned()))
        .select(columns::<PaymentLink>())
        .first(conn)
        .await
}

/// One of the store's.
pub async fn find(
    conn: &mut Conn,
    store_id: StoreId,
    link_id: PaymentLinkId,
) -> Result<Option<PaymentLink>, DbError> {
    links::table
        .filter(links::store_id.eq(id(store_id)))
        .filter(links::id.eq(id(link_id)))
        .select(columns::<PaymentLink>())
        .first(conn)
        .await
}

/// The newest link of a payment.
pub async fn find_by_payment(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
) -> Result<Option<PaymentLink>, DbError> {
    links::table
        .filter(links::store_id.eq(id(store_id)))
        .filter(links::payment_id.eq(id(payment_id)))
        .order(links::id.desc())
        .select(columns::<PaymentLink>())
        .first(conn)
        .await
}

/// Closes the open links of a cart, which gets another one. Tells how many there were.
pub async fn close_of_cart(
    conn: &mut Conn,
    store_id: StoreId,
    cart_id: CartId,
) -> Result<usize, DbError> {
    diesel::update(
        links::table
            .filter(links::store_id.eq(id(store_id)))
            .filter(links::cart_id.eq(id(cart_id)))
            .filter(links::state.eq(LinkState::Open.as_str())),
    )
    .set(links::state.eq(LinkState::Closed.as_str()))
    .execute(conn)
    .await
}

/// Takes a link until `until`, to complete it; `false` if it is not to be had: somebody has it, or it has ended.
pub async fn claim(
    conn: &mut Conn,
    store_id: StoreId,
    link_id: PaymentLinkId,
    claimer: Claimer,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool, DbError> {
    // Every link expires after 1970.
    let alive_after = match claimer {
        Claimer::Holder => now,
        Claimer::Work => Timestamp::UNIX_EPOCH,
    };
    let is_open = links::state
        .eq(LinkState::Open.as_str())
        .and(links::expires_at.gt(at(alive_after)));
    // Whoever had it was cut off.
    let is_left = links::state
        .eq(LinkState::Completing.as_str())
        .and(links::claimed_until.le(at(now)));
    let changed = diesel::update(
        links::table
            .filter(links::store_id.eq(id(store_id)))
            .filter(links::id.eq(id(link_id)))
            .filter(is_left.or(is_open)),
    )
    .set((
        links::state.eq(LinkState::Completing.as_str()),
        links::claimed_until.eq(at(until)),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Gives a link back that was taken until `claimed_until`; our own work leaves it alone until `again_at`. `false` if somebody
/// else has it by now, or it has ended.
pub async fn give_back(
    conn: &mut Conn,
    store_id: StoreId,
    link_id: PaymentLinkId,
    claimed_until: Timestamp,
    again_at: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        links::table
            .filter(links::store_id.eq(id(store_id)))
            .filter(links::id.eq(id(link_id)))
            .filter(links::state.eq(LinkState::Completing.as_str()))
            .filter(links::claimed_until.eq(at(claimed_until))),
    )
    .set((
        links::state.eq(LinkState::Open.as_str()),
        links::claimed_until.eq(at(again_at)),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Ends a link with the order that it made; `false` if it has ended already.
pub async fn complete(
    conn: &mut Conn,
    store_id: StoreId,
    link_id: PaymentLinkId,
    order_id: OrderId,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        links::table
            .filter(links::store_id.eq(id(store_id)))
            .filter(links::id.eq(id(link_id)))
            .filter(links::state.ne(LinkState::Completed.as_str())),
    )
    .set((
        links::state.eq(LinkState::Completed.as_str()),
        links::order_id.eq(id(order_id)),
        links::claimed_until.eq(None::<At>),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Ends a link that was taken until `claimed_until`, without an order; `false` if somebody else has it by now, or it has ended.
pub async fn close(
    conn: &mut Conn,
    store_id: StoreId,
    link_id: PaymentLinkId,
    claimed_until: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        links::table
            .filter(links::store_id.eq(id(store_id)))
            .filter(links::id.eq(id(link_id)))
            .filter(links::state.eq(LinkState::Completing.as_str()))
            .filter(links::claimed_until.eq(at(claimed_until))),
    )
    .set((
        links::state.eq(LinkState::Closed.as_str()),
        links::claimed_until.eq(None::<At>),
    ))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Links of all stores that nobody is at and that are to be ended: their payment holds money, or they have expired. Those that
/// expire first come first, at most `limit`.
pub async fn list_due(db: &Db, limit: i64, now: Timestamp) -> Result<Vec<PaymentLink>, DbError> {
    let money = [PaymentState::Authorized, PaymentState::Succeeded].map(PaymentState::as_str);
    let is_paid = exists(
        payments::table
            .filter(payments::store_id.eq(links::store_id))
            .filter(payments::id.eq(links::payment_id))
            .filter(payments::status.eq_any(money)),
    );
    let nobody_has_it = links::claimed_until
        .is_null()
        .or(links::claimed_until.le(at(now)));
    links::table
        // The condition of the index, word by word.
        .filter(sql::<Bool>("payment_links.state IN ('open', 'completing')"))
        .filter(nobody_has_it)
        .filter(links::expires_at.le(at(now)).or(is_paid))
        .order(links::expires_at.asc())
        .limit(limit)
        .select(columns::<PaymentLink>())
        .load(&mut db.read().await?)
        .await
}
