//! Which orders are wanted: the query of `GET /orders`, parsed and bounded.

use std::str::FromStr;

use db::orders::OrderFilter;
use domain::{Mode, StoreId};
use vault::Vault;

use crate::error::ApiError;
use crate::paging::PageQuery;
use crate::personal::email_hashes;
use crate::span::Bounds;

/// Longest name of an unknown parameter that is told back.
const MAX_NAME_CHARS: usize = 64;

/// The parameters, each as it was sent.
#[derive(Debug, Default)]
pub struct OrderQuery {
    /// Which page.
    pub page: PageQuery,
    status: Option<String>,
    payment_status: Option<String>,
    created: Bounds,
    email: Option<String>,
    number: Option<String>,
    needs_attention: Option<String>,
}

impl OrderQuery {
    /// 400 for a parameter that there is not, and for one that comes twice: a filter that is not understood must not look as if
    /// it had been applied.
    pub fn parse(pairs: Vec<(String, String)>) -> Result<Self, ApiError> {
        let mut query = Self::default();
        for (name, value) in pairs {
            let slot = query.slot(&name).ok_or_else(|| unknown(&name))?;
            if slot.replace(value).is_some() {
                let words = "The query cannot be read. Send each parameter once.";
                return Err(ApiError::malformed("invalid_query", words));
            }
        }
        Ok(query)
    }

    fn slot(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "limit" => &mut self.page.limit,
            "starting_after" => &mut self.page.starting_after,
            "ending_before" => &mut self.page.ending_before,
            "status" => &mut self.status,
            "payment_status" => &mut self.payment_status,
            "created[gte]" => &mut self.created.gte,
            "created[gt]" => &mut self.created.gt,
            "created[lte]" => &mut self.created.lte,
            "created[lt]" => &mut self.created.lt,
            "email" => &mut self.email,
            "number" => &mut self.number,
            "needs_attention" => &mut self.needs_attention,
            _ => return None,
        })
    }

    /// The checked filter, for the store's orders of a mode.
    pub fn filter(
        &self,
        vault: &Vault,
        store_id: StoreId,
        mode: Mode,
    ) -> Result<OrderFilter, ApiError> {
        let mut filter = OrderFilter::all();
        if let Some(status) = word(self.status.as_ref(), "status")? {
            filter.statuses = vec![status];
        }
        if let Some(status) = word(self.payment_status.as_ref(), "payment_status")? {
            filter.payment_statuses = vec![status];
        }
        (filter.created_from, filter.created_before) = self.created.span("created")?;
        if let Some(email) = &self.email {
            let email =
                domain::text::email(email).map_err(|error| invalid("email", &error.to_string()))?;
            filter.email_hashes = Some(email_hashes(vault, store_id, mode, &email));
        }
        if let Some(number) = &self.number {
            let parsed = number.parse().ok().filter(|number: &i64| *number > 0);
            filter.number =
                Some(parsed.ok_or_else(|| invalid("number", "must be an order's number"))?);
        }
        if let Some(text) = &self.needs_attention {
            if text != "true" {
                return Err(invalid("needs_attention", "must be true, or left out"));
            }
            filter.needs_attention = true;
        }
        Ok(filter)
    }
}

fn word<T: FromStr>(text: Option<&String>, param: &'static str) -> Result<Option<T>, ApiError> {
    text.map(|text| text.parse())
        .transpose()
        .map_err(|_| invalid(param, "is none of the states that an order can be in"))
}

fn invalid(param: &'static str, reason: &str) -> ApiError {
    ApiError::malformed("invalid_value", format!("{param} {reason}.")).param(param)
}

fn unknown(name: &str) -> ApiError {
    let name: String = name.chars().take(MAX_NAME_CHARS).collect();
    let words = "There is no such parameter here. The list takes limit, starting_after, ending_before, status, payment_status, created[gte], created[gt], created[lte], created[lt], email, number and needs_attention.";
    ApiError::malformed("unknown_parameter", words).param(name)
}
