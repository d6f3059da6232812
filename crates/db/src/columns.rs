//! Native column types on each engine: ids are `uuid` in `PostgreSQL` and text in `SQLite`, instants `timestamptz`
//! and integer microseconds. Rows hold domain types; the wrappers here carry them across.

use diesel::Selectable;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Nullable, SqlOrd, SqlType, Text};
use diesel::sqlite::{Sqlite, SqliteValue};
use domain::money::MoneyError;
use domain::order::{OrderStatus, PaymentStatus, UnknownState};
use domain::returned::RefundStatus;
use domain::shipping::{Country, InvalidCountry};
use domain::{
    ApiKeyId, CartId, CheckoutId, Currency, CustomerId, DisputeId, Mode, OrderEventId, OrderId,
    PaymentActionId, PaymentId, PaymentLinkId, PaymentMethodId, ProductId, RefundId,
    SavedPaymentMethodId, ShippingMethodId, StoreId,
};
use jiff::Timestamp;
use std::io::Write;
use uuid::Uuid;

/// The SQL type of ids.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(
    postgres_type(oid = 2950, array_oid = 2951),
    sqlite_type(name = "Text")
)]
pub struct Uid;

/// The SQL type of instants (UTC, microseconds).
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(
    postgres_type(oid = 1184, array_oid = 1185),
    sqlite_type(name = "Long")
)]
pub struct Instant;

impl SqlOrd for Instant {}

/// The columns of a row type, for `select`: `as_select` would pin one engine.
pub(crate) fn columns<Row: Selectable<Pg>>() -> Row::SelectExpression {
    Row::construct_selection()
}

/// An id on its way into or out of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Uid)]
pub struct Id(Uuid);

/// Short for [`Id::from`], because queries are full of it.
pub(crate) fn id(value: impl Into<Id>) -> Id {
    value.into()
}

impl ToSql<Uid, Pg> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<Uid, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.hyphenated().to_string());
        Ok(IsNull::No)
    }
}

impl FromSql<Uid, Pg> for Id {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.as_bytes())?))
    }
}

impl FromSql<Uid, Sqlite> for Id {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        Ok(Self(Uuid::try_parse(&text)?))
    }
}

/// An id that may be absent.
#[derive(Debug, Clone, Copy, FromSqlRow)]
pub struct MaybeId(Option<Id>);

impl<DB: Backend> FromSql<Nullable<Uid>, DB> for MaybeId
where
    Id: FromSql<Uid, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Id::from_sql(value).map(|id| Self(Some(id)))
    }

    fn from_nullable_sql(value: Option<DB::RawValue<'_>>) -> deserialize::Result<Self> {
        value.map(Id::from_sql).transpose().map(Self)
    }
}

macro_rules! id_columns {
    ($($name:ident),+ $(,)?) => {$(
        impl From<$name> for Id {
            fn from(id: $name) -> Self {
                Self(*id.as_uuid())
            }
        }

        impl From<Id> for $name {
            fn from(id: Id) -> Self {
                Self::from_uuid(id.0)
            }
        }

        impl From<MaybeId> for Option<$name> {
            fn from(id: MaybeId) -> Self {
                id.0.map($name::from)
            }
        }
    )+};
}

id_columns!(
    StoreId,
    ProductId,
    CartId,
    CheckoutId,
    OrderId,
    PaymentId,
    ApiKeyId,
    ShippingMethodId,
    PaymentMethodId,
    PaymentActionId,
    RefundId,
    DisputeId,
    PaymentLinkId,
    CustomerId,
    SavedPaymentMethodId,
    OrderEventId,
);

impl From<Uuid> for Id {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

/// Seconds from 1970 to 2000, where `PostgreSQL` begins to count.
const PG_EPOCH_OFFSET_US: i64 = 946_684_800_000_000;

/// An instant on its way into or out of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Instant)]
pub struct At(Timestamp);

/// Short for [`At`], because queries are full of it.
pub(crate) fn at(instant: Timestamp) -> At {
    At(instant)
}

impl ToSql<Instant, Pg> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let micros = self.0.as_microsecond() - PG_EPOCH_OFFSET_US;
        ToSql::<Instant, Pg>::to_sql(&PgMicros(micros), &mut out.reborrow())
    }
}

/// Writes the eight bytes of a `timestamptz`.
#[derive(Debug)]
struct PgMicros(i64);

impl ToSql<Instant, Pg> for PgMicros {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&self.0.to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<Instant, Sqlite> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_microsecond());
        Ok(IsNull::No)
    }
}

impl FromSql<Instant, Pg> for At {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Pg>>::from_sql(value)?;
        let micros = micros
            .checked_add(PG_EPOCH_OFFSET_US)
            .ok_or("instant out of range")?;
        Ok(Self(Timestamp::from_microsecond(micros)?))
    }
}

impl FromSql<Instant, Sqlite> for At {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?;
        Ok(Self(Timestamp::from_microsecond(micros)?))
    }
}

impl From<At> for Timestamp {
    fn from(at: At) -> Self {
        at.0
    }
}

/// An instant that may be absent.
#[derive(Debug, Clone, Copy, FromSqlRow)]
pub struct MaybeAt(Option<At>);

impl<DB: Backend> FromSql<Nullable<Instant>, DB> for MaybeAt
where
    At: FromSql<Instant, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        At::from_sql(value).map(|at| Self(Some(at)))
    }

    fn from_nullable_sql(value: Option<DB::RawValue<'_>>) -> deserialize::Result<Self> {
        value.map(At::from_sql).transpose().map(Self)
    }
}

impl From<MaybeAt> for Option<Timestamp> {
    fn from(at: MaybeAt) -> Self {
        at.0.map(Timestamp::from)
    }
}

/// A word of a closed set (mode, state, currency) on its way out of a text column.
#[derive(Debug, Clone, PartialEq, Eq, FromSqlRow)]
pub struct Word(String);

impl<DB: Backend> FromSql<Text, DB> for Word
where
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        String::from_sql(value).map(Self)
    }
}

/// A word of a closed set that may be absent.
#[derive(Debug, Clone, PartialEq, Eq, FromSqlRow)]
pub struct MaybeWord(Option<Word>);

impl<DB: Backend> FromSql<Nullable<Text>, DB> for MaybeWord
where
    Word: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Word::from_sql(value).map(|word| Self(Some(word)))
    }

    fn from_nullable_sql(value: Option<DB::RawValue<'_>>) -> deserialize::Result<Self> {
        value.map(Word::from_sql).transpose().map(Self)
    }
}

macro_rules! word_columns {
    ($($name:ty => $error:ty),+ $(,)?) => {$(
        impl TryFrom<Word> for $name {
            type Error = $error;

            fn try_from(word: Word) -> Result<Self, $error> {
                word.0.parse()
            }
        }

        impl TryFrom<MaybeWord> for Option<$name> {
            type Error = $error;

            fn try_from(word: MaybeWord) -> Result<Self, $error> {
                word.0.map(<$name>::try_from).transpose()
            }
        }
    )+};
}

word_columns! {
    Mode => domain::mode::InvalidMode,
    Currency => MoneyError,
    OrderStatus => UnknownState,
    PaymentStatus => UnknownState,
    RefundStatus => UnknownState,
}

impl Word {
    /// The word itself, for sets that a module of this crate owns.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A list of short texts in one column: one per line. None of them can hold a line break.
#[derive(Debug, Clone, FromSqlRow)]
pub struct Lines(String);

impl<DB: Backend> FromSql<Text, DB> for Lines
where
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        String::from_sql(value).map(Self)
    }
}

impl From<Lines> for Vec<String> {
    fn from(lines: Lines) -> Self {
        lines.0.lines().map(str::to_owned).collect()
    }
}

/// The column text of a list.
pub(crate) fn lines(list: &[String]) -> String {
    list.join("\n")
}

/// A list of countries in one column: a JSON array of their letters.
#[derive(Debug, Clone, FromSqlRow)]
pub struct CountryList(String);

impl<DB: Backend> FromSql<Text, DB> for CountryList
where
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        String::from_sql(value).map(Self)
    }
}

impl TryFrom<CountryList> for Vec<Country> {
    type Error = InvalidCountry;

    fn try_from(list: CountryList) -> Result<Self, InvalidCountry> {
        let codes = list.0.split(['[', ']', ',', '"']);
        codes
            .filter(|code| !code.is_empty())
            .map(str::parse)
            .collect()
    }
}

/// The column text of a list of countries.
pub(crate) fn countries(list: &[Country]) -> String {
    let codes: Vec<String> = list.iter().map(|code| format!("\"{code}\"")).collect();
    format!("[{}]", codes.join(","))
}

/// A sealed value and the id of the key that sealed it, as `vault` makes them. Opaque here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedText {
    /// Which master key sealed it.
    pub key_id: String,
    /// The token.
    pub token: String,
}

/// A sealed body and the id of the key that sealed it, as `vault` makes them. Opaque here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBytes {
    /// Which master key sealed it.
    pub key_id: String,
    /// Nonce, ciphertext and tag, behind what names their format.
    pub bytes: Vec<u8>,
}
