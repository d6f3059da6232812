//! `POST /products/import`, with a store API key: makes and changes products by their SKU, all lines or none.

use std::collections::HashSet;

use actix_web::body::MessageBody;
use actix_web::http::header;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use csv::StringRecord;
use db::Conn;
use domain::{Currency, StoreId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::rows::{COLUMNS, fields_of};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::json::read_body;
use crate::storefront::product_wire::{ProductFields, price};

/// A file of ten thousand products with short descriptions.
pub const MAX_IMPORT_BYTES: usize = 5 * 1024 * 1024;
const MAX_LINES: usize = 10_000;
/// Whoever mends so many finds the others by the next try.
const MAX_FAULTS: usize = 100;

/// Whether anything is kept.
#[derive(Debug, Deserialize)]
pub struct ImportQuery {
    dry_run: Option<bool>,
}

/// What is wrong with a line of the file.
#[derive(Debug, Serialize)]
struct Fault {
    line: u64,
    param: Option<String>,
    message: String,
}

impl Fault {
    fn of(line: u64, error: &ApiError) -> Self {
        Self {
            line,
            param: error.named_param().map(str::to_owned),
            message: error.message().to_owned(),
        }
    }
}

/// A line that can be read.
struct Row {
    line: u64,
    sku: String,
    fields: ProductFields,
}

/// How many products were made and changed; 422 with every faulty line, and then nothing was.
pub async fn import_products(
    app: web::Data<App>,
    request: HttpRequest,
    caller: StoreKey,
    query: web::Query<ImportQuery>,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    check_content_type(&request)?;
    let body = read_body(payload.into_inner(), MAX_IMPORT_BYTES).await?;
    let (rows, mut faults) = read(&body)?;
    let (store_id, now) = (caller.store.id, app.now());
    let (mut created, mut updated) = (0_u64, 0_u64);
    let mut tx = app.db.begin().await?;
    for row in rows {
        if faults.len() >= MAX_FAULTS {
            break;
        }
        match write(
            &mut tx,
            store_id,
            row.fields,
            &row.sku,
            caller.store.currency,
            now,
        )
        .await
        {
            Ok(Written::Created) => created += 1,
            Ok(Written::Updated) => updated += 1,
            Err(error) if error.status().is_client_error() => {
                faults.push(Fault::of(row.line, &error));
            }
            Err(error) => return Err(error),
        }
    }
    if !faults.is_empty() {
        tx.rollback().await?;
        return refused(faults);
    }
    let dry_run = query.dry_run.unwrap_or(false);
    if dry_run {
        tx.rollback().await?;
    } else {
        let (actor, subject) = (caller.actor(), format!("{created} new, {updated} changed"));
        db::audit::record(
            &mut tx,
            store_id,
            &actor,
            "products.imported",
            &subject,
            now,
        )
        .await?;
        tx.commit().await?;
    }
    let reply = json!({ "dry_run": dry_run, "created": created, "updated": updated });
    Ok(HttpResponse::Ok().json(reply))
}

fn check_content_type(request: &HttpRequest) -> Result<(), ApiError> {
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let media_type = content_type.split(';').next().unwrap_or("").trim();
    let is_encoded = request.headers().contains_key(header::CONTENT_ENCODING);
    if media_type.eq_ignore_ascii_case("text/csv") && !is_encoded {
        return Ok(());
    }
    Err(ApiError::unsupported_media_type(
        "Send CSV with the header Content-Type: text/csv, without Content-Encoding.",
    ))
}

/// The lines, and what is wrong with those that are none.
fn read(body: &[u8]) -> Result<(Vec<Row>, Vec<Fault>), ApiError> {
    let text = std::str::from_utf8(body).map_err(|_| {
        ApiError::malformed(
            "invalid_utf8",
            "The file is not UTF-8. Save it as CSV in UTF-8.",
        )
    })?;
    // Spreadsheets put a mark in front, and some of them semicolons between.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or("");
    let delimiter = if first.contains(';') && !first.contains(',') {
        b';'
    } else {
        b','
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let head = reader
        .headers()
        .map_err(|error| unreadable(&error))?
        .clone();
    check_head(&head)?;
    let (mut rows, mut faults, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for record in reader.records() {
        if rows.len() + faults.len() >= MAX_LINES {
            let message = format!("A file holds at most {MAX_LINES} products. Split it.");
            return Err(ApiError::unprocessable("import_too_long", message));
        }
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                match fields_of(head.iter().zip(&record)) {
                    Ok((sku, fields)) if seen.insert(sku.clone()) => {
                        rows.push(Row { line, sku, fields });
                    }
                    Ok(_) => faults.push(Fault {
                        line,
                        param: Some("sku".to_owned()),
                        message: "This SKU stands in an earlier line too.".to_owned(),
                    }),
                    Err(error) => faults.push(Fault::of(line, &error)),
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                let message = "This line has another number of cells than the first one.";
                faults.push(Fault {
                    line,
                    param: None,
                    message: message.to_owned(),
                });
            }
        }
    }
    Ok((rows, faults))
}

fn check_head(head: &StringRecord) -> Result<(), ApiError> {
    let unknown = head.iter().find(|column| !COLUMNS.contains(column));
    let distinct: HashSet<&str> = head.iter().collect();
    if unknown.is_none() && distinct.len() == head.len() && distinct.contains("sku") {
        return Ok(());
    }
    let message = format!(
        "The first line must name columns, each once and sku among them: {}.",
        COLUMNS.join(", ")
    );
    Err(ApiError::malformed("import_unreadable", message))
}

fn unreadable(error: &csv::Error) -> ApiError {
    let message = "The file is not CSV: its first line cannot be read.";
    ApiError::malformed("import_unreadable", message).caused_by(error.to_string())
}

enum Written {
    Created,
    Updated,
}

async fn write(
    conn: &mut Conn,
    store_id: StoreId,
    fields: ProductFields,
    sku: &str,
    currency: Currency,
    now: Timestamp,
) -> Result<Written, ApiError> {
    let Some(before) = db::products::find_by_sku(conn, store_id, sku).await? else {
        let product = fields.new_product(currency, now)?;
        db::products::insert(conn, store_id, &product).await?;
        return Ok(Written::Created);
    };
    let mut changes = fields.changes(before.currency)?;
    // A price that stays must exist in the new currency too.
    if changes.currency.is_some() && changes.unit_amount_minor.is_none() {
        let currency = changes.currency.unwrap_or(before.currency);
        changes.unit_amount_minor = Some(price(before.unit_amount_minor, currency)?);
    }
    db::products::update(conn, store_id, before.id, changes, now).await?;
    Ok(Written::Updated)
}

/// The error in its envelope, and beside it what is wrong with which line.
fn refused(mut faults: Vec<Fault>) -> Result<HttpResponse, ApiError> {
    faults.sort_by_key(|fault| fault.line);
    faults.truncate(MAX_FAULTS);
    let message = "Some lines cannot be imported: see lines. Nothing was changed.";
    let response = ApiError::unprocessable("import_invalid", message).error_response();
    let (head, body) = response.into_parts();
    let body = body.try_into_bytes().unwrap_or_default();
    let mut envelope: Value = serde_json::from_slice(&body).map_err(ApiError::internal)?;
    envelope["lines"] = json!(faults);
    Ok(head.set_body(envelope.to_string()).map_into_boxed_body())
}
