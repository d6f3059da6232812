//! Faults in one word of a command line: `KIND[,NAME=VALUE]…`.

use std::str::FromStr;

use reqwest::Method;
use serde_json::{Map, Value, json};
use url::Url;

use super::super::control;

/// Kinds that are a word, without and with an effect.
const API_WORDS: [&str; 17] = [
    "500",
    "500_kept",
    "429",
    "lock_timeout",
    "409",
    "401",
    "403",
    "html_502",
    "503",
    "504",
    "reset",
    "before_effect_timeout",
    "truncated_200",
    "after_effect_timeout",
    "after_effect_reset",
    "after_effect_500",
    "after_effect_500_kept",
];
const WEBHOOK_WORDS: [&str; 3] = ["drop", "wrong_signature", "disconnect"];

/// What stands after the kind.
type Given<'a> = Vec<(&'a str, &'a str)>;

/// A rule as the control API takes it, and where.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Spec {
    path: &'static str,
    rule: Value,
}

impl Spec {
    pub(in super::super) async fn set(&self, sandbox: &Url) -> anyhow::Result<Value> {
        control::call(sandbox, Method::POST, self.path, Some(&self.rule)).await
    }
}

impl FromStr for Spec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split(',');
        let kind = parts.next().unwrap_or_default();
        let mut given = parts.map(pair).collect::<Result<Vec<_>, _>>()?;
        let webhook = kind.strip_prefix("webhook.");
        let kind = match webhook {
            Some(word) => webhook_kind(word, &mut given),
            None => api_kind(kind, &mut given),
        }?;
        let mut rule = Map::from_iter([("kind".to_owned(), kind)]);
        for (name, value) in given {
            put(&mut rule, webhook.is_some(), name, value)?;
        }
        let path = if webhook.is_some() {
            "/webhook_faults"
        } else {
            "/faults"
        };
        Ok(Self {
            path,
            rule: Value::Object(rule),
        })
    }
}

fn pair(part: &str) -> Result<(&str, &str), String> {
    part.split_once('=')
        .ok_or_else(|| format!("{part:?} is not NAME=VALUE"))
}

fn api_kind(word: &str, given: &mut Given<'_>) -> Result<Value, String> {
    match word {
        "latency" => Ok(match take(given, "ms") {
            Some(ms) => json!({ "latency_ms": number(ms)? }),
            None => json!({ "latency": {
                "p50_ms": number(take(given, "p50").ok_or("latency needs ms, or p50 and p99")?)?,
                "p99_ms": number(take(given, "p99").ok_or("latency needs p99 beside p50")?)?,
            } }),
        }),
        "answer" => Ok(json!({ "answer": {
            "status": number(take(given, "status").ok_or("answer needs a status")?)?,
            "content_type": take(given, "type").unwrap_or("application/json"),
            "body": take(given, "body").unwrap_or_default(),
        } })),
        word if API_WORDS.contains(&word) => Ok(json!(word)),
        other => Err(format!(
            "{other:?} is not one of latency, answer, {}, or webhook.…",
            API_WORDS.join(", ")
        )),
    }
}

fn webhook_kind<'a>(word: &str, given: &mut Given<'a>) -> Result<Value, String> {
    let ms = |given: &mut Given<'a>| {
        number(take(given, "ms").ok_or_else(|| format!("webhook.{word} needs ms"))?)
    };
    match word {
        "delay" => Ok(json!({ "delay_ms": ms(given)? })),
        "slow" => Ok(json!({ "slow_ms": ms(given)? })),
        "duplicate" => {
            let copies = number(take(given, "copies").unwrap_or("2"))?;
            let concurrent = take(given, "concurrent") == Some("true");
            Ok(json!({ "duplicate": { "copies": copies, "concurrent": concurrent } }))
        }
        "reorder" => {
            let window = number(take(given, "window").unwrap_or("3"))?;
            let max_wait_ms = number(take(given, "max_wait_ms").unwrap_or("1000"))?;
            Ok(json!({ "reorder": { "window": window, "max_wait_ms": max_wait_ms } }))
        }
        word if WEBHOOK_WORDS.contains(&word) => Ok(json!(word)),
        other => Err(format!(
            "{other:?} is not one of delay, slow, duplicate, reorder, {}",
            WEBHOOK_WORDS.join(", ")
        )),
    }
}

/// What a rule is for and how often, in the control API's names.
fn put(
    rule: &mut Map<String, Value>,
    webhook: bool,
    name: &str,
    value: &str,
) -> Result<(), String> {
    let (name, value) = match (name, webhook) {
        ("id" | "account", _) | ("method", false) => (name, json!(value)),
        ("path", false) => ("path_prefix", json!(value)),
        ("endpoint", true) => ("endpoint_id", json!(value)),
        ("event", true) => ("event_type", json!(value)),
        ("times", _) => ("times", json!(number(value)?)),
        ("p", _) => {
            let likely: f64 = value
                .parse()
                .ok()
                .filter(|likely| (0.0..=1.0).contains(likely))
                .ok_or_else(|| format!("{value:?} is not a probability from 0 to 1"))?;
            ("probability", json!(likely))
        }
        (header, false) if header.starts_with("header.") => {
            let headers = rule.entry("headers").or_insert_with(|| json!({}));
            headers[&header["header.".len()..]] = json!(value);
            return Ok(());
        }
        (other, true) => {
            return Err(format!(
                "{other:?} is not one of id, account, endpoint, event, times, p"
            ));
        }
        (other, false) => {
            return Err(format!(
                "{other:?} is not one of id, path, method, account, times, p, header.NAME"
            ));
        }
    };
    rule.insert(name.to_owned(), value);
    Ok(())
}

fn take<'a>(given: &mut Given<'a>, name: &str) -> Option<&'a str> {
    let index = given.iter().position(|(known, _)| *known == name)?;
    Some(given.remove(index).1)
}

fn number(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_becomes_a_rule_of_the_control_api() {
        for (text, path, rule) in [
            ("500", "/faults", json!({ "kind": "500" })),
            (
                "429,path=/v1/refunds,method=POST,p=0.1,header.Retry-After=7",
                "/faults",
                json!({ "kind": "429", "path_prefix": "/v1/refunds", "method": "POST", "probability": 0.1, "headers": { "Retry-After": "7" } }),
            ),
            (
                "latency,ms=5,times=2,id=slow",
                "/faults",
                json!({ "kind": { "latency_ms": 5 }, "times": 2, "id": "slow" }),
            ),
            (
                "latency,p50=80,p99=900",
                "/faults",
                json!({ "kind": { "latency": { "p50_ms": 80, "p99_ms": 900 } } }),
            ),
            (
                "answer,status=200,type=text/html,body=<html>",
                "/faults",
                json!({ "kind": { "answer": { "status": 200, "content_type": "text/html", "body": "<html>" } } }),
            ),
            (
                "webhook.drop,event=charge.succeeded,endpoint=we_1",
                "/webhook_faults",
                json!({ "kind": "drop", "event_type": "charge.succeeded", "endpoint_id": "we_1" }),
            ),
            (
                "webhook.duplicate,concurrent=true",
                "/webhook_faults",
                json!({ "kind": { "duplicate": { "copies": 2, "concurrent": true } } }),
            ),
            (
                "webhook.delay,ms=250,account=acct_1",
                "/webhook_faults",
                json!({ "kind": { "delay_ms": 250 }, "account": "acct_1" }),
            ),
            (
                "webhook.reorder,window=4",
                "/webhook_faults",
                json!({ "kind": { "reorder": { "window": 4, "max_wait_ms": 1000 } } }),
            ),
        ] {
            assert_eq!(text.parse(), Ok(Spec { path, rule }), "{text}");
        }
    }

    #[test]
    fn mistakes_are_told() {
        for wrong in [
            "",
            "507",
            "500,times",
            "500,times=often",
            "500,p=2",
            "500,event=a",
            "webhook.drop,path=/v1",
            "webhook.explode",
            "webhook.delay",
            "latency",
            "latency,p50=1",
            "answer",
        ] {
            assert!(wrong.parse::<Spec>().is_err(), "{wrong}");
        }
    }
}
