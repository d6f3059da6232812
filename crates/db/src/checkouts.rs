//! What a checkout token stands for: a cart at one version, its amount, and where the shopper goes afterwards.

use diesel::prelude::*;
use domain::{CartId, CheckoutId, Currency, Mode, ShippingMethodId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, MaybeId, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::checkouts;

/// A checkout.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = checkouts)]
pub struct Checkout {
    /// Its id, named by the token.
    #[diesel(deserialize_as = Id)]
    pub id: CheckoutId,
    /// The data that it belongs to.
    #[diesel(deserialize_as = Word)]
    pub mode: Mode,
    /// The cart that is paid.
    #[diesel(deserialize_as = Id)]
    pub cart_id: CartId,
    /// The cart's version that the amount was taken from.
    pub cart_version: i64,
    /// The total, in the smallest unit.
    pub amount_minor: i64,
    /// How it is shipped, if that was said.
    #[diesel(deserialize_as = MaybeId)]
    pub shipping_method_id: Option<ShippingMethodId>,
    /// What of the total is for shipping.
    pub shipping_minor: i64,
    /// Its currency.
    #[diesel(deserialize_as = Word)]
    pub currency: Currency,
    /// E-mail and addresses, sealed for this row; opaque here.
    pub contact_sealed: Option<String>,
    /// Where the shopper goes after paying.
    pub success_url: Option<String>,
    /// Where the shopper goes without paying.
    pub cancel_url: Option<String>,
    /// When it was made.
    #[diesel(deserialize_as = At)]
    pub created_at: Timestamp,
    /// When its token ends.
    #[diesel(deserialize_as = At)]
    pub expires_at: Timestamp,
}

/// Writes a new checkout.
pub async fn insert(
    conn: &mut Conn,
    store_id: StoreId,
    checkout: &Checkout,
) -> Result<(), DbError> {
    diesel::insert_into(checkouts::table)
        .values((
            checkouts::store_id.eq(id(store_id)),
            checkouts::id.eq(id(checkout.id)),
            checkouts::mode.eq(checkout.mode.as_str()),
            checkouts::cart_id.eq(id(checkout.cart_id)),
            checkouts::cart_version.eq(checkout.cart_version),
            checkouts::amount_minor.eq(checkout.amount_minor),
            checkouts::shipping_method_id.eq(checkout.shipping_method_id.map(id)),
            checkouts::shipping_minor.eq(checkout.shipping_minor),
            checkouts::currency.eq(checkout.currency.as_str().to_owned()),
            checkouts::contact_sealed.eq(checkout.contact_sealed.clone()),
            checkouts::success_url.eq(checkout.success_url.clone()),
            checkouts::cancel_url.eq(checkout.cancel_url.clone()),
            checkouts::created_at.eq(at(checkout.created_at)),
            checkouts::expires_at.eq(at(checkout.expires_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// One checkout, expired or not: the token's own expiry decides what it may still do.
pub async fn find(
    conn: &mut Conn,
    store_id: StoreId,
    checkout_id: CheckoutId,
) -> Result<Option<Checkout>, DbError> {
    checkouts::table
        .filter(checkouts::store_id.eq(id(store_id)))
        .filter(checkouts::id.eq(id(checkout_id)))
        .select(columns::<Checkout>())
        .first(conn)
        .await
}

/// Lets a checkout follow its cart, whose lines have other prices now.
pub async fn follow_cart(
    conn: &mut Conn,
    store_id: StoreId,
    checkout_id: CheckoutId,
    cart_version: i64,
    amount_minor: i64,
) -> Result<(), DbError> {
    diesel::update(
        checkouts::table
            .filter(checkouts::store_id.eq(id(store_id)))
            .filter(checkouts::id.eq(id(checkout_id))),
    )
    .set((
        checkouts::cart_version.eq(cart_version),
        checkouts::amount_minor.eq(amount_minor),
    ))
    .execute(conn)
    .await?;
    Ok(())
}
