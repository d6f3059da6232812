//! What an endpoint accepts, as `spec/params.txt` writes it.

use indexmap::IndexMap;
use serde::Deserialize;

/// The parameters of an endpoint, or of one that is an object.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "IndexMap<String, Kind>")]
pub(crate) struct Fields(IndexMap<String, Field>);

/// One parameter.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    /// An empty string unsets the field instead of being refused.
    pub(crate) clearable: bool,
}

/// What a parameter may hold.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Text,
    Integer,
    /// An integer or a fraction.
    Number,
    /// A fraction that is stored as it was written.
    Decimal,
    Boolean,
    OneOf(Vec<String>),
    Fields(Fields),
    /// Names of the caller's choice.
    Map(Box<Kind>),
    Metadata,
    List(Box<Kind>),
    /// `created[gte]=5` and its kin.
    Range,
    AnyOf(Vec<Kind>),
    /// Accepted as it comes.
    Free,
}

impl Fields {
    pub(crate) fn get(&self, name: &str) -> Option<&Field> {
        self.0.get(name)
    }

    /// Lets texts be unset where `may` says so of their names.
    pub(crate) fn make_clearable(&mut self, may: impl Fn(&str) -> bool) {
        for (name, field) in &mut self.0 {
            let plain = matches!(field.kind, Kind::Text | Kind::OneOf(_));
            field.clearable |= plain && !field.required && may(name);
        }
    }

    /// The names that must be given.
    pub(crate) fn required(&self) -> impl Iterator<Item = &str> {
        let required = self.0.iter().filter(|(_, field)| field.required);
        required.map(|(name, _)| name.as_str())
    }

    /// Adds what `more` has; fields that both have are merged.
    pub(crate) fn merge(&mut self, more: Self) {
        for (name, field) in more.0 {
            match (self.0.get_mut(&name).map(|known| &mut known.kind), field) {
                (
                    Some(Kind::Fields(known)),
                    Field {
                        kind: Kind::Fields(more),
                        ..
                    },
                ) => known.merge(more),
                (_, field) => {
                    self.0.insert(name, field);
                }
            }
        }
    }
}

impl From<IndexMap<String, Kind>> for Fields {
    fn from(written: IndexMap<String, Kind>) -> Self {
        let fields = written.into_iter().map(|(name, kind)| {
            let plain = name.trim_end_matches(['!', '?']);
            let marks = &name[plain.len()..];
            let field = Field {
                kind,
                required: marks.contains('!'),
                clearable: marks.contains('?'),
            };
            (plain.to_owned(), field)
        });
        Self(fields.collect())
    }
}
