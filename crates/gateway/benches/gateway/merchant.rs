//! A store with keys and orders, made as a platform, a merchant's browser and a storefront make them.

use anyhow::Context;
use hyper::header::SET_COOKIE;
use serde_json::json;
use stripe_sandbox::AccountSpec;
use url::form_urlencoded;

use crate::http::{self, Connection, Reply, Request};
use crate::place::INTERNAL_SECRET;

pub(crate) const SECRET_KEY: &str = "sk_test_FAKEbenchSecretFAKEbench";
pub(crate) const WEBHOOK_SECRET: &str = "whsec_FAKEbenchFAKEbenchFAKEbench";
const PUBLISHABLE_KEY: &str = "pk_test_FAKEbenchPublishableFAKE";
/// How browsers send forms.
const FORM: &str = "application/x-www-form-urlencoded";

/// A store that can take payments.
pub(crate) struct Store {
    pub(crate) id: String,
    product_id: String,
}

/// A placed order that nobody has begun to pay.
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) token: String,
}

/// The merchant's account at the sandbox.
pub(crate) fn account() -> AccountSpec {
    AccountSpec {
        account_id: "acct_1FAKEbench".into(),
        publishable_key: PUBLISHABLE_KEY.into(),
        secret_key: SECRET_KEY.into(),
        country: "DE".into(),
        default_currency: "eur".into(),
        business_name: "Bench".into(),
    }
}

/// Creates a store, enters its keys in the connect form, and adds a product.
pub(crate) async fn connect(http: &mut Connection) -> anyhow::Result<Store> {
    let store = internal("/stores", &json!({ "name": "Bench", "currency": "eur" }));
    let id = http.send(store).await?.field(201, "id")?;
    let link = internal(&format!("/stores/{id}/connect-links"), &json!({}));
    let url = http.send(link).await?.field(201, "url")?;
    enter_keys(http, &id, &url).await?;

    let key = internal(
        &format!("/stores/{id}/api-keys"),
        &json!({ "mode": "test", "label": "bench" }),
    );
    let api_key = http.send(key).await?.field(201, "key")?;
    let product = json!({ "name": "Coffee", "unit_amount": 1250, "currency": "eur" });
    let product = http::post_json(&format!("/api/v1/stores/{id}/products"), &product);
    let product_id = http
        .send(bearer(product, &api_key))
        .await?
        .field(201, "id")?;
    Ok(Store { id, product_id })
}

/// A shopper orders one product.
pub(crate) async fn place_order(http: &mut Connection, store: &Store) -> anyhow::Result<Order> {
    let api = format!("/api/v1/stores/{}", store.id);
    let cart = json!({ "items": [{ "product_id": store.product_id, "quantity": 1 }] });
    let cart_id = http
        .send(http::post_json(&format!("{api}/carts"), &cart))
        .await?
        .field(201, "id")?;
    let order = json!({ "cart_id": cart_id, "email": "shopper@example.com" });
    let reply = http
        .send(http::post_json(&format!("{api}/orders"), &order))
        .await?;
    let body: serde_json::Value = serde_json::from_slice(&reply.expect(201)?)?;
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    Ok(Order {
        id: text("id").context("no order id")?,
        token: text("order_token").context("no order token")?,
    })
}

pub(crate) fn bearer(request: Request, token: &str) -> Request {
    http::with(request, "authorization", &format!("Bearer {token}"))
}

fn internal(path: &str, body: &serde_json::Value) -> Request {
    let request = http::post_json(&format!("/api/internal{path}"), body);
    http::with(request, "x-internal-secret", INTERNAL_SECRET)
}

async fn enter_keys(http: &mut Connection, store_id: &str, url: &str) -> anyhow::Result<()> {
    let url = url::Url::parse(url)?;
    let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    let token = url
        .query_pairs()
        .find(|(name, _)| name == "token")
        .context("no token in the link")?
        .1;
    let page = http.send(http::get(&path)).await?;
    let cookie = cookie(&page).context("the form sets no cookie")?;
    let csrf_token = hidden_field(&page, "csrf_token").context("no csrf_token in the form")?;
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("store_id", store_id)
        .append_pair("token", &token)
        .append_pair("csrf_token", &csrf_token)
        .append_pair("publishable_key", PUBLISHABLE_KEY)
        .append_pair("secret_key", SECRET_KEY)
        .append_pair("webhook_secret", WEBHOOK_SECRET)
        .finish();
    let form = http::with(http::post("/stripe/connect", FORM, body), "cookie", &cookie);
    http.send(form).await?.expect(303)?;
    Ok(())
}

/// `name=value` of the cookie that an answer sets.
fn cookie(reply: &Reply) -> Option<String> {
    let text = reply.headers.get(SET_COOKIE)?.to_str().ok()?;
    text.split(';').next().map(str::to_owned)
}

fn hidden_field(page: &Reply, name: &str) -> Option<String> {
    let html = std::str::from_utf8(&page.body).ok()?;
    let (_, after) = html.split_once(&format!("name=\"{name}\" value=\""))?;
    after.split_once('"').map(|(value, _)| value.to_owned())
}
