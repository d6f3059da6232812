//! The tables as diesel sees them; a test holds this against both migrations.
#![cfg_attr(
    not(test),
    expect(
        clippy::wildcard_imports,
        reason = "as diesel's table! itself imports them; a list would change with every column"
    )
)]

mod connecting;
mod paying;

use diesel::{allow_tables_to_appear_in_same_query, table};

pub(crate) use connecting::*;
pub(crate) use paying::*;

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    stores (id) {
        id -> Uid,
        name -> Text,
        merchant_email -> Nullable<Text>,
        currency -> Text,
        active_mode -> Nullable<Text>,
        capture_on -> Text,
        allowed_origins -> Text,
        return_origins -> Text,
        order_counter -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        wrong_signature_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    products (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        sku -> Nullable<Text>,
        name -> Text,
        description -> Nullable<Text>,
        image_url -> Nullable<Text>,
        unit_amount_minor -> BigInt,
        currency -> Text,
        stock -> Nullable<BigInt>,
        active -> Bool,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    carts (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        mode -> Text,
        currency -> Text,
        version -> BigInt,
        created_at -> Instant,
        expires_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    cart_items (store_id, cart_id, position) {
        store_id -> Uid,
        cart_id -> Uid,
        position -> BigInt,
        product_id -> Nullable<Uid>,
        name -> Text,
        unit_amount_minor -> BigInt,
        quantity -> BigInt,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    checkouts (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        mode -> Text,
        cart_id -> Uid,
        cart_version -> BigInt,
        amount_minor -> BigInt,
        currency -> Text,
        contact_sealed -> Nullable<Text>,
        success_url -> Nullable<Text>,
        cancel_url -> Nullable<Text>,
        created_at -> Instant,
        expires_at -> Instant,
        shipping_method_id -> Nullable<Uid>,
        shipping_minor -> BigInt,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    orders (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        number -> BigInt,
        mode -> Text,
        cart_id -> Nullable<Uid>,
        cart_version -> Nullable<BigInt>,
        status -> Text,
        payment_status -> Text,
        currency -> Text,
        amount_minor -> BigInt,
        contact_sealed -> Nullable<Text>,
        token_hash -> Text,
        token_key_id -> Text,
        token_sealed -> Text,
        created_at -> Instant,
        updated_at -> Instant,
        paid_at -> Nullable<Instant>,
        shipping_method_id -> Nullable<Uid>,
        shipping_name -> Nullable<Text>,
        shipping_minor -> BigInt,
        payment_method_id -> Nullable<Uid>,
        email_hash -> Nullable<Text>,
        stock_taken -> Bool,
        stock_until -> Nullable<Instant>,
        cancelled_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    order_items (store_id, order_id, position) {
        store_id -> Uid,
        order_id -> Uid,
        position -> BigInt,
        product_id -> Nullable<Uid>,
        name -> Text,
        unit_amount_minor -> BigInt,
        quantity -> BigInt,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    payments (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        mode -> Text,
        account_id -> Text,
        order_id -> Nullable<Uid>,
        cart_id -> Nullable<Uid>,
        payment_intent_id -> Nullable<Text>,
        status -> Text,
        capture_method -> Text,
        currency -> Text,
        amount_minor -> BigInt,
        captured_minor -> BigInt,
        refunded_minor -> BigInt,
        last_error_code -> Nullable<Text>,
        last_decline_code -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
        next_check_at -> Instant,
        capture_before -> Nullable<Instant>,
        expiry_warnings -> BigInt,
        charge_id -> Nullable<Text>,
        customer_id -> Nullable<Uid>,
        created_request_id -> Nullable<Text>,
        stripe_status -> Nullable<Text>,
        failed_charge_id -> Nullable<Text>,
        save_consented_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    stripe_events (store_id, account_id, mode, event_id, created_at) {
        store_id -> Uid,
        account_id -> Text,
        mode -> Text,
        event_id -> Text,
        created_at -> Instant,
        event_type -> Text,
        api_version -> Nullable<Text>,
        object_id -> Nullable<Text>,
        source -> Text,
        payload_key_id -> Text,
        payload -> Binary,
        state -> Text,
        attempts -> BigInt,
        last_error -> Nullable<Text>,
        received_at -> Instant,
        next_attempt_at -> Instant,
        processed_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    incidents (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        order_id -> Uid,
        code -> Text,
        created_at -> Instant,
        resolved_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    api_keys (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        mode -> Text,
        label -> Text,
        prefix -> Text,
        key_hash -> Text,
        created_at -> Instant,
        last_used_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    idempotency_keys (scope, credential, key) {
        scope -> Text,
        credential -> Text,
        key -> Text,
        request_hash -> Text,
        answer_key_id -> Nullable<Text>,
        answer_sealed -> Nullable<Text>,
        lease_until -> Instant,
        created_at -> Instant,
        expires_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    audit_log (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        actor -> Text,
        action -> Text,
        subject -> Text,
        created_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    deployment_facts (name) {
        name -> Text,
        value -> Text,
    }
}

allow_tables_to_appear_in_same_query!(
    stores,
    stripe_connections,
    webhook_secrets,
    webhook_endpoints,
    connection_problems,
    connection_jobs,
    reconcile_cursors,
    connect_tokens,
    products,
    carts,
    cart_items,
    checkouts,
    orders,
    order_items,
    payments,
    stripe_events,
    incidents,
    api_keys,
    idempotency_keys,
    audit_log,
    deployment_facts,
    shipping_methods,
    payment_methods,
    payment_actions,
    refunds,
    disputes,
    payment_labels,
    payment_links,
    customers,
    saved_payment_methods,
    order_events
);
