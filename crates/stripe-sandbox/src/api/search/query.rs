//! The search query language: `status:"succeeded" AND -metadata["order"]:"6735" AND amount>500`.

use serde_json::Value;

use crate::v1::StripeError;

/// Stripe docs: "You can combine up to 10 query clauses".
const MAX_CLAUSES: usize = 10;
/// Substrings are at least this long.
const MIN_SUBSTRING: usize = 3;

/// A query that can be held against an object.
#[derive(Debug)]
pub(super) struct Query {
    clauses: Vec<Clause>,
    /// One of the clauses is enough.
    any: bool,
}

#[derive(Debug)]
struct Clause {
    negated: bool,
    /// The way to the field, outermost first.
    path: Vec<String>,
    operator: Operator,
    /// `None` is `null`: the field has no value.
    value: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Is,
    Contains,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Reads a query, or says that it cannot be read as Stripe says so.
pub(super) fn parse(text: &str, kind: &str, known: &[&str]) -> Result<Query, StripeError> {
    let mut rest = text.trim();
    let mut clauses = Vec::new();
    let mut joints = Vec::new();
    loop {
        let (clause, after) = clause(rest).ok_or_else(unreadable)?;
        check_field(&clause, kind, known)?;
        clauses.push(clause);
        let after = after.trim_start();
        if after.is_empty() {
            break;
        }
        // Clauses side by side are joined by AND.
        let (joint, after) = match word(after) {
            ("AND" | "and", after) => ("AND", after),
            ("OR" | "or", after) => ("OR", after),
            _ => ("AND", after),
        };
        joints.push(joint);
        rest = after.trim_start();
    }
    if joints.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(refuse("You cannot combine AND and OR in the same query."));
    }
    if clauses.len() > MAX_CLAUSES {
        let message = format!("A query can have at most {MAX_CLAUSES} clauses.");
        return Err(refuse(&message));
    }
    let any = joints.first() == Some(&"OR");
    Ok(Query { clauses, any })
}

fn check_field(clause: &Clause, kind: &str, known: &[&str]) -> Result<(), StripeError> {
    let first = clause.path.first().map_or("", String::as_str);
    let name = if first == "metadata" {
        first.to_owned()
    } else {
        clause.path.join(".")
    };
    if !known.contains(&name.as_str()) {
        return Err(refuse(&format!(
            "Field `{name}` is an unsupported search field for resource `{kind}s`. See http://stripe.com/docs/search#query-fields-for-{} for a list of supported fields.",
            format!("{kind}s").replace('_', "-")
        )));
    }
    let short = clause
        .value
        .as_ref()
        .is_some_and(|value| value.chars().count() < MIN_SUBSTRING);
    if clause.operator == Operator::Contains && short {
        return Err(refuse(&format!(
            "Substring search is only supported for strings with {MIN_SUBSTRING} or more characters."
        )));
    }
    Ok(())
}

fn clause(text: &str) -> Option<(Clause, &str)> {
    let (negated, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')))?;
    let mut path: Vec<String> = text[..end].split('.').map(str::to_owned).collect();
    let mut rest = &text[end..];
    if let Some(inner) = rest.strip_prefix('[') {
        let (key, after) = quoted(inner)?;
        path.push(key);
        rest = after.strip_prefix(']')?;
    }
    let (operator, rest) = operator(rest)?;
    let (value, rest) = match quoted(rest) {
        Some((value, rest)) => (Some(value), rest),
        None => match word(rest) {
            (value, _) if value.is_empty() || value.starts_with(['"', '\'']) => return None,
            ("null" | "NULL", rest) => (None, rest),
            (value, rest) => (Some(value.to_owned()), rest),
        },
    };
    (!path.iter().any(String::is_empty)).then_some((
        Clause {
            negated,
            path,
            operator,
            value,
        },
        rest,
    ))
}

fn operator(text: &str) -> Option<(Operator, &str)> {
    const ALL: &[(&str, Operator)] = &[
        (">=", Operator::GreaterOrEqual),
        ("<=", Operator::LessOrEqual),
        (">", Operator::Greater),
        ("<", Operator::Less),
        (":", Operator::Is),
        ("=", Operator::Is),
        ("~", Operator::Contains),
    ];
    ALL.iter()
        .find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?)))
}

/// A text in single or double quotes; a backslash takes the next character as it is.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.char_indices();
    let (_, quote) = chars.next().filter(|(_, c)| matches!(c, '"' | '\''))?;
    let mut value = String::new();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Some((value, &text[at + c.len_utf8()..]));
        }
        value.push(if c == '\\' { chars.next()?.1 } else { c });
    }
    None
}

fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

fn unreadable() -> StripeError {
    refuse(
        "We were unable to parse your search query. Try using the format `metadata[\"key\"]:\"value\"` to query for metadata or key:\"value\" to query for other fields.",
    )
}

fn refuse(message: &str) -> StripeError {
    StripeError::invalid(message).param("query")
}

impl Query {
    pub(super) fn matches(&self, object: &Value) -> bool {
        let mut clauses = self.clauses.iter();
        if self.any {
            clauses.any(|clause| clause.matches(object))
        } else {
            clauses.all(|clause| clause.matches(object))
        }
    }
}

impl Clause {
    fn matches(&self, object: &Value) -> bool {
        let found = self
            .path
            .iter()
            .try_fold(object, |value, part| value.get(part));
        let found = found.filter(|value| !value.is_null());
        let holds = match (&self.value, found) {
            (None, found) => found.is_none(),
            (Some(_), None) => false,
            (Some(wanted), Some(found)) => compare(found, self.operator, wanted),
        };
        holds != self.negated
    }
}

fn compare(found: &Value, operator: Operator, wanted: &str) -> bool {
    let text = match found {
        Value::String(text) => text.to_lowercase(),
        other => other.to_string(),
    };
    let wanted = wanted.to_lowercase();
    let numbers = || text.parse::<f64>().ok().zip(wanted.parse::<f64>().ok());
    match operator {
        Operator::Is => text == wanted,
        Operator::Contains => text.contains(&wanted),
        Operator::Less => numbers().is_some_and(|(a, b)| a < b),
        Operator::LessOrEqual => numbers().is_some_and(|(a, b)| a <= b),
        Operator::Greater => numbers().is_some_and(|(a, b)| a > b),
        Operator::GreaterOrEqual => numbers().is_some_and(|(a, b)| a >= b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(query: &str) -> Option<bool> {
        let object = json!({ "status": "succeeded", "amount": 500, "customer": null,
            "metadata": { "order id": "A-1" }, "name": "Jane \"J\" Doe" });
        let known = ["status", "amount", "customer", "metadata", "name"];
        let query = parse(query, "thing", &known).ok()?;
        Some(query.matches(&object))
    }

    #[test]
    fn clauses_are_read_and_joined() {
        for (query, expected) in [
            ("status:'succeeded'", Some(true)),
            ("status:\"SUCCEEDED\" AND amount>499", Some(true)),
            ("status:'canceled' OR amount<=500", Some(true)),
            ("status:'succeeded' -amount:500", Some(false)),
            ("metadata['order id']:'a-1'", Some(true)),
            ("metadata['gone']:null", Some(true)),
            ("-customer:null", Some(false)),
            ("name~'jane'", Some(true)),
            (r#"name:"Jane \"J\" Doe""#, Some(true)),
            ("name~'ja'", None),
            ("status:'a' AND amount>1 OR amount<9", None),
            ("colour:'red'", None),
            ("status", None),
            ("status:", None),
            ("status:'open", None),
            ("", None),
            ("é:'x'", None),
            ("a..b:'x'", None),
        ] {
            assert_eq!(found(query), expected, "{query}");
        }
    }
}
