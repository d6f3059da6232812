//! Fills a database as a gateway that has run for long has filled it, past its HTTP.

use db::columns::SealedText;
use db::connections::{self, NewConnection};
use db::stores::{self, Store};
use db::webhook_secrets::{self, NewSecret};
use db::{Conn, Db, inbox};
use domain::{Currency, Mode, StoreId};
use gateway::sealing;
use jiff::Timestamp;
use secrecy::SecretString;
use vault::Vault;

use crate::place::VAULT_KEY;
use crate::sealed::Rows;
use crate::webhook::{self, Target};

/// Rows in a transaction.
const CHUNK: usize = 500;
const SECRET: &str = "whsec_FAKEbenchManyStoresFAKEbench";

/// Adds connected stores, and says how to send to them.
pub(crate) async fn stores(db: &Db, count: usize) -> anyhow::Result<Vec<Target>> {
    let vault = Vault::from_keys(&VAULT_KEY.into())?;
    let now = Timestamp::from_second(webhook::now_unix_s())?;
    let ids: Vec<StoreId> = (0..count).map(|_| StoreId::generate()).collect();
    for chunk in ids.chunks(CHUNK) {
        let mut tx = db.begin().await?;
        for id in chunk {
            add_store(&mut tx, &vault, *id, now).await?;
        }
        tx.commit().await?;
    }
    let targets = ids.iter().map(|id| Target::new(&id.to_string(), SECRET));
    Ok(targets.collect())
}

async fn add_store(
    conn: &mut Conn,
    vault: &Vault,
    store_id: StoreId,
    now: Timestamp,
) -> anyhow::Result<()> {
    let mode = Mode::Test;
    let store = Store {
        id: store_id,
        name: "Bench".to_owned(),
        merchant_email: None,
        currency: Currency::EUR,
        active_mode: Some(mode),
        capture_on: "confirmed".to_owned(),
        allowed_origins: Vec::new(),
        return_origins: Vec::new(),
        created_at: now,
    };
    stores::insert(conn, &store).await?;
    let account_id = format!("acct_FAKE{store_id}");
    let connection = NewConnection {
        mode,
        account_id: account_id.clone(),
        publishable_key: "pk_test_FAKE".to_owned(),
        country: None,
        default_currency: None,
        charges_enabled: true,
        secret_version: 1,
        // Nobody calls Stripe for them.
        secret: SealedText {
            key_id: String::new(),
            token: String::new(),
        },
        is_stand_in: true,
    };
    connections::put(conn, store_id, connection, now).await?;
    let secret = SecretString::from(SECRET);
    let secret = NewSecret {
        version: 1,
        account_id: &account_id,
        endpoint_id: None,
        secret: sealing::seal_webhook_secret(vault, store_id, mode, 1, &secret)?,
    };
    webhook_secrets::add(conn, store_id, mode, secret, now, now).await?;
    Ok(())
}

/// Adds stored events of one store.
pub(crate) async fn events(db: &Db, count: usize) -> anyhow::Result<()> {
    let rows = Rows::new(webhook::UNHANDLED)?;
    for _ in 0..count / CHUNK {
        inbox::record(db, rows.batch(CHUNK)).await?;
    }
    Ok(())
}
