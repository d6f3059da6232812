//! Lists page by cursor, as at Stripe ("Pagination").

use serde::{Deserialize, Serialize};

use crate::error::ApiError;

const DEFAULT_LIMIT: i64 = 10;
const MAX_LIMIT: i64 = 100;

/// `limit`, `starting_after` and `ending_before` of a list request.
#[derive(Debug, Default, Deserialize)]
pub struct PageQuery {
    /// How many.
    pub limit: Option<String>,
    /// The page behind this object.
    pub starting_after: Option<String>,
    /// The page before this object.
    pub ending_before: Option<String>,
}

/// Which page is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor<Id> {
    /// From the beginning.
    First,
    /// What stands behind this object.
    After(Id),
    /// What stands before this object.
    Before(Id),
}

impl PageQuery {
    /// 1 to 100; 10 unless told.
    pub fn limit(&self) -> Result<i64, ApiError> {
        let Some(text) = &self.limit else {
            return Ok(DEFAULT_LIMIT);
        };
        let limit = text
            .parse()
            .ok()
            .filter(|limit| (1..=MAX_LIMIT).contains(limit));
        limit.ok_or_else(|| {
            ApiError::malformed(
                "invalid_limit",
                format!("limit must be a whole number from 1 to {MAX_LIMIT}."),
            )
            .param("limit")
        })
    }

    /// The cursor; both at once contradict each other.
    pub fn cursor<Id: std::str::FromStr>(&self) -> Result<Cursor<Id>, ApiError> {
        let parse = |text: &String, param: &'static str| {
            text.parse().map_err(|_| {
                ApiError::malformed(
                    "invalid_cursor",
                    format!("{param} must be the id of an object of this list."),
                )
                .param(param)
            })
        };
        match (&self.starting_after, &self.ending_before) {
            (None, None) => Ok(Cursor::First),
            (Some(after), None) => parse(after, "starting_after").map(Cursor::After),
            (None, Some(before)) => parse(before, "ending_before").map(Cursor::Before),
            (Some(_), Some(_)) => Err(ApiError::malformed(
                "invalid_cursor",
                "Send starting_after or ending_before, not both.",
            )
            .param("ending_before")),
        }
    }
}

/// A page, in Stripe's shape.
#[derive(Debug, Serialize)]
pub struct List<T> {
    object: &'static str,
    data: Vec<T>,
    has_more: bool,
}

impl<T> List<T> {
    /// From rows that were asked for with one more than `limit`; the surplus one tells that there are more.
    /// `from_end` where the page was read backwards, so that the surplus row is the first.
    pub fn new(mut data: Vec<T>, limit: i64, from_end: bool) -> Self {
        let has_more = i64::try_from(data.len()).unwrap_or(i64::MAX) > limit;
        if has_more {
            if from_end {
                data.remove(0);
            } else {
                data.pop();
            }
        }
        Self {
            object: "list",
            data,
            has_more,
        }
    }
}
