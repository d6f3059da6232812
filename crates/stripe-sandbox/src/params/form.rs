//! `a[b][0][c]=v` into a tree. Source: Stripe's SDKs (nested brackets, indexed or `[]` arrays).

use serde_json::{Map, Value};

/// Stripe's own limit is not published; no request of an SDK comes near these.
const MAX_PAIRS: usize = 1_000;
const MAX_DEPTH: usize = 10;

/// The body or query is not form-encoded data that makes sense.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    TooManyParameters,
    /// Unbalanced brackets, no name, or too deep.
    Name(String),
    /// The same name is used as a value and as an object.
    Conflict(String),
    NotUtf8,
}

/// Reads a query string or body. Leaves are strings; arrays are objects with the keys `0`, `1`, …
/// until the schema says that they are arrays. A repeated name keeps its last value, as at Stripe.
pub(crate) fn parse(encoded: &[u8]) -> Result<Map<String, Value>, Malformed> {
    let text = std::str::from_utf8(encoded).map_err(|_| Malformed::NotUtf8)?;
    let mut tree = Map::new();
    for (count, (name, value)) in url::form_urlencoded::parse(text.as_bytes()).enumerate() {
        if count >= MAX_PAIRS {
            return Err(Malformed::TooManyParameters);
        }
        let path = split(&name)?;
        insert(&mut tree, &path, value.into_owned())
            .map_err(|()| Malformed::Conflict(name.into_owned()))?;
    }
    Ok(tree)
}

/// `a[b][0]` → `["a", "b", "0"]`.
fn split(name: &str) -> Result<Vec<&str>, Malformed> {
    let bad = || Malformed::Name(name.to_owned());
    let (first, mut rest) = match name.find('[') {
        Some(bracket) => name.split_at(bracket),
        None => (name, ""),
    };
    if first.is_empty() {
        return Err(bad());
    }
    let mut path = vec![first];
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[').ok_or_else(bad)?;
        let (part, after) = inner.split_once(']').ok_or_else(bad)?;
        path.push(part);
        rest = after;
    }
    if path.len() > MAX_DEPTH {
        Err(bad())
    } else {
        Ok(path)
    }
}

fn insert(tree: &mut Map<String, Value>, path: &[&str], value: String) -> Result<(), ()> {
    let [first, rest @ ..] = path else {
        return Err(());
    };
    // `a[]=x` appends: the next free index.
    let key = if first.is_empty() {
        tree.len().to_string()
    } else {
        (*first).to_owned()
    };
    if rest.is_empty() {
        if tree.get(&key).is_some_and(Value::is_object) {
            return Err(());
        }
        tree.insert(key, Value::String(value));
        return Ok(());
    }
    match tree.entry(key).or_insert_with(|| Value::Object(Map::new())) {
        Value::Object(inner) => insert(inner, rest, value),
        _ => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_names_become_a_tree() {
        let tree = parse(b"amount=5&metadata[a]=x%20y&expand[0]=p&expand[1]=q&events[]=m&events[]=n&i[0][p][c]=usd");
        let expected = json!({
            "amount": "5", "metadata": {"a": "x y"}, "expand": {"0": "p", "1": "q"},
            "events": {"0": "m", "1": "n"}, "i": {"0": {"p": {"c": "usd"}}},
        });
        assert_eq!(tree.map(Value::Object), Ok(expected));
    }

    #[test]
    fn nonsense_is_named() {
        assert_eq!(parse(b"[a]=1"), Err(Malformed::Name("[a]".to_owned())));
        assert_eq!(parse(b"a[b=1"), Err(Malformed::Name("a[b".to_owned())));
        assert_eq!(
            parse(b"a=1&a[b]=2"),
            Err(Malformed::Conflict("a[b]".to_owned()))
        );
        assert_eq!(
            parse(b"a[b]=2&a=1"),
            Err(Malformed::Conflict("a".to_owned()))
        );
        assert_eq!(parse(b"\xff=1"), Err(Malformed::NotUtf8));
        let many = "a=1&".repeat(MAX_PAIRS + 1);
        assert_eq!(parse(many.as_bytes()), Err(Malformed::TooManyParameters));
        let deep = format!("a{}=1", "[b]".repeat(MAX_DEPTH));
        assert!(matches!(parse(deep.as_bytes()), Err(Malformed::Name(_))));
    }
}
