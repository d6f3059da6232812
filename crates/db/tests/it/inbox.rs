//! What arrives in the inbox: durable, once, whole.

use db::inbox::{self, EventState, Heard, NewEvent, Stored};
use db::{Db, Engine, connections};
use domain::Mode;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, commit, connection, event, new_store, now, sealed_body};

on_both_engines!(
    an_event_is_on_disk_when_record_returns,
    an_event_is_stored_once,
    the_same_id_is_another_event_elsewhere,
    a_connection_knows_when_it_was_last_heard_of,
    payloads_come_back_byte_by_byte,
    nul_is_replaced_and_spares_the_batch,
    a_batch_is_all_or_nothing,
    one_that_is_refused_spares_what_arrived_with_it,
    the_newest_events_are_listed_first,
);

async fn an_event_is_on_disk_when_record_returns(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let new = NewEvent {
        state: EventState::Ignored,
        last_error: Some("wrong_account".to_owned()),
        ..event(store_id, "evt_1")
    };
    assert_eq!(inbox::record(db, vec![new]).await.unwrap(), [Stored::New]);
    // Seen by a connection that shares nothing with the writer's.
    let rows = database
        .raw(
            "SELECT account_id, mode, event_id, event_type, api_version, object_id, payload_key_id, state, attempts, \
             last_error, processed_at FROM stripe_events",
        )
        .await
        .unwrap();
    let row: Vec<Option<&str>> = rows[0].iter().map(Option::as_deref).collect();
    let expected = [
        Some("acct_EXAMPLE"),
        Some("test"),
        Some("evt_1"),
        Some("payment_intent.succeeded"),
        Some("2026-02-25.clover"),
        Some("pi_EXAMPLE"),
        Some("key"),
        Some("ignored"),
        Some("0"),
        Some("wrong_account"),
        None,
    ];
    assert_eq!(row, expected);
}

async fn an_event_is_stored_once(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let first = NewEvent {
        payload: sealed_body("first"),
        ..event(store_id, "evt_1")
    };
    // Not in the order in which they are written.
    let batch = vec![event(store_id, "evt_2"), first, event(store_id, "evt_1")];
    let stored = inbox::record(db, batch.clone()).await.unwrap();
    assert_eq!(stored, [Stored::New, Stored::New, Stored::Known]);
    let more = [batch, vec![event(store_id, "evt_0")]].concat();
    let stored = inbox::record(db, more).await.unwrap();
    assert_eq!(
        stored,
        [Stored::Known, Stored::Known, Stored::Known, Stored::New]
    );
    assert_eq!(inbox::record(db, Vec::new()).await.unwrap(), []);
    let rows = database
        .raw(&format!(
            "SELECT {} FROM stripe_events WHERE event_id = 'evt_1'",
            payload_text(db)
        ))
        .await
        .unwrap();
    assert_eq!(rows, [[Some("first".to_owned())]]);
}

async fn the_same_id_is_another_event_elsewhere(database: TestDatabase) {
    let db = &database.db;
    let (store_id, other_store) = (new_store(db).await, new_store(db).await);
    let other_account = NewEvent {
        account_id: "acct_OTHER".to_owned(),
        ..event(store_id, "evt_1")
    };
    let other_mode = NewEvent {
        mode: Mode::Live,
        ..event(store_id, "evt_1")
    };
    let batch = vec![
        event(store_id, "evt_1"),
        event(other_store, "evt_1"),
        other_account,
        other_mode,
    ];
    assert_eq!(inbox::record(db, batch).await.unwrap(), [Stored::New; 4]);
}

/// Another gateway is in the middle of a batch that holds the same two events.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapping_batches_wait_for_each_other_instead_of_deadlocking() {
    let database = TestDatabase::postgres().await;
    let db = &database.db;
    let store_id = new_store(db).await;
    let insert = |event_id: &str| {
        format!(
            "INSERT INTO stripe_events (store_id, account_id, mode, event_id, created_at, event_type, source, \
                 payload_key_id, payload, state, attempts, received_at, next_attempt_at) \
             VALUES ('{store_id}', 'acct_EXAMPLE', 'test', '{event_id}', '{}', 'type', 'webhook', 'key', '', 'received', 0, \
                 now(), now())",
            now()
        )
    };
    database.raw("BEGIN").await.unwrap();
    database.raw(&insert("evt_1")).await.unwrap();
    let other_gateway = async {
        let somebody_waits_for_us = "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid";
        while database.raw(somebody_waits_for_us).await.unwrap() == [[Some("0".to_owned())]] {}
        database.raw(&insert("evt_2")).await.unwrap();
        database.raw("COMMIT").await.unwrap();
    };
    let batch = vec![event(store_id, "evt_2"), event(store_id, "evt_1")];
    let (recorded, ()) = tokio::join!(inbox::record(db, batch), other_gateway);
    assert_eq!(recorded.unwrap(), [Stored::Known; 2]);
}

async fn a_connection_knows_when_it_was_last_heard_of(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    commit(db, async |conn| {
        for mode in Mode::ALL {
            connections::put(conn, store_id, connection(mode), now()).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
    let heard = |mode, second| Heard {
        store_id,
        mode,
        account_id: connection(mode).account_id,
        at: after(second),
    };
    for heard in [
        vec![heard(Mode::Test, 5)],
        vec![heard(Mode::Test, 9)],
        vec![],
    ] {
        let batch = vec![event(store_id, "evt_1")];
        inbox::record_delivered(db, batch, heard).await.unwrap();
    }
    let mut conn = db.read().await.unwrap();
    let heard: Vec<_> = connections::list(&mut conn, store_id)
        .await
        .unwrap()
        .into_iter()
        .map(|connection| (connection.mode, connection.last_event_at))
        .collect();
    assert_eq!(heard, [(Mode::Test, Some(after(9))), (Mode::Live, None)]);
}

async fn payloads_come_back_byte_by_byte(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let payloads = [
        r#"{"name":"🫘 Kaffee & Söhne","nul":"\u0000","lone":"\ud800"}"#.to_owned(),
        r#"{"search":"100% of a_b\\c","rtl":"مرحبا","nfd":"e\u0301é"}"#.to_owned(),
        format!(r#"{{"long":"{}"}}"#, "ß".repeat(200_000)),
        "{\r\n\t\"a\": 1e400 }\n".to_owned(),
        String::new(),
    ];
    for (payload, number) in payloads.iter().zip(0..) {
        let new = NewEvent {
            payload: sealed_body(payload),
            ..event(store_id, &format!("evt_{number}"))
        };
        assert_eq!(inbox::record(db, vec![new]).await.unwrap(), [Stored::New]);
    }
    let rows = database
        .raw(&format!(
            "SELECT {} FROM stripe_events ORDER BY event_id",
            payload_text(db)
        ))
        .await
        .unwrap();
    let stored: Vec<String> = rows.into_iter().flatten().flatten().collect();
    assert_eq!(stored, payloads);
}

async fn nul_is_replaced_and_spares_the_batch(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let hostile = NewEvent {
        event_type: "a\0b".to_owned(),
        api_version: Some("\0".to_owned()),
        object_id: Some("pi_\0".to_owned()),
        last_error: Some("\0".to_owned()),
        account_id: "acct_\0".to_owned(),
        ..event(store_id, "evt_\0")
    };
    let batch = vec![hostile.clone(), event(store_id, "evt_good")];
    assert_eq!(inbox::record(db, batch).await.unwrap(), [Stored::New; 2]);
    assert_eq!(
        inbox::record(db, vec![hostile]).await.unwrap(),
        [Stored::Known]
    );
    let mut conn = db.read().await.unwrap();
    let list = inbox::list_before(
        &mut conn,
        store_id,
        Mode::Test,
        &inbox::EventFilter::all(),
        None,
        10,
    )
    .await
    .unwrap();
    let hostile = list.iter().find(|event| event.event_id != "evt_good");
    let hostile = hostile.unwrap();
    assert_eq!(hostile.event_id, "evt_\u{FFFD}");
    assert_eq!(hostile.event_type, "a\u{FFFD}b");
}

async fn a_batch_is_all_or_nothing(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    refuse_evt_2(&database).await;
    let batch = vec![event(store_id, "evt_1"), event(store_id, "evt_2")];
    inbox::record(db, batch).await.unwrap_err();
    let rows = database.raw("SELECT count(*) FROM stripe_events").await;
    assert_eq!(rows.unwrap(), [[Some("0".to_owned())]]);
}

async fn one_that_is_refused_spares_what_arrived_with_it(database: TestDatabase) {
    let db = &database.db;
    let (store_id, hostile) = (new_store(db).await, new_store(db).await);
    inbox::record(db, vec![event(store_id, "evt_1")])
        .await
        .unwrap();
    refuse_evt_2(&database).await;
    let batch = vec![
        event(store_id, "evt_3"),
        event(hostile, "evt_2"),
        event(store_id, "evt_1"),
        event(hostile, "evt_0"),
    ];
    let stored = inbox::record_delivered(db, batch, Vec::new())
        .await
        .unwrap();
    let stored: Vec<Option<Stored>> = stored.into_iter().map(Result::ok).collect();
    assert_eq!(
        stored,
        [
            Some(Stored::New),
            None,
            Some(Stored::Known),
            Some(Stored::New)
        ]
    );
    let rows = database.raw("SELECT count(*) FROM stripe_events").await;
    assert_eq!(rows.unwrap(), [[Some("3".to_owned())]]);
}

async fn refuse_evt_2(database: &TestDatabase) {
    let refuse = match database.db.engine() {
        Engine::Sqlite => {
            "CREATE TRIGGER refuse BEFORE INSERT ON stripe_events WHEN NEW.event_id = 'evt_2' \
             BEGIN SELECT RAISE(ABORT, 'refused'); END"
        }
        Engine::Postgres => "ALTER TABLE stripe_events ADD CHECK (event_id <> 'evt_2')",
    };
    database.raw(refuse).await.unwrap();
}

async fn the_newest_events_are_listed_first(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let at_second = |event_id, second| NewEvent {
        received_at: after(second),
        ..event(store_id, event_id)
    };
    let live = NewEvent {
        mode: Mode::Live,
        ..event(store_id, "evt_live")
    };
    let batch = vec![
        at_second("evt_a", 1),
        at_second("evt_b", 1),
        at_second("evt_c", 0),
        at_second("evt_old", -1),
        live,
    ];
    inbox::record(db, batch).await.unwrap();
    let mut conn = db.read().await.unwrap();
    let list = inbox::list_before(
        &mut conn,
        store_id,
        Mode::Test,
        &inbox::EventFilter::all(),
        None,
        3,
    )
    .await
    .unwrap();
    let ids: Vec<&str> = list.iter().map(|event| event.event_id.as_str()).collect();
    assert_eq!(ids, ["evt_b", "evt_a", "evt_c"]);
    assert_eq!(list[2].received_at, now());
    assert_eq!(list[2].state, "received");
    assert_eq!((list[2].attempts, list[2].processed_at), (0, None));
}

/// The bytes of a payload as text.
fn payload_text(db: &Db) -> &'static str {
    match db.engine() {
        Engine::Sqlite => "CAST(payload AS TEXT)",
        Engine::Postgres => "convert_from(payload, 'UTF8')",
    }
}
