//! Lists and their cursors. Source: Stripe docs, "Pagination".

use serde_json::{Value, json};

use crate::params::Params;
use crate::state::Document;
use crate::v1::{Call, StripeError};

const DEFAULT_LIMIT: i64 = 10;
const MAX_LIMIT: i64 = 100;

/// One page of `newest_first`, which holds (id, created) of what the filters left; `render` makes
/// the objects of the page only.
pub(crate) fn page(
    call: &Call<'_>,
    kind: &str,
    newest_first: &[(String, i64)],
    render: impl Fn(&str) -> Value,
) -> Result<Value, StripeError> {
    let limit = limit(&call.params)?;
    let starting_after = call.params.text("starting_after");
    let ending_before = call.params.text("ending_before");
    if starting_after.is_some() && ending_before.is_some() {
        return Err(StripeError::invalid(
            "You cannot parameterize both starting_after and ending_before.",
        )
        .param("ending_before"));
    }
    let place = |param: &str, id: &str| {
        newest_first
            .iter()
            .position(|(known, _)| known == id)
            .ok_or_else(|| {
                StripeError::invalid(format!("No such {kind}: '{id}'"))
                    .code("resource_missing")
                    .param(param)
            })
    };
    let rows: Vec<_> = newest_first
        .iter()
        .filter(|(_, created)| in_range(&call.params, *created))
        .collect();
    let at_or_after = |index: usize| {
        let id = &newest_first[index].0;
        rows.iter().position(|(known, _)| known == id)
    };
    let (start, end, has_more) = if let Some(id) = ending_before {
        let index = place("ending_before", id)?;
        let end = at_or_after(index).unwrap_or(0);
        let start = end.saturating_sub(limit);
        (start, end, start > 0)
    } else {
        let start = match starting_after {
            Some(id) => {
                at_or_after(place("starting_after", id)?).map_or(rows.len(), |index| index + 1)
            }
            None => 0,
        };
        let end = rows.len().min(start + limit);
        (start, end, end < rows.len())
    };
    let data: Vec<Value> = rows[start..end].iter().map(|(id, _)| render(id)).collect();
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": call.path }))
}

/// How many objects a page may have.
pub(crate) fn limit(params: &Params) -> Result<usize, StripeError> {
    let limit = params.integer("limit").unwrap_or(DEFAULT_LIMIT);
    let bound = match limit {
        ..1 => "greater than or equal to 1",
        1..=MAX_LIMIT => return Ok(usize::try_from(limit).unwrap_or(usize::MAX)),
        _ => "less than or equal to 100",
    };
    Err(StripeError::invalid(format!("This value must be {bound}."))
        .code("parameter_invalid_integer")
        .param("limit"))
}

/// One page of the documents of a kind, newest first, that `keep` leaves.
pub(crate) fn documents(
    call: &Call<'_>,
    kind: &str,
    keep: impl Fn(&Document) -> bool,
) -> Result<Value, StripeError> {
    let all = call.ledger.documents.all(kind).rev();
    let rows: Vec<_> = all
        .filter(|document| keep(document))
        .map(|document| {
            let text = |name: &str| document.get(name).and_then(Value::as_str);
            let created = document.get("created").and_then(Value::as_i64);
            (
                text("id").unwrap_or_default().to_owned(),
                created.unwrap_or_default(),
            )
        })
        .collect();
    page(call, kind, &rows, |id| {
        call.ledger.object(kind, id).unwrap_or_default()
    })
}

/// `created=T` or `created[gte]=T` and its kin.
fn in_range(params: &Params, created: i64) -> bool {
    holds(params, "created", Some(created))
}

/// Whether a time is within the filter of a name; what has no time passes only where none is asked.
pub(crate) fn holds(params: &Params, name: &str, time: Option<i64>) -> bool {
    if params.get(name).is_none() {
        return true;
    }
    let Some(created) = time else {
        return false;
    };
    if let Some(exactly) = params.integer(name) {
        return created == exactly;
    }
    let Some(range) = params.object(name) else {
        return true;
    };
    let bound = |name: &str| range.get(name).and_then(Value::as_i64);
    bound("gt").is_none_or(|t| created > t)
        && bound("gte").is_none_or(|t| created >= t)
        && bound("lt").is_none_or(|t| created < t)
        && bound("lte").is_none_or(|t| created <= t)
}
