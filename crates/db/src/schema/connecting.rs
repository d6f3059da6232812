//! The tables of a store's connections to Stripe.
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

    stripe_connections (store_id, mode, account_id) {
        store_id -> Uid,
        mode -> Text,
        account_id -> Text,
        publishable_key -> Text,
        country -> Nullable<Text>,
        default_currency -> Nullable<Text>,
        charges_enabled -> Bool,
        secret_version -> BigInt,
        secret_key_id -> Text,
        secret_token -> Text,
        reconnect_needed -> Bool,
        connected_at -> Instant,
        last_event_at -> Nullable<Instant>,
        last_error -> Nullable<Text>,
        replaced_at -> Nullable<Instant>,
        is_stand_in -> Nullable<Bool>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    webhook_secrets (store_id, mode, version) {
        store_id -> Uid,
        mode -> Text,
        version -> BigInt,
        secret_key_id -> Text,
        secret_token -> Text,
        created_at -> Instant,
        expires_at -> Nullable<Instant>,
        account_id -> Text,
        endpoint_id -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    webhook_endpoints (store_id, mode, account_id) {
        store_id -> Uid,
        mode -> Text,
        account_id -> Text,
        endpoint_id -> Text,
        url -> Text,
        api_version -> Text,
        registered_at -> Instant,
        first_delivery_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    connection_problems (store_id, mode, account_id, code) {
        store_id -> Uid,
        mode -> Text,
        account_id -> Text,
        code -> Text,
        detail -> Nullable<Text>,
        since -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    connection_jobs (store_id, mode, account_id, job) {
        store_id -> Uid,
        mode -> Text,
        account_id -> Text,
        job -> Text,
        next_run_at -> Instant,
        runs -> BigInt,
        failures -> BigInt,
        last_run_at -> Nullable<Instant>,
        last_error -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    reconcile_cursors (store_id, mode, account_id) {
        store_id -> Uid,
        mode -> Text,
        account_id -> Text,
        seen_until -> Instant,
        pass_until -> Nullable<Instant>,
        pass_after -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::columns::{Instant, Uid};

    connect_tokens (store_id, id) {
        store_id -> Uid,
        id -> Uid,
        created_at -> Instant,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}
