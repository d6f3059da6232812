//! One documented call of the API. What every call of its kind has in common is said here, once.

use std::collections::BTreeMap;

use actix_web::http::Method;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::access::{Access, Credential, Tag};
use super::shapes::{object, optional, path_parameters, reference};
use crate::routes::{INTERNAL_API, STORE_API};

/// A schema and its name.
pub(super) type Named = (String, RefOr<Schema>);

/// A call. Build it with [`Operation::new`], then say what it takes and answers.
#[derive(Clone)]
pub struct Operation {
    /// How it is called.
    pub method: Method,
    /// Where, as in the table of routes.
    pub path: String,
    /// Who may.
    pub access: Access,
    /// Its name, for generated clients.
    pub id: &'static str,
    pub(super) tag: Tag,
    summary: &'static str,
    description: &'static str,
    query: Vec<Value>,
    query_example: &'static str,
    headers: Vec<Value>,
    body: Option<Value>,
    answers: BTreeMap<u16, Value>,
    refusals: BTreeMap<u16, Vec<&'static str>>,
    sent: Vec<Named>,
    answered: Vec<Named>,
}

impl Operation {
    /// A call of a route. `path` is as in the table of routes, with what its scope puts in front.
    pub fn new(method: Method, path: impl Into<String>, id: &'static str, access: Access) -> Self {
        Self {
            method,
            path: path.into(),
            access,
            id,
            tag: access.tag(),
            summary: "",
            description: "",
            query: Vec::new(),
            query_example: "",
            headers: Vec::new(),
            body: None,
            answers: BTreeMap::new(),
            refusals: BTreeMap::new(),
            sent: Vec::new(),
            answered: Vec::new(),
        }
        .with_common_refusals()
    }

    /// A call of the store API; `path` is below the store's.
    pub fn of_store(method: Method, path: &str, id: &'static str, access: Access) -> Self {
        Self::new(method, format!("{STORE_API}{path}"), id, access)
    }

    /// A call of the internal API; `path` is below `/api/internal`.
    pub fn internal(method: Method, path: &str, id: &'static str) -> Self {
        let access = Access::Needs(&[Credential::InternalSecret]);
        Self::new(method, format!("{INTERNAL_API}{path}"), id, access)
    }

    /// What every call of its kind may be refused with.
    fn with_common_refusals(mut self) -> Self {
        let of_store = self.path.starts_with(STORE_API);
        let is_keyed = of_store || self.path.starts_with(INTERNAL_API);
        for credential in self.access.credentials() {
            match credential {
                Credential::ApiKey => self = self.refuses(401, &["api_key_invalid"]),
                Credential::InternalSecret => {
                    self = self.refuses(401, &["internal_secret_invalid"]);
                }
                _ => {}
            }
        }
        if self.path.contains('{') {
            self = self.refuses(404, &["resource_missing"]);
        }
        if of_store && !self.method.is_safe() {
            self = self.refuses(429, &["rate_limit"]);
        }
        if is_keyed && self.method == Method::POST {
            self = self.with_idempotency();
        }
        self.refuses(503, &["database_unavailable"])
    }

    /// Takes an `Idempotency-Key`.
    #[must_use]
    pub fn with_idempotency(mut self) -> Self {
        self.headers.push(reference("parameters", "IdempotencyKey"));
        self.refuses(400, &["idempotency_key_invalid", "body_unreadable"])
            .refuses(409, &["idempotency_key_in_use", "idempotency_key_reused"])
            .refuses(413, &["body_too_large"])
    }

    /// In another group than its credentials tell.
    #[must_use]
    pub fn for_callers(mut self, tag: Tag) -> Self {
        self.tag = tag;
        self
    }

    /// What it does: in a few words, and in full.
    #[must_use]
    pub fn says(mut self, summary: &'static str, description: &'static str) -> Self {
        self.summary = summary;
        self.description = description;
        self
    }

    /// A query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, description: &str, schema: Value) -> Self {
        self.query
            .push(optional(name, "query", description, schema));
        self.refuses(400, &["invalid_query"])
    }

    /// A query parameter that is needed, and a query with it for the example.
    #[must_use]
    pub fn asks(
        mut self,
        name: &str,
        description: &str,
        schema: Value,
        example: &'static str,
    ) -> Self {
        let mut parameter = optional(name, "query", description, schema);
        parameter["required"] = json!(true);
        self.query.push(parameter);
        self.query_example = example;
        self.refuses(400, &["invalid_query"])
    }

    /// What the example asks for behind the path, with its question mark; nothing for most.
    pub const fn query_example(&self) -> &'static str {
        self.query_example
    }

    /// The parameters of a list.
    #[must_use]
    pub fn pages(mut self) -> Self {
        for name in ["Limit", "StartingAfter", "EndingBefore"] {
            self.query.push(reference("parameters", name));
        }
        self.refuses(400, &["invalid_limit", "invalid_cursor", "invalid_query"])
    }

    /// A header that the caller may send.
    #[must_use]
    pub fn header(mut self, name: &str, description: &str, schema: Value) -> Self {
        self.headers
            .push(optional(name, "header", description, schema));
        self
    }

    /// Takes JSON of this type, such as `example`.
    #[must_use]
    pub fn takes<T: ToSchema>(mut self, example: Value) -> Self {
        let mut content = json!({ "schema": refer_to::<T>(&mut self.sent) });
        content["example"] = example;
        self.body = Some(json!({ "required": true, "content": { "application/json": content } }));
        self.refuses(400, &["invalid_json", "invalid_utf8", "body_unreadable"])
            .refuses(413, &["body_too_large"])
            .refuses(415, &["unsupported_media_type"])
    }

    /// Takes JSON of this type, or nothing.
    #[must_use]
    pub fn may_take<T: ToSchema>(self, example: Value) -> Self {
        let mut operation = self.takes::<T>(example);
        if let Some(body) = &mut operation.body {
            body["required"] = json!(false);
        }
        operation
    }

    /// Takes something else than JSON, of one content type.
    #[must_use]
    pub fn takes_text(mut self, content_type: &str, description: &str, example: &str) -> Self {
        self.body = Some(json!({
            "required": true, "description": description,
            "content": { content_type: { "schema": { "type": "string" }, "example": example } },
        }));
        self.refuses(400, &["body_unreadable"])
            .refuses(413, &["body_too_large"])
    }

    /// Answers with JSON of this type.
    #[must_use]
    pub fn answers<T: ToSchema>(mut self, status: u16, description: &str) -> Self {
        let schema = refer_to::<T>(&mut self.answered);
        self.answers_schema(status, description, &schema)
    }

    /// Answers with a page of a list of this type.
    #[must_use]
    pub fn answers_list<T: ToSchema>(mut self, description: &str) -> Self {
        let item = refer_to::<T>(&mut self.answered);
        let schema = json!({
            "type": "object",
            "required": ["object", "data", "has_more"],
            "properties": {
                "object": { "type": "string", "const": "list" },
                "data": { "type": "array", "items": item },
                "has_more": { "type": "boolean" },
            },
        });
        self.answers_schema(200, description, &schema)
    }

    /// Answers with JSON of a schema that is told here.
    #[must_use]
    pub fn answers_schema(mut self, status: u16, description: &str, schema: &Value) -> Self {
        self.answers.insert(
            status,
            json!({
                "description": description,
                "content": { "application/json": { "schema": schema } },
            }),
        );
        self
    }

    /// Takes a type into the document that an answer told by hand refers to.
    #[must_use]
    pub fn knows<T: ToSchema>(mut self) -> Self {
        let _ = refer_to::<T>(&mut self.answered);
        self
    }

    /// Answers with text of one content type.
    #[must_use]
    pub fn answers_text(mut self, content_type: &str, description: &str) -> Self {
        self.answers.insert(
            200,
            json!({
                "description": description,
                "content": { content_type: { "schema": { "type": "string" } } },
            }),
        );
        self
    }

    /// May be refused with these codes of `docs/errors.md`.
    #[must_use]
    pub fn refuses(mut self, status: u16, codes: &[&'static str]) -> Self {
        let known = self.refusals.entry(status).or_default();
        for code in codes {
            if !known.contains(code) {
                known.push(code);
            }
        }
        self
    }

    /// Calls Stripe with the store's key, with what that can meet.
    #[must_use]
    pub fn asks_stripe(self) -> Self {
        self.refuses(409, &["store_not_connected", "store_reconnect_needed"])
            .refuses(502, &["stripe_error"])
            .refuses(503, &["stripe_busy", "stripe_rate_limited"])
            .refuses(504, &["stripe_timeout"])
    }

    /// What it takes: the content type, and what the document says of it.
    fn content(&self) -> Option<(&String, &Value)> {
        self.body.as_ref()?["content"].as_object()?.iter().next()
    }

    /// The content type of what it takes.
    pub fn content_type(&self) -> Option<&str> {
        self.content()
            .map(|(content_type, _)| content_type.as_str())
    }

    /// An example of what it takes: JSON, or a text of another kind.
    pub fn example(&self) -> Option<&Value> {
        self.content().map(|(_, content)| &content["example"])
    }

    /// Every code that it may be refused with.
    pub fn codes(&self) -> impl Iterator<Item = &'static str> {
        self.refusals.values().flatten().copied()
    }

    /// The schemas of what is sent, and of what is answered.
    pub(super) fn schemas(&self) -> (&[Named], &[Named]) {
        (&self.sent, &self.answered)
    }

    /// As it stands in the document.
    pub(super) fn describe(&self) -> Value {
        let mut operation = Map::new();
        operation.insert("tags".into(), json!([self.tag.name()]));
        operation.insert("summary".into(), json!(self.summary));
        let description = format!("{}\n\n{}", self.description, self.access.words());
        operation.insert("description".into(), json!(description.trim()));
        operation.insert("operationId".into(), json!(self.id));
        let mut parameters: Vec<Value> = path_parameters(&self.path);
        parameters.extend(self.query.iter().chain(&self.headers).cloned());
        if !parameters.is_empty() {
            operation.insert("parameters".into(), json!(parameters));
        }
        if let Some(body) = &self.body {
            operation.insert("requestBody".into(), body.clone());
        }
        operation.insert("responses".into(), self.responses());
        operation.insert("security".into(), self.access.security());
        Value::Object(operation)
    }

    fn responses(&self) -> Value {
        let mut responses: BTreeMap<String, Value> = BTreeMap::new();
        for (status, answer) in &self.answers {
            responses.insert(status.to_string(), answer.clone());
        }
        for (status, codes) in &self.refusals {
            let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
            let mut response = json!({
                "description": codes.join(", "),
                "content": { "application/json": { "schema": reference("schemas", "Error") } },
            });
            if [429, 503].contains(status) {
                response["headers"] = json!({ "Retry-After": reference("headers", "RetryAfter") });
            }
            responses.entry(status.to_string()).or_insert(response);
        }
        json!(responses)
    }
}

/// `GET` of the store API; `path` is below the store's.
pub fn get(path: &str, id: &'static str, access: Access) -> Operation {
    Operation::of_store(Method::GET, path, id, access)
}

/// `POST` of the store API.
pub fn post(path: &str, id: &'static str, access: Access) -> Operation {
    Operation::of_store(Method::POST, path, id, access)
}

/// `PUT` of the store API.
pub fn put(path: &str, id: &'static str, access: Access) -> Operation {
    Operation::of_store(Method::PUT, path, id, access)
}

/// `PATCH` of the store API.
pub fn patch(path: &str, id: &'static str, access: Access) -> Operation {
    Operation::of_store(Method::PATCH, path, id, access)
}

/// `DELETE` of the store API.
pub fn delete(path: &str, id: &'static str, access: Access) -> Operation {
    Operation::of_store(Method::DELETE, path, id, access).answers_schema(
        200,
        "It is deleted.",
        &object(&[
            ("id", reference("schemas", "Id")),
            ("object", json!({ "type": "string" })),
            ("deleted", json!({ "type": "boolean", "const": true })),
        ]),
    )
}

/// A reference to a type's schema, which the document then has.
fn refer_to<T: ToSchema>(schemas: &mut Vec<Named>) -> Value {
    let name = T::name().into_owned();
    T::schemas(schemas);
    schemas.push((name.clone(), T::schema()));
    reference("schemas", &name)
}
