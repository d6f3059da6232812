//! The tables behind captures, refunds, disputes, links, shipping and saved cards.
#![cfg_attr(
    not(test),
    expect(
        clippy::wildcard_imports,
        reason = "as diesel's table! itself imports them; a list would change with every column"
    )
)]

use diesel::table;

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    shipping_methods (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        name -> Text,
        amount_minor -> BigInt,
        currency -> Text,
        countries -> Text,
        active -> Bool,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    payment_methods (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        name -> Text,
        description -> Nullable<Text>,
        translations -> Text,
        active -> Bool,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    payment_actions (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        payment_id -> Uid,
        action -> Text,
        amount_minor -> Nullable<BigInt>,
        actor -> Text,
        state -> Text,
        attempts -> BigInt,
        last_error -> Nullable<Text>,
        next_attempt_at -> Instant,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    refunds (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        mode -> Text,
        payment_id -> Uid,
        order_id -> Nullable<Uid>,
        stripe_refund_id -> Nullable<Text>,
        amount_minor -> BigInt,
        currency -> Text,
        reason -> Nullable<Text>,
        status -> Text,
        source -> Text,
        actor -> Text,
        action_key -> Nullable<Text>,
        attempts -> BigInt,
        last_error -> Nullable<Text>,
        next_attempt_at -> Instant,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    disputes (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        mode -> Text,
        payment_id -> Uid,
        order_id -> Nullable<Uid>,
        stripe_dispute_id -> Text,
        amount_minor -> BigInt,
        currency -> Text,
        reason -> Text,
        status -> Text,
        evidence_due_by -> Nullable<Instant>,
        opened_at -> Instant,
        updated_at -> Instant,
        closed_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    payment_labels (store_id, payment_id) {
        store_id -> Uid,
        payment_id -> Uid,
        id -> Uid,
        attempts -> BigInt,
        next_attempt_at -> Instant,
        created_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    payment_links (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        mode -> Text,
        token_hash -> Text,
        state -> Text,
        cart_id -> Uid,
        cart_version -> BigInt,
        payment_id -> Uid,
        shipping_method_id -> Nullable<Uid>,
        amount_minor -> BigInt,
        currency -> Text,
        contact_sealed -> Nullable<Text>,
        order_id -> Nullable<Uid>,
        claimed_until -> Nullable<Instant>,
        created_at -> Instant,
        expires_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    customers (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        mode -> Text,
        account_id -> Text,
        stripe_customer_id -> Nullable<Text>,
        email_hash -> Text,
        contact_sealed -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    saved_payment_methods (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        customer_id -> Uid,
        stripe_payment_method_id -> Text,
        kind -> Text,
        brand -> Nullable<Text>,
        last4 -> Nullable<Text>,
        expires -> Nullable<Text>,
        consented_at -> Instant,
        detached_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    order_events (store_id, order_id, id) {
        store_id -> Uid,
        order_id -> Uid,
        id -> Uid,
        kind -> Text,
        cause -> Text,
        cause_id -> Nullable<Text>,
        detail -> Text,
        created_at -> Instant,
    }
}
