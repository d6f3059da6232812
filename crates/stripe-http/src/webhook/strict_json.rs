//! JSON in which each name stands once. Two readers of `{"type":"a","type":"b"}` may believe two
//! different things, so nobody gets to read it. Nesting is bounded by `serde_json` (128 levels).
//!
//! The whole text is walked and checked, and nothing of it is kept but what a [`Reader`] takes: an event
//! has some hundred fields, of which ten tell what it is about.

use std::borrow::Cow;
use std::fmt;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A value that is no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar<'a> {
    Null,
    Flag(bool),
    Integer(i64),
    Text(&'a str),
    /// An array, or a number that is not a whole one of 64 bits.
    Other,
}

/// Takes what it wants of an object's fields.
pub(super) trait Reader {
    /// A field that is no object.
    fn scalar(&mut self, _name: &str, _value: Scalar<'_>) {}

    /// Who reads a field that is an object; nobody for most.
    fn object(&mut self, _name: &str) -> Option<&mut AnyReader> {
        None
    }
}

/// Any reader; as an alias, so that its references may be handed on for a shorter time.
pub(super) type AnyReader = dyn Reader;

/// Walks a whole JSON text; its value is a field without a name. Fails if it is not strict JSON, whatever `reader` takes.
pub(super) fn read(text: &str, reader: &mut AnyReader) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let walk = Walk {
        open: &mut Open::default(),
        name: "",
        reader: Some(reader),
    };
    walk.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// The names of all objects that are open, the innermost last: one list for the whole text.
///
/// Whoever writes the body chooses how many there are, so that no name may be compared with each other one. Digests are
/// sorted instead of names, which is a few times faster; where two are alike the names decide.
#[derive(Default)]
struct Open<'de> {
    names: Vec<Cow<'de, str>>,
    digests: Vec<u64>,
    /// Keyed at random: nobody can prepare names with one digest.
    hasher: RandomState,
}

impl<'de> Open<'de> {
    fn push(&mut self, name: Cow<'de, str>) {
        self.digests.push(self.hasher.hash_one(name.as_bytes()));
        self.names.push(name);
    }

    /// Forgets the names from the `first` one on; whether two of them are the same.
    fn close(&mut self, first: usize) -> bool {
        let twice = has_twins(self.digests.get_mut(first..).unwrap_or_default())
            && has_twins(self.names.get_mut(first..).unwrap_or_default());
        self.digests.truncate(first);
        self.names.truncate(first);
        twice
    }
}

fn has_twins<T: Ord>(items: &mut [T]) -> bool {
    items.sort_unstable();
    items.array_windows().any(|[a, b]| a == b)
}

/// A value on the way.
struct Walk<'w, 'de> {
    open: &'w mut Open<'de>,
    /// The value's name.
    name: &'w str,
    /// Who reads the object that it is a field of.
    reader: Option<&'w mut AnyReader>,
}

impl Walk<'_, '_> {
    fn take(self, value: Scalar<'_>) {
        if let Some(reader) = self.reader {
            reader.scalar(self.name, value);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated names")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.take(Scalar::Null);
        Ok(())
    }

    fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
        self.take(Scalar::Flag(flag));
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.take(Scalar::Integer(number));
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.take(i64::try_from(number).map_or(Scalar::Other, Scalar::Integer));
        Ok(())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        if !number.is_finite() {
            return Err(E::custom("not a finite number"));
        }
        self.take(Scalar::Other);
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.take(Scalar::Text(text));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        loop {
            let item = Walk {
                open: &mut *self.open,
                name: "",
                reader: None,
            };
            if items.next_element_seed(item)?.is_none() {
                break;
            }
        }
        self.take(Scalar::Other);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let mut reader = self.reader.and_then(|outer| outer.object(self.name));
        let first = self.open.names.len();
        while let Some(Name(name)) = fields.next_key()? {
            let value = Walk {
                open: &mut *self.open,
                name: &name,
                reader: reader.as_deref_mut(),
            };
            fields.next_value_seed(value)?;
            self.open.push(name);
        }
        if self.open.close(first) {
            return Err(A::Error::custom("a name stands twice"));
        }
        Ok(())
    }
}

/// A field's name, borrowed where no escape stands in it.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}
