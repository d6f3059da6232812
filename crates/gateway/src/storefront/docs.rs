//! The catalogue and carts, documented.

use serde_json::json;

use super::cart_wire::CartReply;
use super::create_cart::CartRequest;
use super::product_wire::{ProductFields, ProductReply};
use super::replace_cart_items::ItemsRequest;
use crate::openapi::access::{API_KEY, Access, Credential};
use crate::openapi::operation::{Operation, delete, get, patch, post, put};
use crate::openapi::shapes::object;

const CATALOGUE: Access = Access::anyone("A shop's catalogue is for everybody.");
const CART: Access =
    Access::anyone("The cart's id is the right to it: 74 random bits that only its shopper has.");
/// The merchant's back end may name prices.
const OWN_PRICES: Access = Access::Anyone {
    because: "The cart's id is the right to it; who has an API key may also name prices.",
    or: &[Credential::ApiKey],
};

/// Every call about products and carts.
pub fn operations() -> Vec<Operation> {
    [products(), product_files(), carts()].concat()
}

fn products() -> Vec<Operation> {
    let example = json!({ "name": "Coffee beans", "unit_amount": 1250, "currency": "eur", "sku": "BEANS-1", "stock": 20 });
    vec![
        get("/products", "listProducts", CATALOGUE)
            .says("List products", "The store's products that are on sale, oldest first.")
            .pages()
            .answers_list::<ProductReply>("A page of products."),
        post("/products", "createProduct", API_KEY)
            .says(
                "Add a product",
                "`name` and `unit_amount` are required. `currency` is the store's unless told; `stock` is not counted unless told.",
            )
            .takes::<ProductFields>(example)
            .refuses(400, &["invalid_value", "parameter_missing", "invalid_currency", "invalid_amount"])
            .refuses(409, &["sku_taken"])
            .answers::<ProductReply>(201, "The product."),
        get("/products/{product_id}", "showProduct", CATALOGUE)
            .says("Show a product", "")
            .answers::<ProductReply>(200, "The product."),
        patch("/products/{product_id}", "updateProduct", API_KEY)
            .says(
                "Change a product",
                "Changes only what it names; `null` empties what can be empty. Carts follow the new price until they are paid.",
            )
            .takes::<ProductFields>(json!({ "unit_amount": 1300 }))
            .refuses(400, &["invalid_value", "invalid_currency", "invalid_amount"])
            .refuses(409, &["sku_taken"])
            .answers::<ProductReply>(200, "The product as it is now."),
        delete("/products/{product_id}", "deleteProduct", API_KEY).says(
            "Delete a product",
            "Takes it off the shelves. Orders keep their lines, and its SKU is free again.",
        ),
    ]
}

fn product_files() -> Vec<Operation> {
    let line = object(&[
        ("dry_run", json!({ "type": "boolean" })),
        ("created", json!({ "type": "integer", "minimum": 0 })),
        ("updated", json!({ "type": "integer", "minimum": 0 })),
    ]);
    vec![
        get("/products.csv", "exportProducts", API_KEY)
            .says(
                "Export products",
                "All products on sale as CSV: `sku`, `name`, `description`, `image_url`, `unit_amount`, `currency`, `stock`.",
            )
            .answers_text("text/csv", "The file."),
        post("/products/import", "importProducts", API_KEY)
            .says(
                "Import products",
                "Makes and changes products by their SKU: all lines of the file or none. Beside the error `import_invalid`, `lines` \
                 has each faulty line's `line`, `param` and `message`.",
            )
            .query("dry_run", "Try only, and keep nothing.", json!({ "type": "boolean", "default": false }))
            .takes_text(
                "text/csv",
                "Up to 5 MiB and 10,000 lines, in UTF-8. The first line names the columns; `sku` must be among them.",
                "sku,name,unit_amount\nBEANS-1,Coffee beans,1250\n",
            )
            .refuses(400, &["import_unreadable", "invalid_utf8"])
            .refuses(415, &["unsupported_media_type"])
            .refuses(422, &["import_invalid", "import_too_long"])
            .answers_schema(200, "How many products were made and changed.", &line),
    ]
}

fn carts() -> Vec<Operation> {
    let items = json!({ "items": [{ "product_id": "018e1b2c-0000-7000-8000-000000000001", "quantity": 2 }] });
    let lines = [
        "invalid_value",
        "cart_empty",
        "too_many_items",
        "invalid_line",
        "invalid_quantity",
        "parameter_missing",
    ];
    let money = ["invalid_currency", "invalid_amount"];
    vec![
        post("/carts", "createCart", OWN_PRICES)
            .says(
                "Make a cart",
                "Prices come from the catalogue. With an API key a line may also be `{name, unit_amount, quantity}`. A cart lives a week.",
            )
            .takes::<CartRequest>(items.clone())
            .refuses(400, &lines)
            .refuses(400, &money)
            .refuses(401, &["api_key_required"])
            .refuses(422, &["currency_mismatch", "amount_too_large"])
            .answers::<CartReply>(201, "The cart."),
        get("/carts/{cart_id}", "showCart", CART)
            .says(
                "Show a cart",
                "At the catalogue's present prices: `price_changed` is `true` on lines that cost something else than when they were \
                 added, `available` is `false` on what is no longer sold.",
            )
            .answers::<CartReply>(200, "The cart."),
        put("/carts/{cart_id}/items", "replaceCartItems", OWN_PRICES)
            .says(
                "Replace a cart's lines",
                "409 `cart_locked` once its payment is authorised or it is paid: make a new cart then.",
            )
            .takes::<ItemsRequest>(items)
            .refuses(400, &lines)
            .refuses(400, &money)
            .refuses(401, &["api_key_required"])
            .refuses(409, &["cart_locked", "cart_changed", "conflict"])
            .refuses(422, &["currency_mismatch", "amount_too_large"])
            .answers::<CartReply>(200, "The cart."),
    ]
}
