//! The document as the page shows it.

use serde_json::Value;

use super::access::Tag;
use super::curl;
use super::document::resolve;
use super::fields::{self, Field, referred};
use super::operation::Operation;
use super::text::{Paragraph, paragraphs, pieces};

/// Everything on the page.
pub struct View {
    /// What holds for every call.
    pub introduction: Vec<Paragraph>,
    /// The calls, by caller.
    pub groups: Vec<Group>,
    /// The objects that answers are made of.
    pub objects: Vec<Object>,
}

/// The calls of one kind of caller.
pub struct Group {
    /// Its place on the page.
    pub anchor: String,
    /// Who calls.
    pub name: &'static str,
    /// In a sentence.
    pub words: &'static str,
    /// The calls.
    pub calls: Vec<Call>,
}

/// A call.
pub struct Call {
    /// Its place on the page, and its name for generated clients.
    pub anchor: &'static str,
    /// Such as `GET`.
    pub method: String,
    /// Where.
    pub path: String,
    /// What it does, in a few words.
    pub summary: String,
    /// In full, and who may call.
    pub words: Vec<Paragraph>,
    /// Path, query and headers.
    pub parameters: Vec<Parameter>,
    /// The body that it takes.
    pub body: Option<Body>,
    /// What it answers when it goes well.
    pub answers: Vec<Answer>,
    /// What it may be refused with.
    pub refusals: Vec<Refusal>,
    /// An example for the shell.
    pub curl: Option<String>,
}

/// A parameter.
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// `path`, `query` or `header`.
    pub place: String,
    /// What it holds.
    pub kind: String,
    /// What it means.
    pub words: Paragraph,
}

/// A body.
pub struct Body {
    /// Such as `application/json`.
    pub content_type: String,
    /// Whether it has to be there.
    pub is_required: bool,
    /// What is said of it.
    pub words: Paragraph,
    /// Its fields, if it is JSON.
    pub fields: Vec<Field>,
}

/// An answer.
pub struct Answer {
    /// The status.
    pub status: String,
    /// What it is.
    pub words: Paragraph,
    /// The objects with sections of their own that it is made of.
    pub links: Vec<String>,
    /// Whether it is a page of a list of them.
    pub is_list: bool,
    /// Its fields, if it has no section of its own.
    pub fields: Vec<Field>,
}

/// A refusal.
pub struct Refusal {
    /// The status.
    pub status: String,
    /// The codes of the error.
    pub words: Paragraph,
}

/// An object that answers are made of.
pub struct Object {
    /// Its name.
    pub name: String,
    /// What it is.
    pub words: Paragraph,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// Makes the page's contents of the document and the operations that it is made of.
pub fn of(document: &Value, operations: &[Operation]) -> View {
    let group = |tag: Tag| Group {
        anchor: tag.name().to_ascii_lowercase().replace([' ', '\''], "-"),
        name: tag.name(),
        words: tag.description(),
        calls: (operations.iter())
            .filter(|operation| operation.tag == tag)
            .map(|operation| call(document, operation))
            .collect(),
    };
    View {
        introduction: paragraphs(document["info"]["description"].as_str().unwrap_or("")),
        groups: Tag::ALL.into_iter().map(group).collect(),
        objects: objects(document),
    }
}

/// Objects that are answered have sections; what is only sent stands with its call.
fn objects(document: &Value) -> Vec<Object> {
    let schemas = document["components"]["schemas"].as_object();
    let shown = schemas
        .into_iter()
        .flatten()
        .filter(|(name, _)| has_section(document, name));
    shown
        .map(|(name, schema)| Object {
            name: name.clone(),
            words: pieces(schema["description"].as_str().unwrap_or("")),
            fields: fields::list(document, schema, &|other| {
                other != name && has_section(document, other)
            }),
        })
        .collect()
}

fn has_section(document: &Value, name: &str) -> bool {
    let schema = &document["components"]["schemas"][name];
    let is_sent = schema["additionalProperties"] == Value::Bool(false);
    !is_sent && (schema["properties"].is_object() || schema["allOf"].is_array())
}

fn call(document: &Value, operation: &Operation) -> Call {
    let described = operation.describe();
    let body = &described["requestBody"];
    let content = body["content"]
        .as_object()
        .and_then(|content| content.iter().next());
    let example =
        content.map(|(content_type, content)| (content_type.as_str(), &content["example"]));
    let responses = described["responses"].as_object().into_iter().flatten();
    let (good, bad): (Vec<_>, Vec<_>) = responses.partition(|(status, _)| status.starts_with('2'));
    Call {
        anchor: operation.id,
        method: operation.method.to_string(),
        path: operation.path.clone(),
        summary: described["summary"].as_str().unwrap_or("").to_owned(),
        words: paragraphs(described["description"].as_str().unwrap_or("")),
        parameters: (described["parameters"].as_array().into_iter().flatten())
            .map(|parameter_| parameter(resolve(document, parameter_)))
            .collect(),
        body: content.map(|(content_type, content)| Body {
            content_type: content_type.clone(),
            is_required: body["required"] == Value::Bool(true),
            words: pieces(body["description"].as_str().unwrap_or("")),
            fields: fields::list(document, &content["schema"], &|_| false),
        }),
        answers: good
            .into_iter()
            .map(|(status, answer_)| answer(document, status, answer_))
            .collect(),
        refusals: bad
            .into_iter()
            .map(|(status, refusal)| Refusal {
                status: status.clone(),
                words: pieces(refusal["description"].as_str().unwrap_or("")),
            })
            .collect(),
        curl: curl::command(operation, example),
    }
}

fn parameter(parameter: &Value) -> Parameter {
    let text = |name: &str| parameter[name].as_str().unwrap_or("").to_owned();
    Parameter {
        name: text("name"),
        place: text("in"),
        kind: parameter["schema"]["type"]
            .as_str()
            .unwrap_or("id")
            .to_owned(),
        words: pieces(&text("description")),
    }
}

fn answer(document: &Value, status: &str, answer: &Value) -> Answer {
    let content = answer["content"]
        .as_object()
        .and_then(|content| content.values().next());
    let schema = content.map_or(&Value::Null, |content| &content["schema"]);
    let items = &schema["properties"]["data"]["items"];
    let is_list = schema["properties"]["has_more"].is_object();
    let told = if is_list { items } else { schema };
    let parts = told["anyOf"]
        .as_array()
        .or_else(|| told["allOf"].as_array());
    let named = match parts {
        Some(parts) => parts
            .iter()
            .filter_map(referred)
            .map(str::to_owned)
            .collect(),
        None => referred(told)
            .map(str::to_owned)
            .into_iter()
            .collect::<Vec<_>>(),
    };
    let fields = if named.is_empty() {
        fields::list(document, told, &|name| has_section(document, name))
    } else {
        Vec::new()
    };
    Answer {
        status: status.to_owned(),
        words: pieces(answer["description"].as_str().unwrap_or("")),
        links: named,
        is_list,
        fields,
    }
}
