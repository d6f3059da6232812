//! `/_sandbox/keys`: what a merchant does with API keys in the dashboard.

use actix_web::HttpResponse;
use actix_web::web::{Json, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{State, refusal};
use crate::ids;
use crate::state::{ApiKey, LedgerKey, World};
use crate::v1::Caller;
use crate::v1::permissions::Permissions;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewKey {
    account_id: String,
    /// `rk_test_…` or `rk_live_…` with permissions, or a further `sk_…` without.
    key: String,
    permissions: Option<Permissions>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expire {
    key: String,
    /// Now if absent.
    #[serde(default)]
    in_seconds: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Roll {
    key: String,
    /// Made up if absent.
    new_key: Option<String>,
    /// How long the old key still works; at once it does not if absent.
    #[serde(default)]
    in_seconds: u32,
}

#[derive(Deserialize)]
pub(super) struct ListFilter {
    account: Option<String>,
}

pub(super) async fn add(state: State, body: Json<NewKey>) -> HttpResponse {
    let NewKey {
        account_id,
        key,
        permissions,
    } = body.into_inner();
    let Some((kind, livemode)) = kind_of(&key).filter(|(kind, _)| *kind != "pk") else {
        return refusal(
            422,
            "a key starts with rk_test_, rk_live_, sk_test_ or sk_live_",
        );
    };
    if (kind == "rk") != permissions.is_some() {
        return refusal(
            422,
            "permissions are for restricted keys (rk_…), which need them",
        );
    }
    if let Some(unknown) = permissions.as_ref().and_then(Permissions::unknown) {
        return refusal(422, &format!("there is no permission for {unknown}"));
    }
    let ledger = LedgerKey {
        account_id,
        livemode,
    };
    let mut world = state.world();
    if !world.ledgers.contains_key(&ledger) {
        return refusal(404, "there is no such account in the key's mode");
    }
    let record = ApiKey {
        permissions,
        ..ApiKey::new(ledger, Caller::Secret)
    };
    let view = view(&key, &record, state.now());
    if world.keys.change_permissions(&key, &record) {
        HttpResponse::Ok().json(view)
    } else if world.keys.add(key, record) {
        HttpResponse::Created().json(view)
    } else {
        refusal(
            422,
            "an account has this key already, or there are too many",
        )
    }
}

pub(super) async fn list(state: State, filter: Query<ListFilter>) -> HttpResponse {
    let (world, now) = (state.world(), state.now());
    let mut keys: Vec<Value> = world
        .keys
        .iter()
        .filter(|(_, key)| {
            let account = &key.ledger.account_id;
            filter
                .account
                .as_ref()
                .is_none_or(|wanted| wanted == account)
        })
        .map(|(text, key)| view(text, key, now))
        .collect();
    keys.sort_by_cached_key(|key| key["key"].as_str().unwrap_or_default().to_owned());
    HttpResponse::Ok().json(json!({ "keys": keys }))
}

/// The key's end; requests that carry it later are told so.
pub(super) async fn expire(state: State, body: Json<Expire>) -> HttpResponse {
    let (mut world, now) = (state.world(), state.now());
    let Some(key) = world.keys.get_mut(&body.key) else {
        return unknown();
    };
    key.expires = Some(now + i64::from(body.in_seconds));
    HttpResponse::Ok().json(view(&body.key, key, now))
}

/// A new key that may do what the old one may, which expires.
pub(super) async fn roll(state: State, body: Json<Roll>) -> HttpResponse {
    let (mut world, now) = (state.world(), state.now());
    let world: &mut World = &mut world;
    let Some(old) = world.keys.get_mut(&body.key) else {
        return unknown();
    };
    let Some((kind, livemode)) = kind_of(&body.key) else {
        return unknown();
    };
    let mode = if livemode { "live" } else { "test" };
    let new = body
        .new_key
        .clone()
        .unwrap_or_else(|| format!("{kind}_{mode}_FAKE{}", ids::object("k").replace('_', "")));
    if kind_of(&new) != Some((kind, livemode)) {
        return refusal(422, "the new key is of another kind or mode");
    }
    let successor = ApiKey {
        expires: None,
        ..old.clone()
    };
    let ledger = successor.ledger.clone();
    let view = view(&new, &successor, now);
    let expires = now + i64::from(body.in_seconds);
    if !world.keys.add(new.clone(), successor) {
        return refusal(
            422,
            "an account has the new key already, or there are too many",
        );
    }
    if let Some(old) = world.keys.get_mut(&body.key) {
        old.expires = Some(expires);
    }
    // What people copy from the list of accounts is the key that works.
    if let Some(ledger) = world.ledgers.get_mut(&ledger) {
        for shown in [
            &mut ledger.spec.secret_key,
            &mut ledger.spec.publishable_key,
        ] {
            if *shown == body.key {
                shown.clone_from(&new);
            }
        }
    }
    HttpResponse::Created().json(view)
}

fn view(text: &str, key: &ApiKey, now: i64) -> Value {
    json!({
        "key": text,
        "account_id": key.ledger.account_id,
        "livemode": key.ledger.livemode,
        "permissions": key.permissions,
        "expires": key.expires,
        "expired": key.is_expired(now),
    })
}

/// `sk`, `rk` or `pk`, and whether it is a live key.
fn kind_of(key: &str) -> Option<(&str, bool)> {
    let (kind, rest) = key.split_once('_')?;
    let (mode, random) = rest.split_once('_')?;
    let known = ["sk", "rk", "pk"].contains(&kind) && ["test", "live"].contains(&mode);
    (known && !random.is_empty()).then_some((kind, mode == "live"))
}

fn unknown() -> HttpResponse {
    refusal(404, "no account has this key")
}
