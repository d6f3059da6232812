//! The API's description: every route has a place in it, and everything in it is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use gateway::openapi::{DOCUMENT, PAGES, document, operations};
use gateway::routes::surface;
use serde_json::Value;

use crate::harness::{TestApp, stories};

stories!(
    the_document_is_served_for_any_page_and_kept_by_browsers,
    the_page_shows_every_call_and_loads_nothing_foreign,
);

#[test]
fn every_route_is_documented_and_every_documented_call_is_a_route() {
    let routes: BTreeSet<(String, String)> = (surface().into_iter())
        .filter(|(_, path)| !PAGES.contains(&path.as_str()))
        .map(|(method, path)| (path, method.to_string()))
        .collect();
    let documented: BTreeSet<(String, String)> = (operations().into_iter())
        .map(|operation| (operation.path, operation.method.to_string()))
        .collect();
    let missing: Vec<_> = routes.difference(&documented).collect();
    let invented: Vec<_> = documented.difference(&routes).collect();
    assert!(
        missing.is_empty(),
        "no Operation tells of {missing:?}: see the doc comment of routes.rs"
    );
    assert!(invented.is_empty(), "{invented:?} are no routes");
    assert_eq!(operations().len(), documented.len(), "one is told twice");
}

#[test]
fn every_call_has_a_name_of_its_own_and_words() {
    let mut names = BTreeSet::new();
    for operation in operations() {
        assert!(
            names.insert(operation.id),
            "{} names two calls",
            operation.id
        );
    }
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, call) in item.as_object().unwrap() {
            let summary = call["summary"].as_str().unwrap();
            assert!(!summary.is_empty(), "{method} {path}");
            let good = call["responses"].as_object().unwrap();
            assert!(
                good.keys().any(|status| status.starts_with('2')),
                "{method} {path}"
            );
        }
    }
}

#[test]
fn every_code_that_the_document_names_is_explained() {
    let errors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
    let errors = fs::read_to_string(errors).unwrap();
    for operation in operations() {
        for code in operation.codes() {
            assert!(
                errors.contains(&format!("`{code}`")),
                "{}: {code}",
                operation.id
            );
        }
    }
}

#[test]
fn the_document_is_always_the_same_small_and_without_loose_ends() {
    let text = DOCUMENT.to_string();
    assert_eq!(text, document::assemble(&operations()).to_string());
    // Compressed it is a tenth of that.
    assert!(text.len() <= 120_000, "{} bytes", text.len());
    let mut references = BTreeMap::new();
    collect(&DOCUMENT, &mut references);
    for reference in references.keys() {
        let path = reference.strip_prefix('#').unwrap();
        assert!(DOCUMENT.pointer(path).is_some(), "{reference}");
    }
    for name in DOCUMENT["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        let reference = format!("#/components/schemas/{name}");
        assert!(
            references.contains_key(&reference),
            "nothing is of schema {name}"
        );
    }
}

fn collect(value: &Value, references: &mut BTreeMap<String, usize>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(target) if name == "$ref" => {
                        *references.entry(target.to_owned()).or_default() += 1;
                    }
                    _ => collect(value, references),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

async fn the_document_is_served_for_any_page_and_kept_by_browsers(app: &TestApp) {
    let reply = app.http.get("/openapi.json").send().await;
    assert_eq!(reply.expect(200), *DOCUMENT);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert_eq!(reply.header("cache-control"), "public, max-age=300");
    let again = app.http.get("/openapi.json");
    let again = again
        .header("if-none-match", reply.header("etag"))
        .send()
        .await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
}

async fn the_page_shows_every_call_and_loads_nothing_foreign(app: &TestApp) {
    let reply = app.http.get("/docs").send().await;
    reply.expect(200);
    for operation in operations() {
        assert!(
            reply.text.contains(&format!("id=\"{}\"", operation.id)),
            "{}",
            operation.id
        );
    }
    let policy = reply.header("content-security-policy");
    let is_strict = policy.contains("default-src 'none'") && !policy.contains("://");
    assert!(is_strict, "{policy}");
    for (position, _) in reply
        .text
        .match_indices("src=\"")
        .chain(reply.text.match_indices("href=\""))
    {
        let target = reply.text[position..].split('"').nth(1).unwrap();
        assert!(
            target.starts_with('/') || target.starts_with('#'),
            "{target}"
        );
        if let Some(anchor) = target.strip_prefix('#') {
            assert!(
                reply.text.contains(&format!("id=\"{anchor}\"")),
                "{anchor} is nowhere"
            );
        }
    }
    assert!(
        !reply.text.contains("<script") && !reply.text.contains(" style="),
        "{}",
        reply.text
    );
}
