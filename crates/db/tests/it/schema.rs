//! The two histories describe one schema, and diesel believes in the same one.

use std::collections::{BTreeMap, BTreeSet};

use test_database::TestDatabase;

/// What a column is, in words that do not depend on the engine.
#[derive(Debug, PartialEq, Eq)]
struct Column {
    kind: &'static str,
    nullable: bool,
}

/// Columns by `table.column`.
type Schema = BTreeMap<String, Column>;

const SQLITE_COLUMNS: &str = "SELECT t.name || '.' || c.name, c.type, NOT c.\"notnull\" \
    FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c \
    WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
        AND t.name <> '__diesel_schema_migrations'";

const POSTGRES_COLUMNS: &str = "SELECT table_name || '.' || column_name, data_type, (is_nullable = 'YES')::int \
    FROM information_schema.columns \
    WHERE table_schema = current_schema() AND table_name <> '__diesel_schema_migrations' \
        AND NOT (SELECT relispartition FROM pg_class WHERE oid = quote_ident(table_name)::regclass)";

#[tokio::test]
async fn both_engines_and_diesel_have_the_same_columns() {
    let diesel = diesel_columns(concat!(
        include_str!("../../src/schema.rs"),
        include_str!("../../src/schema/connecting.rs"),
        include_str!("../../src/schema/paying.rs")
    ));
    assert!(diesel.len() > 150, "{}", diesel.len());
    let postgres = columns(
        &TestDatabase::postgres().await,
        POSTGRES_COLUMNS,
        |kind| match kind {
            "uuid" => "id",
            "timestamp with time zone" => "instant",
            "boolean" => "bool",
            "bigint" => "integer",
            "text" => "text",
            "bytea" => "bytes",
            other => panic!("a column of type {other}"),
        },
    )
    .await;
    assert_eq!(postgres, diesel);

    let sqlite = columns(
        &TestDatabase::sqlite().await,
        SQLITE_COLUMNS,
        |kind| match kind {
            "TEXT" => "text",
            "BLOB" => "bytes",
            "INTEGER" => "integer",
            other => panic!("a column of type {other}"),
        },
    )
    .await;
    assert_eq!(sqlite, as_in_sqlite(diesel));
}

#[tokio::test]
async fn both_engines_have_the_same_keys_and_indexes() {
    let sqlite = TestDatabase::sqlite().await;
    let postgres = TestDatabase::postgres().await;
    // Primary keys have names in PostgreSQL only; partial indexes are told by a flag, and their conditions by
    // `constraints.rs` and the tests of the modules that rely on them.
    let sqlite = indexes(
        &sqlite,
        "SELECT m.name || ' ' || CASE i.origin WHEN 'pk' THEN 'primary' ELSE i.name END || \
             ' unique=' || i.\"unique\" || ' partial=' || i.partial || ' ' || \
             (SELECT group_concat(x.name, ',') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) AS x) \
         FROM sqlite_master AS m JOIN pragma_index_list(m.name) AS i \
         WHERE m.type = 'table' AND m.name <> '__diesel_schema_migrations'",
    )
    .await;
    let postgres = indexes(
        &postgres,
        "SELECT t.relname || ' ' || CASE WHEN i.indisprimary THEN 'primary' ELSE n.relname END || \
             ' unique=' || i.indisunique::int || ' partial=' || (i.indpred IS NOT NULL)::int || ' ' || \
             (SELECT string_agg(a.attname, ',' ORDER BY k.position) \
              FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position) \
              JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.attnum) \
         FROM pg_index AS i JOIN pg_class AS t ON t.oid = i.indrelid JOIN pg_class AS n ON n.oid = i.indexrelid \
         WHERE t.relnamespace = current_schema()::regnamespace AND t.relname <> '__diesel_schema_migrations' \
             AND NOT t.relispartition",
    )
    .await;
    assert!(postgres.len() > 25, "{}", postgres.len());
    assert_eq!(sqlite, postgres);
}

/// Tenancy: every table that holds a store's data has `store_id` first in its primary key.
#[test]
fn a_stores_rows_are_keyed_by_their_store() {
    let source = include_str!("../../src/schema.rs");
    for heading in source.lines().filter_map(|line| line.strip_suffix(") {")) {
        let (table, keys) = heading.trim().split_once(" (").unwrap();
        let outside_tenancy = ["stores", "idempotency_keys", "deployment_facts"];
        assert_eq!(
            keys.starts_with("store_id, "),
            !outside_tenancy.contains(&table),
            "{table}"
        );
    }
}

async fn columns(
    database: &TestDatabase,
    sql: &str,
    kind: impl Fn(&str) -> &'static str,
) -> Schema {
    let rows = database.raw(sql).await.unwrap();
    let columns = rows.into_iter().map(|row| {
        let row: Vec<String> = row.into_iter().flatten().collect();
        let column = Column {
            kind: kind(&row[1]),
            nullable: row[2] == "1",
        };
        (row[0].clone(), column)
    });
    columns.collect()
}

async fn indexes(database: &TestDatabase, sql: &str) -> BTreeSet<String> {
    let rows = database.raw(sql).await.unwrap();
    rows.into_iter().flatten().flatten().collect()
}

fn diesel_columns(source: &str) -> Schema {
    let mut schema = Schema::new();
    let mut table = "";
    for line in source.lines().map(str::trim) {
        if let Some((name, _)) = line
            .strip_suffix(") {")
            .and_then(|line| line.split_once(" ("))
        {
            table = name;
        }
        let Some((name, sql_type)) = line
            .strip_suffix(',')
            .and_then(|line| line.split_once(" -> "))
        else {
            continue;
        };
        let inner = sql_type
            .strip_prefix("Nullable<")
            .and_then(|inner| inner.strip_suffix('>'));
        let kind = match inner.unwrap_or(sql_type) {
            "Uid" => "id",
            "Instant" => "instant",
            "Bool" => "bool",
            "BigInt" => "integer",
            "Text" => "text",
            "Binary" => "bytes",
            other => panic!("a column of type {other}"),
        };
        let column = Column {
            kind,
            nullable: inner.is_some(),
        };
        schema.insert(format!("{table}.{name}"), column);
    }
    schema
}

/// `SQLite` has no types of its own for ids, instants and booleans.
fn as_in_sqlite(mut schema: Schema) -> Schema {
    for column in schema.values_mut() {
        column.kind = match column.kind {
            "id" => "text",
            "instant" | "bool" => "integer",
            kind => kind,
        };
    }
    schema
}
