//! The columns of the catalogue, and a line of them.

use db::products::Product;

use super::cells::{escape, unescape};
use crate::error::ApiError;
use crate::storefront::product_wire::ProductFields;

/// The columns, as they are written. Reading takes any of them in any order; `sku` must be among them.
pub(super) const COLUMNS: [&str; 7] = [
    "sku",
    "name",
    "description",
    "image_url",
    "unit_amount",
    "currency",
    "stock",
];

/// A product as a line.
pub(super) fn line_of(product: &Product) -> [String; 7] {
    let text = |text: &Option<String>| text.as_deref().map(escape).unwrap_or_default();
    [
        text(&product.sku),
        escape(&product.name),
        text(&product.description),
        text(&product.image_url),
        product.unit_amount_minor.to_string(),
        product.currency.to_string(),
        product
            .stock
            .map(|stock| stock.to_string())
            .unwrap_or_default(),
    ]
}

/// The cells of a line, by its columns. An empty cell empties what can be empty.
pub(super) fn fields_of<'a>(
    cells: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(String, ProductFields), ApiError> {
    let mut fields = ProductFields::default();
    let mut sku = String::new();
    for (column, cell) in cells {
        let text = unescape(cell).trim().to_owned();
        let optional = (!text.is_empty()).then(|| text.clone());
        match column {
            "sku" => sku = text,
            "name" => fields.name = Some(text),
            "description" => fields.description = Some(optional),
            "image_url" => fields.image_url = Some(optional),
            "unit_amount" => fields.unit_amount = Some(whole(&text, "unit_amount")?),
            "currency" => fields.currency = optional,
            "stock" => {
                let stock = optional.map(|text| whole(&text, "stock")).transpose()?;
                fields.stock = Some(stock);
            }
            _ => {}
        }
    }
    if sku.is_empty() {
        let message = "sku is required: it tells which product the line is about.";
        return Err(ApiError::malformed("parameter_missing", message).param("sku"));
    }
    fields.sku = Some(Some(sku.clone()));
    Ok((sku, fields))
}

fn whole(text: &str, param: &'static str) -> Result<i64, ApiError> {
    text.parse().map_err(|_| {
        let message = format!("{param} must be a whole number.");
        ApiError::malformed("invalid_value", message).param(param)
    })
}
