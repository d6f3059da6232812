//! Stores with keys and products, made as a platform and its merchants make them, before anything is killed.

use reqwest::{Client as Http, RequestBuilder};
use serde_json::{Value, json};
use stripe_sandbox::AccountSpec;
use url::Url;

use crate::client::expect;
use crate::gateway::INTERNAL_SECRET;

/// More than a run can sell.
pub(crate) const STOCK: i64 = 1_000_000;

/// A store that can take payments.
pub(crate) struct Store {
    pub(crate) id: String,
    pub(crate) account: AccountSpec,
    pub(crate) webhook_secret: String,
    /// One whose stock is counted.
    pub(crate) product_id: String,
    pub(crate) api_key: String,
}

/// The account of the `n`th store at the sandbox.
pub(crate) fn account(n: usize) -> AccountSpec {
    AccountSpec {
        account_id: format!("acct_1FAKEcrash{n}"),
        publishable_key: format!("pk_test_FAKEcrash{n}FAKEFAKEFAKEFAKE"),
        secret_key: format!("sk_test_FAKEcrash{n}FAKEFAKEFAKEFAKE"),
        country: "DE".into(),
        default_currency: "eur".into(),
        business_name: format!("Crash {n}"),
    }
}

/// Creates a store, enters its keys in the connect form, and adds a product.
pub(crate) async fn open_store(
    http: &Http,
    gateway_url: &str,
    stripe_url: &str,
    account: AccountSpec,
) -> Store {
    let internal = |path: &str, body: Value| {
        let request = http.post(format!("{gateway_url}/api/internal{path}"));
        request
            .header("X-Internal-Secret", INTERNAL_SECRET)
            .json(&body)
    };
    let named = json!({ "name": account.business_name, "currency": "eur" });
    let id = expect(201, internal("/stores", named)).await.text("id");
    let webhook_secret = create_endpoint(http, gateway_url, stripe_url, &id, &account).await;
    let links = internal(&format!("/stores/{id}/connect-links"), json!({}));
    let link = expect(201, links).await.text("url");
    enter_keys(http, gateway_url, &link, &account, &webhook_secret).await;
    let keys = internal(
        &format!("/stores/{id}/api-keys"),
        json!({ "mode": "test", "label": "crash" }),
    );
    let api_key = expect(201, keys).await.text("key");
    let product =
        json!({ "name": "Coffee", "unit_amount": 1250, "currency": "eur", "stock": STOCK });
    let products = http.post(format!("{gateway_url}/api/v1/stores/{id}/products"));
    let product = expect(201, products.bearer_auth(&api_key).json(&product)).await;
    Store {
        id,
        account,
        webhook_secret,
        product_id: product.text("id"),
        api_key,
    }
}

/// As a merchant does in the dashboard.
async fn create_endpoint(
    http: &Http,
    gateway_url: &str,
    stripe_url: &str,
    store_id: &str,
    account: &AccountSpec,
) -> String {
    let url = format!("{gateway_url}/webhook/stripe/{store_id}");
    let request = http
        .post(format!("{stripe_url}/v1/webhook_endpoints"))
        .bearer_auth(&account.secret_key)
        .form(&[("url", url.as_str()), ("enabled_events[0]", "*")]);
    expect(200, request).await.text("secret")
}

async fn enter_keys(
    http: &Http,
    gateway_url: &str,
    link: &str,
    account: &AccountSpec,
    webhook_secret: &str,
) {
    let link: Url = link.parse().unwrap();
    let query = link.query().unwrap_or_default();
    let page = http.get(format!("{gateway_url}{}?{query}", link.path()));
    let page = page.send().await.unwrap();
    let cookie = page.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let html = page.text().await.unwrap();
    let mut form: Vec<(&str, &str)> = ["store_id", "token", "csrf_token"]
        .into_iter()
        .filter_map(|name| Some((name, hidden(&html, name)?)))
        .collect();
    assert_eq!(form.len(), 3, "the form has changed: {html}");
    form.push(("publishable_key", &account.publishable_key));
    form.push(("secret_key", &account.secret_key));
    form.push(("webhook_secret", webhook_secret));
    let posted: RequestBuilder = http.post(format!("{gateway_url}/stripe/connect"));
    expect(303, posted.header("cookie", cookie).form(&form)).await;
}

fn hidden<'a>(html: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = html.split_once(&format!("name=\"{name}\" value=\""))?;
    after.split_once('"').map(|(value, _)| value)
}
