//! What Stripe refuses of a new checkout session, in Stripe's words.

use crate::checkout_create::session;
use crate::harness::{ALICE, NOW, start};

const DATA: &str = "line_items[0][price_data][currency]=eur&line_items[0][price_data][product_data][name]=Tea&line_items[0][quantity]=1";

#[actix_web::test]
async fn prices_have_to_fit_the_session() {
    let stripe = start().await;
    for (id, more) in [
        ("once", ""),
        ("monthly", "&recurring[interval]=month"),
        ("yearly", "&recurring[interval]=year"),
    ] {
        let form = format!(
            "currency=eur&unit_amount=900&lookup_key={id}&product_data[name]=A&product_data[id]={id}{more}"
        );
        let made = stripe.post(ALICE, "/v1/prices", &form).await;
        assert_eq!(made.status, 200, "{}", made.body);
    }
    let mut ids = Vec::new();
    for key in ["once", "monthly", "yearly"] {
        let list = stripe
            .get(ALICE, &format!("/v1/prices?lookup_keys[]={key}"))
            .await;
        ids.push(list.body["data"][0]["id"].as_str().unwrap().to_owned());
    }
    let (once, monthly, yearly) = (&ids[0], &ids[1], &ids[2]);
    let item = |index: usize, price: &str| {
        format!("line_items[{index}][price]={price}&line_items[{index}][quantity]=1")
    };
    let both = format!("mode=subscription&{}&{}", item(0, monthly), item(1, yearly));
    let usd = format!("mode=payment&currency=usd&{}", item(0, once));
    let mixed = format!(
        "mode=payment&{}&line_items[1][quantity]=1&line_items[1][price_data][currency]=usd&line_items[1][price_data][unit_amount]=100&line_items[1][price_data][product_data][name]=B",
        item(0, once)
    );
    let only_eur =
        "The price specified only supports `eur`. This doesn't match the expected currency: `usd`.";
    for (form, param, message) in [
        (
            format!("mode=payment&{}", item(0, monthly)),
            "line_items[0]",
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.",
        ),
        (
            format!("mode=subscription&{}", item(0, once)),
            "line_items",
            "You must provide at least one recurring price in `subscription` mode when using prices.",
        ),
        (
            both,
            "line_items",
            "Checkout does not support multiple prices with different billing intervals.",
        ),
        (usd, "line_items[0][price]", only_eur),
        (
            mixed,
            "line_items[1][price_data]",
            "The price specified only supports `usd`. This doesn't match the expected currency: `eur`.",
        ),
        (
            format!("mode=payment&{}", item(0, "price_1")),
            "line_items[0][price]",
            "No such price: 'price_1'",
        ),
        (
            format!("mode=payment&line_items[0][price]={once}"),
            "line_items[0][quantity]",
            "Quantity is required. Add `quantity` to `line_items[0]`",
        ),
        (
            format!("mode=payment&line_items[0][price]={once}&line_items[0][quantity]=0"),
            "line_items[0][quantity]",
            "This value must be greater than or equal to 1.",
        ),
    ] {
        let refused = session(&stripe, &form).await;
        assert_eq!(
            (refused.status, refused.error().2),
            (400, Some(param)),
            "{form}: {}",
            refused.body
        );
        assert_eq!(refused.body["error"]["message"], message);
    }
    stripe
        .post(ALICE, &format!("/v1/prices/{once}"), "active=false")
        .await;
    let inactive = session(&stripe, &format!("mode=payment&{}", item(0, once))).await;
    let message = "The price specified is inactive. This field only accepts active prices.";
    assert_eq!(inactive.body["error"]["message"], message);
    stripe
        .post(ALICE, "/v1/products/monthly", "active=false")
        .await;
    let unsold = session(&stripe, &format!("mode=subscription&{}", item(0, monthly))).await;
    let message = "This price is not available to be purchased because its product is not active.";
    assert_eq!(unsold.body["error"]["message"], message);
}

#[actix_web::test]
async fn parameters_have_to_fit_each_other() {
    let stripe = start().await;
    let (early, late) = (NOW + 30 * 60 - 1, NOW + 24 * 60 * 60 + 1);
    let early = format!("expires_at={early}");
    let late = format!("expires_at={late}");
    for (amount, more, code, param, message) in [
        (
            49,
            "",
            Some("amount_too_small"),
            None,
            "The Checkout Session's total amount due must add up to at least €0.50 eur",
        ),
        (
            100,
            &early,
            None,
            Some("expires_at"),
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
        ),
        (
            100,
            &late,
            None,
            Some("expires_at"),
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
        ),
        (
            100,
            "subscription_data[trial_period_days]=7",
            None,
            Some("subscription_data"),
            "You can not pass `subscription_data` in `payment` mode.",
        ),
        (
            100,
            "customer=cus_1",
            Some("resource_missing"),
            Some("customer"),
            "No such customer: 'cus_1'",
        ),
        (
            100,
            "customer_email=a",
            Some("email_invalid"),
            Some("customer_email"),
            "Invalid email address: a",
        ),
        (
            100,
            "discounts[0][coupon]=SPRING",
            Some("resource_missing"),
            Some("discounts[0][coupon]"),
            "No such coupon: 'SPRING'",
        ),
        (
            100,
            "allow_promotion_codes=true&discounts[0][promotion_code]=p",
            None,
            Some("allow_promotion_codes"),
            "You may only specify one of these parameters: allow_promotion_codes, discounts.",
        ),
        (
            100,
            "return_url=https://shop.example",
            None,
            Some("return_url"),
            "You can not pass `return_url` when `ui_mode` is `hosted_page`.",
        ),
        (
            100,
            "ui_mode=modal",
            None,
            Some("ui_mode"),
            "Invalid ui_mode: must be one of elements, embedded_page, form, or hosted_page",
        ),
    ] {
        let form =
            format!("mode=payment&{DATA}&line_items[0][price_data][unit_amount]={amount}&{more}");
        let refused = session(&stripe, &form).await;
        assert_eq!(
            refused.error(),
            (400, code, param),
            "{form}: {}",
            refused.body
        );
        assert_eq!(refused.body["error"]["message"], message);
    }
    let urls = stripe
        .post(
            ALICE,
            "/v1/checkout/sessions",
            &format!("mode=payment&{DATA}&line_items[0][price_data][unit_amount]=100"),
        )
        .await;
    assert_eq!(
        urls.error(),
        (400, Some("parameter_missing"), Some("success_url"))
    );
    let relative = stripe
        .post(
            ALICE,
            "/v1/checkout/sessions",
            &format!("mode=payment&success_url=/ok&{DATA}"),
        )
        .await;
    let message = "Invalid URL: An explicit scheme (such as https) must be provided.";
    assert_eq!(relative.body["error"]["message"], message);
    for (form, param) in [
        ("", "mode"),
        ("mode=payment", "line_items"),
        ("mode=setup", "currency"),
    ] {
        let refused = session(&stripe, form).await;
        assert_eq!(
            refused.error(),
            (400, Some("parameter_missing"), Some(param))
        );
    }
    let types = stripe.event_types(ALICE).await;
    assert_eq!(
        types,
        Vec::<String>::new(),
        "what is refused leaves nothing behind"
    );
}
