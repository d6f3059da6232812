//! Prices: what things cost, and how often.

use serde_json::json;

use crate::harness::{ALICE, start};

#[actix_web::test]
async fn a_price_is_made_for_a_new_product_and_its_amount_stays() {
    let stripe = start().await;
    let form = "currency=USD&unit_amount_decimal=10.50&product_data[name]=Tea&nickname=small&lookup_key=tea&metadata[a]=1";
    let made = stripe.post(ALICE, "/v1/prices", form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.body["currency"], "usd");
    assert_eq!(made.body["unit_amount"], json!(null));
    assert_eq!(made.body["unit_amount_decimal"], "10.5");
    assert_eq!(made.body["type"], "one_time");
    assert!(made.body.get("tiers").is_none());
    let path = format!("/v1/prices/{}", made.id());
    let fixed = stripe.post(ALICE, &path, "unit_amount=5").await;
    assert_eq!(
        fixed.error(),
        (400, Some("parameter_unknown"), Some("unit_amount"))
    );
    let form = "nickname=&active=false&metadata[b]=2&tax_behavior=inclusive";
    let changed = stripe.post(ALICE, &path, form).await;
    assert_eq!(changed.body["nickname"], json!(null), "{}", changed.body);
    assert_eq!(changed.body["active"], false);
    let settled = stripe.post(ALICE, &path, "tax_behavior=exclusive").await;
    assert_eq!(settled.error(), (400, None, Some("tax_behavior")));
    let types = stripe.event_types(ALICE).await;
    assert_eq!(types, ["product.created", "price.created", "price.updated"]);
    assert_eq!(stripe.delete(ALICE, &path).await.status, 404);
}

#[actix_web::test]
async fn prices_are_listed_by_what_they_are() {
    let stripe = start().await;
    stripe.post(ALICE, "/v1/products", "name=Tea&id=tea").await;
    for form in [
        "unit_amount=100",
        "unit_amount=900&recurring[interval]=month&lookup_key=monthly",
        "unit_amount=9000&recurring[interval]=year&active=false",
    ] {
        let form = format!("currency=eur&product=tea&{form}");
        assert_eq!(stripe.post(ALICE, "/v1/prices", &form).await.status, 200);
    }
    for (filter, found) in [
        ("", 3),
        ("product=tea&type=recurring", 2),
        ("product=other", 0),
        ("active=true", 2),
        ("currency=usd", 0),
        ("lookup_keys[]=monthly&lookup_keys[]=other", 1),
        ("recurring[interval]=year", 1),
        ("recurring[usage_type]=metered", 0),
    ] {
        let list = stripe.get(ALICE, &format!("/v1/prices?{filter}")).await;
        assert_eq!(
            list.body["data"].as_array().map(Vec::len),
            Some(found),
            "{filter}"
        );
    }
}

#[actix_web::test]
async fn a_lookup_key_has_one_price_and_can_move() {
    let stripe = start().await;
    let form = "currency=eur&unit_amount=100&product_data[name]=Tea&lookup_key=tea";
    let first = stripe.post(ALICE, "/v1/prices", form).await;
    let second = stripe.post(ALICE, "/v1/prices", form).await;
    assert_eq!(second.error(), (400, None, Some("lookup_key")));
    let message = format!("A price (`{}`) already uses that lookup key.", first.id());
    assert_eq!(second.body["error"]["message"], message);
    let moved = stripe
        .post(
            ALICE,
            "/v1/prices",
            &format!("{form}&transfer_lookup_key=true"),
        )
        .await;
    assert_eq!(moved.body["lookup_key"], "tea");
    let before = stripe
        .get(ALICE, &format!("/v1/prices/{}", first.id()))
        .await;
    assert_eq!(before.body["lookup_key"], json!(null));
    let told = stripe.get(ALICE, "/v1/events?type=price.updated").await;
    let previous = &told.body["data"][0]["data"]["previous_attributes"];
    assert_eq!(previous, &json!({ "lookup_key": "tea" }));
}

#[actix_web::test]
async fn tiers_and_other_currencies_are_shown_where_they_are_asked_for() {
    let stripe = start().await;
    let form = "currency=eur&product_data[name]=Seats&billing_scheme=tiered&tiers_mode=graduated&recurring[interval]=month&tiers[0][up_to]=5&tiers[0][unit_amount]=700&tiers[1][up_to]=inf&tiers[1][unit_amount_decimal]=650.5";
    let made = stripe.post(ALICE, "/v1/prices", form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.body["unit_amount"], json!(null));
    assert!(made.body.get("tiers").is_none());
    let path = format!("/v1/prices/{}?expand[]=tiers", made.id());
    let shown = stripe.get(ALICE, &path).await;
    let expected = json!([
        { "flat_amount": null, "flat_amount_decimal": null, "unit_amount": 700, "unit_amount_decimal": "700", "up_to": 5 },
        { "flat_amount": null, "flat_amount_decimal": null, "unit_amount": null, "unit_amount_decimal": "650.5", "up_to": null },
    ]);
    assert_eq!(shown.body["tiers"], expected, "{}", shown.body);
    let form = "currency=eur&unit_amount=100&product_data[name]=Tea&currency_options[usd][unit_amount]=120&expand[]=currency_options";
    let made = stripe.post(ALICE, "/v1/prices", form).await;
    assert_eq!(
        made.body["currency_options"]["usd"]["unit_amount"], 120,
        "{}",
        made.body
    );
    assert_eq!(made.body["currency_options"]["eur"]["unit_amount"], 100);
    let path = format!("/v1/prices/{}", made.id());
    let form = "currency_options[gbp][unit_amount]=90&expand[]=currency_options";
    let more = stripe.post(ALICE, &path, form).await;
    assert_eq!(more.body["currency_options"]["gbp"]["unit_amount"], 90);
    assert_eq!(more.body["currency_options"]["usd"]["unit_amount"], 120);
}

#[actix_web::test]
async fn what_a_price_cannot_be_is_refused_in_stripes_words() {
    let stripe = start().await;
    let basil =
        "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by meters.";
    for (form, code, param, message) in [
        (
            "unit_amount=1",
            None,
            None,
            "You must specify either `product` or `product_data` when creating a price.",
        ),
        (
            "unit_amount=1&product=a&product_data[name]=A",
            None,
            Some("product"),
            "You may only specify one of these parameters: product, product_data.",
        ),
        (
            "unit_amount=1&product=a",
            Some("resource_missing"),
            Some("product"),
            "No such product: 'a'",
        ),
        (
            "product_data[name]=A",
            None,
            None,
            "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.",
        ),
        (
            "product_data[name]=A&unit_amount=1&unit_amount_decimal=1",
            None,
            Some("unit_amount"),
            "You may only specify one of these parameters: unit_amount, unit_amount_decimal.",
        ),
        (
            "product_data[name]=A&unit_amount=-1",
            Some("parameter_invalid_integer"),
            Some("unit_amount"),
            "This value must be greater than or equal to 0.",
        ),
        (
            "product_data[name]=A&unit_amount=100000000",
            Some("amount_too_large"),
            Some("unit_amount"),
            "Amount must be no more than €999999.99 eur",
        ),
        (
            "product_data[name]=A&unit_amount_decimal=0.1234567890123",
            None,
            Some("unit_amount_decimal"),
            "Invalid decimal: 0.1234567890123; must contain at maximum 12 decimal places.",
        ),
        (
            "product_data[name]=A&unit_amount=1&recurring[interval]=fortnight",
            None,
            Some("recurring[interval]"),
            "Invalid recurring[interval]: must be one of day, month, week, or year",
        ),
        (
            "product_data[name]=A&unit_amount=1&recurring[interval]=year&recurring[interval_count]=4",
            None,
            Some("recurring[interval_count]"),
            "Invalid interval_count: 4 years is longer than the maximum of three years (3 years, 36 months, or 156 weeks).",
        ),
        (
            "product_data[name]=A&unit_amount=1&recurring[interval]=month&recurring[usage_type]=metered",
            None,
            None,
            basil,
        ),
        (
            "product_data[name]=A&billing_scheme=tiered&tiers_mode=volume",
            None,
            Some("interval"),
            "Prices with `type=one_time` are not supported with tiered billing.",
        ),
        (
            "product_data[name]=A&unit_amount=1&currency_options[xyz][unit_amount]=1",
            None,
            Some("currency_options[xyz]"),
            "",
        ),
    ] {
        let form = format!("currency=eur&{form}");
        let refused = stripe.post(ALICE, "/v1/prices", &form).await;
        assert_eq!(
            refused.error(),
            (400, code, param),
            "{form}: {}",
            refused.body
        );
        if !message.is_empty() {
            assert_eq!(refused.body["error"]["message"], message);
        }
    }
    assert_eq!(stripe.event_types(ALICE).await, Vec::<String>::new());
}
