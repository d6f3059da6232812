//! Making a product. Source: Stripe API reference, "Create a product".

use serde_json::{Value, json};

use crate::api::check;
use crate::ids;
use crate::params::Params;
use crate::spec::echo;
use crate::state::Document;
use crate::v1::{Call, StripeError};

pub(crate) const PRODUCT: &str = "product";

/// Stripe API reference: "Up to 8 URLs", "a maximum of 15 features", 22 characters on a statement.
const MAX_IMAGES: usize = 8;
const MAX_FEATURES: usize = 15;
const STATEMENT_CHARS: usize = 22;

/// What a new product is said to be, and where that stands in the request.
pub(crate) struct ProductData<'a> {
    pub(crate) given: &'a Params,
    /// Empty, or the parameter that holds it: `product_data`.
    pub(crate) prefix: &'a str,
}

/// The product; it is not stored yet.
pub(crate) fn new_product(
    call: &Call<'_>,
    data: &ProductData<'_>,
) -> Result<Document, StripeError> {
    let id = match data.given.text("id") {
        None => ids::product(),
        Some(id) if call.ledger.documents.holds(id) => {
            return Err(StripeError::invalid("Product already exists.")
                .code("resource_already_exists")
                .param(&check::within(data.prefix, "id")));
        }
        Some(id) => id.to_owned(),
    };
    let mut product = call.blank(PRODUCT, id);
    product.insert("active".to_owned(), Value::from(true));
    product.insert("type".to_owned(), Value::from("service"));
    product.insert("updated".to_owned(), Value::from(call.origin.now));
    describe(&mut product, data)?;
    Ok(product)
}

/// Takes over what is said of the product, for creations and updates.
pub(crate) fn describe(product: &mut Document, data: &ProductData<'_>) -> Result<(), StripeError> {
    let param = |name: &str| check::within(data.prefix, name);
    let given = data.given;
    let refuse = |message: String, name: &str| {
        Err::<(), _>(StripeError::invalid(message).param(&param(name)))
    };
    if let Some(url) = given.text("url") {
        check::url(&param("url"), url)?;
    }
    if given
        .list("images")
        .is_some_and(|images| images.len() > MAX_IMAGES)
    {
        refuse(
            format!("You may only specify up to {MAX_IMAGES} images."),
            "images",
        )?;
    }
    if given
        .list("marketing_features")
        .is_some_and(|all| all.len() > MAX_FEATURES)
    {
        let message = format!("You may only specify up to {MAX_FEATURES} marketing features.");
        refuse(message, "marketing_features")?;
    }
    if let Some(statement) = given.text("statement_descriptor") {
        check::length(&param("statement_descriptor"), statement, STATEMENT_CHARS)?;
    }
    if let Some(code) = given
        .text("tax_code")
        .filter(|code| !code.starts_with("txcd_"))
    {
        return Err(StripeError::no_such("tax code", code, &param("tax_code")));
    }
    echo(
        product,
        PRODUCT,
        given,
        &["id", "default_price", "package_dimensions"],
    );
    match given.get("package_dimensions") {
        Some(Value::Null) => _ = product.shift_remove("package_dimensions"),
        Some(dimensions) => _ = product.insert("package_dimensions".to_owned(), dimensions.clone()),
        None => {}
    }
    Ok(())
}

/// Stores a new product and tells of it.
pub(crate) fn add_product(call: &mut Call<'_>, product: Document) -> Value {
    call.add(product, "product.created")
}

/// The product of a `price_data` or `product_data`: one that exists, or a new one.
pub(crate) fn product_of(
    call: &Call<'_>,
    data: &Params,
    prefix: &str,
) -> Result<ProductChoice, StripeError> {
    let param = |name: &str| check::within(prefix, name);
    match (data.text("product"), data.object("product_data")) {
        (Some(_), Some(_)) => Err(StripeError::invalid(
            "You may only specify one of these parameters: product, product_data.",
        )
        .param(&param("product"))),
        (Some(id), None) => {
            let found = call.ledger.documents.get(PRODUCT, id);
            found.ok_or_else(|| StripeError::no_such(PRODUCT, id, &param("product")))?;
            Ok(ProductChoice::Known(id.to_owned()))
        }
        (None, Some(_)) => {
            let (given, prefix) = (data.part("product_data"), param("product_data"));
            let data = ProductData {
                given: &given,
                prefix: &prefix,
            };
            new_product(call, &data).map(ProductChoice::New)
        }
        (None, None) => Err(StripeError::invalid(
            "You must specify either `product` or `product_data` when creating a price.",
        )),
    }
}

/// The product that a new price is for.
pub(crate) enum ProductChoice {
    Known(String),
    New(Document),
}

impl ProductChoice {
    pub(crate) fn id(&self) -> String {
        match self {
            Self::Known(id) => id.clone(),
            Self::New(product) => super::text(product, "id").unwrap_or_default().to_owned(),
        }
    }

    /// Stores the product if it is new. `active` is what it becomes where the request leaves it open.
    pub(crate) fn store(self, call: &mut Call<'_>, active: bool) {
        if let Self::New(mut product) = self {
            product["active"] = json!(active && super::is_active(&product));
            add_product(call, product);
        }
    }
}
