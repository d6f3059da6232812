//! The endpoints: what each accepts and which object it answers with.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use super::shapes;
use crate::params::Fields;

/// From Stripe's SDK.
const STRIPE: &str = include_str!("../../spec/params.txt");
/// What Stripe.js sends beyond that.
const BROWSER: &str = include_str!("../../spec/browser.txt");

/// What Stripe's command line sends beyond that.
const COMMAND_LINE: &str = include_str!("../../spec/command-line.txt");

/// What requests of an older API version may send beyond that.
const BEFORE_ENDIVE: &str = include_str!("../../spec/before-endive.txt");
/// The first API version that refuses it.
const ENDIVE: &str = "2026-09-30";

/// One endpoint of Stripe's API.
#[derive(Default)]
pub(crate) struct Endpoint {
    /// The object that it answers with; of a list, the object that is listed.
    pub(crate) object: &'static str,
    /// Whether it answers with a page of objects.
    pub(crate) is_list: bool,
    sources: Vec<&'static str>,
    before_endive: Vec<&'static str>,
    accepted: OnceLock<Fields>,
    accepted_before: OnceLock<Fields>,
}

impl Endpoint {
    /// The parameters, without `expand`, which all have. `version` is the request's `Stripe-Version`.
    pub(crate) fn accepts(&self, version: Option<&str>) -> &Fields {
        let before_endive = version.is_some_and(|version| version < ENDIVE);
        if before_endive && !self.before_endive.is_empty() {
            self.accepted_before
                .get_or_init(|| self.read(&[&self.sources[..], &self.before_endive].concat()))
        } else {
            self.accepted.get_or_init(|| self.read(&self.sources))
        }
    }

    fn read(&self, sources: &[&str]) -> Fields {
        let mut all = Fields::default();
        for source in sources {
            // The files are part of the program: `every_line_can_be_read` holds them.
            all.merge(serde_json::from_str(source).unwrap_or_default());
        }
        // The SDK's types leave this out: what may be null can be unset.
        if let Some(object) = shapes(self.object) {
            all.make_clearable(|name| object.get(name).is_some_and(|field| field.nullable));
        }
        all
    }
}

static ENDPOINTS: LazyLock<HashMap<&'static str, Endpoint>> = LazyLock::new(|| {
    let mut endpoints: HashMap<_, Endpoint> = HashMap::new();
    for (key, object, params) in [STRIPE, BROWSER, COMMAND_LINE]
        .into_iter()
        .flat_map(str::lines)
        .filter_map(read_line)
    {
        let listed = object.strip_prefix("list:");
        let endpoint = endpoints.entry(key).or_insert_with(|| Endpoint {
            object: listed.unwrap_or(object),
            is_list: listed.is_some(),
            ..Endpoint::default()
        });
        endpoint.sources.push(params);
    }
    for (key, _, params) in BEFORE_ENDIVE.lines().filter_map(read_line) {
        if let Some(endpoint) = endpoints.get_mut(key) {
            endpoint.before_endive.push(params);
        }
    }
    endpoints
});

/// `METHOD PATH OBJECT PARAMETERS` → (`METHOD PATH`, `OBJECT`, `PARAMETERS`).
fn read_line(line: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let (key, object) = line[..line.find(" {")?].rsplit_once(' ')?;
    Some((key, object, &line[line.find(" {")? + 1..]))
}

/// What Stripe says about an endpoint; `path` is a template: `/v1/refunds/{id}`.
pub(crate) fn endpoint(method: &str, path: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.get(format!("{method} {path}").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_can_be_read() {
        let files = [STRIPE, BROWSER, COMMAND_LINE, BEFORE_ENDIVE];
        for line in files.into_iter().flat_map(str::lines) {
            let (key, _, params) = read_line(line).unwrap();
            let read: Result<Fields, _> = serde_json::from_str(params);
            assert!(read.is_ok(), "{key}: {:?}", read.err());
        }
        assert!(ENDPOINTS.len() > 120);
    }
}
