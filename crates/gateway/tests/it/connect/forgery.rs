//! Forms from elsewhere, forms that no browser sends, and addresses that nobody allowed.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Merchant, connect_link, new_account, test_account};
use crate::harness::{Keys, TestApp, stories};

stories!(
    a5_a_form_from_elsewhere_is_refused,
    c3_return_urls_are_on_the_list_or_refused,
    the_form_is_guarded_by_its_headers,
    the_form_leads_back_or_to_the_success_page,
    bodies_that_are_no_form_are_refused,
);

async fn a5_a_form_from_elsewhere_is_refused(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let honest = Merchant::open(app, &store, json!({})).await;
    let other = Merchant::open(app, &store, json!({})).await;
    let keys = new_account(app).await;
    assert_ne!(honest.csrf_token, other.csrf_token);
    for (csrf_token, cookie) in [
        (other.csrf_token.as_str(), honest.cookie.as_str()),
        ("", &honest.cookie),
        (&honest.csrf_token, "unrelated=1"),
        ("", "tillgate_form="),
    ] {
        let forged = Merchant {
            app,
            store_id: store.clone(),
            token: honest.token.clone(),
            return_url: String::new(),
            csrf_token: csrf_token.to_owned(),
            cookie: cookie.to_owned(),
        };
        forged.submit_keys(&keys).await.expect(403);
    }
    for (header, value, status) in [
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("origin", app.url.as_str(), 422),
        ("sec-fetch-site", "same-origin", 422),
    ] {
        let fields = [
            ("store_id", store.as_str()),
            ("token", &honest.token),
            ("csrf_token", &honest.csrf_token),
        ];
        let request = app
            .http
            .request(Method::POST, "/stripe/connect")
            .header("cookie", &honest.cookie);
        request
            .header(header, value)
            .form(&fields)
            .send()
            .await
            .expect(status);
    }
    assert_eq!(test_account(app, &store).await, Value::Null);
    honest.submit_keys(&keys).await.expect(303);
}

#[derive(Deserialize)]
struct Vectors {
    allow_list: Vec<String>,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    return_url: String,
    expect: String,
    note: String,
}

async fn c3_return_urls_are_on_the_list_or_refused(app: &TestApp) {
    let text = include_str!("../../../../domain/tests/vectors/extra_return_urls.json");
    let Vectors {
        allow_list,
        vectors,
    } = serde_json::from_str(text).unwrap();
    assert_eq!(vectors.len(), 54);
    let fields = json!({ "name": "Roastery", "return_origins": allow_list });
    let store = app
        .internal(Method::POST, "/stores", &fields)
        .await
        .expect(201)["id"]
        .clone();
    let store = store.as_str().unwrap();
    let link = connect_link(app, store, json!({})).await;
    for Vector {
        return_url,
        expect,
        note,
    } in vectors
    {
        let (page, made) = if expect == "allow" {
            (200, 201)
        } else {
            (400, 400)
        };
        let encoded: String = url::form_urlencoded::byte_serialize(return_url.as_bytes()).collect();
        let answer = app
            .http
            .get(&format!("{link}&return_url={encoded}"))
            .send()
            .await;
        assert_eq!(answer.status, page, "{note}: {return_url}");
        let path = format!("/stores/{store}/connect-links");
        let answer = app
            .internal(Method::POST, &path, &json!({ "return_url": return_url }))
            .await;
        assert_eq!(answer.status, made, "{note}: {return_url}");
        if made == 400 {
            assert_eq!(answer.json()["error"]["param"], "return_url", "{note}");
        }
    }
    let mut merchant = Merchant::open_link(app, &link).await;
    merchant.return_url = String::from("https://evil.example/");
    merchant
        .submit_keys(&new_account(app).await)
        .await
        .expect(400);
    assert_eq!(test_account(app, store).await, Value::Null);
}

async fn the_form_is_guarded_by_its_headers(app: &TestApp) {
    let fields = json!({ "name": "Roastery", "return_origins": ["https://shop.example.com"] });
    let store = app
        .internal(Method::POST, "/stores", &fields)
        .await
        .expect(201)["id"]
        .clone();
    let link = connect_link(app, store.as_str().unwrap(), json!({})).await;
    let form = app.http.get(&link).send().await;
    assert_eq!(form.header("referrer-policy"), "same-origin");
    assert_eq!(form.header("cache-control"), "no-store");
    assert_eq!(form.header("x-content-type-options"), "nosniff");
    let policy = form.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    let targets = format!(
        "form-action 'self' {} https://platform.example.com https://shop.example.com;",
        app.url
    );
    assert!(policy.contains(&targets), "{policy}");
    assert!(!form.text.contains(" onclick=") && !form.text.contains(" onsubmit="));
    let cookie = form.header("set-cookie");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let again = app
        .http
        .get(&link)
        .header("cookie", cookie.split(';').next().unwrap())
        .send()
        .await;
    assert_eq!(
        again.header("set-cookie"),
        cookie,
        "a second tab keeps the first one's form valid"
    );
}

async fn the_form_leads_back_or_to_the_success_page(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let back = json!({ "return_url": "https://platform.example.com/back?tab=2" });
    let merchant = Merchant::open(app, &store, back).await;
    let keys = new_account(app).await;
    let answer = merchant.submit_keys(&keys).await;
    answer.expect(303);
    let expected =
        format!("https://platform.example.com/back?tab=2&store_id={store}&connected=true");
    assert_eq!(answer.header("location"), expected);

    let merchant = Merchant::open(app, &store, json!({})).await;
    let answer = merchant.submit_keys(&keys).await;
    answer.expect(303);
    assert_eq!(
        answer.header("location"),
        format!("/stripe/success/{store}")
    );
}

async fn bodies_that_are_no_form_are_refused(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let merchant = Merchant::open(app, &store, json!({})).await;
    let form = "application/x-www-form-urlencoded";
    let keys = Keys::fake();
    app.keep_secret(&keys.secret);
    let large = format!("secret_key={}&rest={}", keys.secret, "x".repeat(16 * 1024));
    for (content_type, body, status) in [
        ("application/json", b"{}".to_vec(), 415),
        ("text/plain", b"store_id=1".to_vec(), 415),
        (form, large.into_bytes(), 413),
        (form, b"store_id=\xff\xfe".to_vec(), 400),
        (form, b"store_id=%ff".to_vec(), 400),
        (
            form,
            format!("token={}&token=x", merchant.token).into_bytes(),
            400,
        ),
        (form, b"store_id=nonsense".to_vec(), 404),
        (form, Vec::new(), 404),
    ] {
        let request = app
            .http
            .request(Method::POST, "/stripe/connect")
            .header("cookie", &merchant.cookie);
        let answer = request.body(content_type, body).send().await;
        answer.expect(status);
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    }
    for link in [
        "/stripe/connect",
        "/stripe/connect?store_id=1&store_id=2",
        "/stripe/connect?store_id=%ff",
    ] {
        assert!(
            app.http.get(link).send().await.status.is_client_error(),
            "{link}"
        );
    }
    let unknown = domain::StoreId::generate();
    app.http
        .get(&format!("/stripe/connect?store_id={unknown}"))
        .send()
        .await
        .expect(404);
    app.http
        .request(Method::PUT, "/stripe/connect")
        .send()
        .await
        .expect_error(405, "method_not_allowed");
}
