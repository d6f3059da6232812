//! A batch of events in one statement and one round trip.

use std::collections::HashSet;

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, Binary, Nullable, Text};
use diesel::{QueryResult, Queryable};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, Instant, Uid, at, id};
use crate::conn::PgConn;
use crate::inbox::{Heard, NewEvent, Stored};

/// Writes a batch of events durably, and says which were new; what is there already stays as it is.
pub(crate) async fn insert_events(
    conn: &mut PgConn,
    events: &[NewEvent],
    heard: &[Heard],
) -> Result<Vec<Stored>, DbError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<EventKey> = events.iter().map(EventKey::of).collect();
    // A statement by itself is a transaction.
    let inserted: Vec<EventKey> = if heard.is_empty() {
        Insert::<false>::new(events, heard)
            .get_results(conn)
            .await?
    } else {
        Insert::<true>::new(events, heard).get_results(conn).await?
    };
    if inserted.len() == keys.len() {
        return Ok(vec![Stored::New; keys.len()]);
    }
    let mut inserted: HashSet<EventKey> = inserted.into_iter().collect();
    let stored = keys.iter().map(|key| {
        if inserted.remove(key) {
            Stored::New
        } else {
            Stored::Known
        }
    });
    Ok(stored.collect())
}

/// What tells an event from all others.
#[derive(PartialEq, Eq, Hash, Queryable)]
struct EventKey {
    store_id: Id,
    account_id: String,
    mode: String,
    event_id: String,
    created_at: At,
}

impl EventKey {
    fn of(event: &NewEvent) -> Self {
        // As the column holds it.
        let micros = event.created_at.as_microsecond();
        Self {
            store_id: id(event.store_id),
            account_id: event.account_id.clone(),
            mode: event.mode.as_str().to_owned(),
            event_id: event.event_id.clone(),
            created_at: at(Timestamp::from_microsecond(micros).unwrap_or(event.created_at)),
        }
    }
}

/// One text for batches of every size, so that the server parses and plans it once for each connection. Column by column:
/// fourteen parameters are less work than fourteen for each event. `unnest` stands in a list of columns, where rows go
/// straight on; in `FROM` the server would copy all of them aside first.
///
/// `HEARD`: with connections that were heard of. Few batches have some, and making ready for none takes a tenth of the
/// server's time.
#[derive(Default)]
struct Insert<'e, const HEARD: bool> {
    store_ids: Vec<Id>,
    account_ids: Vec<&'e str>,
    modes: Vec<&'static str>,
    event_ids: Vec<&'e str>,
    created: Vec<At>,
    types: Vec<&'e str>,
    api_versions: Vec<Option<&'e str>>,
    object_ids: Vec<Option<&'e str>>,
    sources: Vec<&'static str>,
    key_ids: Vec<&'e str>,
    payloads: Vec<&'e [u8]>,
    states: Vec<&'static str>,
    errors: Vec<Option<&'e str>>,
    received: Vec<At>,
    heard: HeardColumns<'e>,
}

#[derive(Default)]
struct HeardColumns<'e> {
    store_ids: Vec<Id>,
    modes: Vec<&'static str>,
    account_ids: Vec<&'e str>,
    at: Vec<At>,
}

impl<'e, const HEARD: bool> Insert<'e, HEARD> {
    fn new(events: &'e [NewEvent], heard: &'e [Heard]) -> Self {
        let mut columns = Self::default();
        for event in events {
            columns.store_ids.push(id(event.store_id));
            columns.account_ids.push(&event.account_id);
            columns.modes.push(event.mode.as_str());
            columns.event_ids.push(&event.event_id);
            columns.created.push(at(event.created_at));
            columns.types.push(&event.event_type);
            columns.api_versions.push(event.api_version.as_deref());
            columns.object_ids.push(event.object_id.as_deref());
            columns.sources.push(event.source.as_str());
            columns.key_ids.push(&event.payload.key_id);
            columns.payloads.push(&event.payload.bytes);
            columns.states.push(event.state.as_str());
            columns.errors.push(event.last_error.as_deref());
            columns.received.push(at(event.received_at));
        }
        for heard in heard {
            columns.heard.store_ids.push(id(heard.store_id));
            columns.heard.modes.push(heard.mode.as_str());
            columns.heard.account_ids.push(&heard.account_id);
            columns.heard.at.push(at(heard.at));
        }
        columns
    }
}

impl<const HEARD: bool> QueryId for Insert<'_, HEARD> {
    type QueryId = Insert<'static, HEARD>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<const HEARD: bool> Query for Insert<'_, HEARD> {
    type SqlType = (Uid, Text, Text, Text, Instant);
}

impl HeardColumns<'_> {
    fn touch<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // Who changes a connection at this moment is not waited for: its row says less than the events.
        out.push_sql(
            "WITH free AS MATERIALIZED ( \
                 SELECT c.store_id, c.mode, c.account_id, heard.at \
                 FROM stripe_connections AS c JOIN unnest(",
        );
        out.push_bind_param::<Array<Uid>, _>(&self.store_ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.modes)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.account_ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Instant>, _>(&self.at)?;
        out.push_sql(
            ") AS heard (store_id, mode, account_id, at) USING (store_id, mode, account_id) \
                 FOR NO KEY UPDATE OF c SKIP LOCKED), \
             touched AS ( \
                 UPDATE stripe_connections AS c SET last_event_at = free.at FROM free \
                 WHERE (c.store_id, c.mode, c.account_id) = (free.store_id, free.mode, free.account_id)) ",
        );
        Ok(())
    }
}

impl<const HEARD: bool> QueryFragment<Pg> for Insert<'_, HEARD> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if HEARD {
            self.heard.touch(&mut out)?;
        }
        out.push_sql(
            "INSERT INTO stripe_events (store_id, account_id, mode, event_id, created_at, event_type, api_version, \
                 object_id, source, payload_key_id, payload, state, last_error, received_at, next_attempt_at, attempts) \
             SELECT s, a, m, e, c, t, v, o, so, k, p, st, er, r, r, 0 FROM (SELECT unnest(",
        );
        out.push_bind_param::<Array<Uid>, _>(&self.store_ids)?;
        out.push_sql(") AS s, unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.account_ids)?;
        out.push_sql(") AS a, unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.modes)?;
        out.push_sql(") AS m, unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.event_ids)?;
        out.push_sql(") AS e, unnest(");
        out.push_bind_param::<Array<Instant>, _>(&self.created)?;
        out.push_sql(") AS c, unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.types)?;
        out.push_sql(") AS t, unnest(");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.api_versions)?;
        out.push_sql(") AS v, unnest(");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.object_ids)?;
        out.push_sql(") AS o, unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.sources)?;
        out.push_sql(") AS so, unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.key_ids)?;
        out.push_sql(") AS k, unnest(");
        out.push_bind_param::<Array<Binary>, _>(&self.payloads)?;
        out.push_sql(") AS p, unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.states)?;
        out.push_sql(") AS st, unnest(");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.errors)?;
        out.push_sql(") AS er, unnest(");
        out.push_bind_param::<Array<Instant>, _>(&self.received)?;
        out.push_sql(
            ") AS r) AS batch ON CONFLICT DO NOTHING \
             RETURNING store_id, account_id, mode, event_id, created_at",
        );
        Ok(())
    }
}
