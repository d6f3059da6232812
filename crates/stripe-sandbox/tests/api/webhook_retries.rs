//! Deliveries again: by Stripe's schedule, at another speed, by hand, and never more than an endpoint can take.

use serde_json::{Value, json};

use crate::harness::{ALICE, ALICE_LIVE, BOB, NOW, Receiver, Stripe, start};
use crate::webhooks::{flush, pay, register, settle};

const ONE: &[&str] = &["payment_intent.succeeded"];

async fn rows(stripe: &Stripe, filter: &str) -> Vec<Value> {
    let log = stripe
        .control("GET", &format!("/deliveries?{filter}"), json!(null))
        .await;
    assert_eq!(log.status, 200, "{}", log.body);
    log.body["deliveries"].as_array().unwrap().clone()
}

async fn speed(stripe: &Stripe, speed: f64) -> u16 {
    let body = json!({ "speed": speed });
    stripe
        .control("POST", "/deliveries/speed", body)
        .await
        .status
}

#[actix_web::test]
async fn a_live_account_is_tried_for_three_days_and_a_test_account_three_times() {
    let stripe = start().await;
    let [test, live] = [(); 2].map(|()| Receiver::start());
    register(&stripe, ALICE, &test, ONE).await;
    register(&stripe, ALICE_LIVE, &live, ONE).await;
    assert_eq!(speed(&stripe, 1e9).await, 200);
    for receiver in [&test, &live] {
        receiver.answer_with(&[500; 30]);
    }
    pay(&stripe, ALICE).await;
    pay(&stripe, ALICE_LIVE).await;
    settle(&stripe).await;
    assert_eq!((test.received().len(), live.received().len()), (4, 11));
    let row = &rows(&stripe, "state=failed&limit=1").await[0];
    assert_eq!(
        (&row["livemode"], &row["attempt_count"]),
        (&json!(true), &json!(11))
    );
    assert_eq!(row["next_attempt"], json!(null));
}

#[actix_web::test]
async fn the_log_says_what_came_back_and_when_the_next_attempt_is() {
    let (stripe, receiver) = (start().await, Receiver::start());
    register(&stripe, ALICE, &receiver, ONE).await;
    assert_eq!(speed(&stripe, 1.0).await, 200);
    receiver.answer_with_body(500, &"no room ".repeat(1_000));
    pay(&stripe, ALICE).await;
    receiver.wait_for(1).await;
    let row = loop {
        let row = rows(&stripe, "account=acct_1alice").await.remove(0);
        if row["attempt_count"] == 1 {
            break row;
        }
    };
    assert_eq!(
        (&row["state"], &row["next_attempt"]),
        (&json!("pending"), &json!(NOW + 600))
    );
    let attempt = &row["attempts"][0];
    assert_eq!(
        (&attempt["status"], &attempt["created"]),
        (&json!(500), &json!(NOW))
    );
    let excerpt = attempt["response"].as_str().unwrap();
    assert!(excerpt.starts_with("no room") && excerpt.len() == 512);
    // A wait that has begun is shortened too.
    assert_eq!(speed(&stripe, 1e6).await, 200);
    settle(&stripe).await;
    let row = rows(&stripe, "event_id=").await;
    assert!(row.is_empty());
    assert_eq!(
        rows(&stripe, "state=delivered").await[0]["attempt_count"],
        2
    );
}

#[actix_web::test]
async fn an_endpoint_that_is_gone_is_not_tried_again() {
    let stripe = start().await;
    for (how, form) in [("DELETE", ""), ("POST", "disabled=true")] {
        let receiver = Receiver::start();
        let (id, _) = register(&stripe, ALICE, &receiver, ONE).await;
        speed(&stripe, 1.0).await;
        receiver.answer_with(&[500; 9]);
        pay(&stripe, ALICE).await;
        receiver.wait_for(1).await;
        let path = format!("/v1/webhook_endpoints/{id}");
        let gone = stripe.form(ALICE, &path, form);
        let gone = if how == "DELETE" {
            stripe.request(how, ALICE, &path)
        } else {
            gone
        };
        assert_eq!(gone.send().await.unwrap().status().as_u16(), 200);
        speed(&stripe, 1e9).await;
        settle(&stripe).await;
        assert_eq!(receiver.received().len(), 1, "{how}");
        let row = rows(&stripe, "limit=1").await.remove(0);
        assert_eq!(
            (&row["state"], &row["attempt_count"]),
            (&json!("failed"), &json!(1))
        );
    }
}

#[actix_web::test]
async fn an_event_is_sent_again_as_stripes_command_line_does() {
    let stripe = start().await;
    let [first, later] = [(); 2].map(|()| Receiver::start());
    let (first_id, _) = register(&stripe, ALICE, &first, ONE).await;
    pay(&stripe, ALICE).await;
    settle(&stripe).await;
    let (later_id, _) = register(&stripe, ALICE, &later, ONE).await;
    let event = first.received()[0].event()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/events/{event}/retry");
    for endpoint in [&first_id, &later_id] {
        let form = format!("webhook_endpoint={endpoint}");
        let answer = stripe.post(ALICE, &path, &form).await;
        assert_eq!((answer.status, answer.id()), (200, event.as_str()));
    }
    settle(&stripe).await;
    assert_eq!((first.received().len(), later.received().len()), (2, 1));
    assert_eq!(later.received()[0].event()["id"], event.as_str());
    stripe.post(ALICE, &path, "").await;
    settle(&stripe).await;
    assert_eq!((first.received().len(), later.received().len()), (3, 2));
    assert_eq!(rows(&stripe, &format!("event_id={event}")).await.len(), 2);

    let missing = stripe.post(ALICE, &path, "webhook_endpoint=we_1").await;
    assert_eq!(
        missing.error(),
        (400, Some("resource_missing"), Some("webhook_endpoint"))
    );
    stripe
        .post(
            ALICE,
            &format!("/v1/webhook_endpoints/{first_id}"),
            "disabled=true",
        )
        .await;
    let off = stripe
        .post(ALICE, &path, &format!("webhook_endpoint={first_id}"))
        .await;
    assert_eq!(off.error(), (400, None, Some("webhook_endpoint")));
    assert_eq!(stripe.post(BOB, &path, "").await.status, 404);
}

#[actix_web::test]
async fn sending_again_by_hand_does_not_end_the_retries() {
    let (stripe, receiver) = (start().await, Receiver::start());
    register(&stripe, ALICE, &receiver, ONE).await;
    speed(&stripe, 1.0).await;
    receiver.answer_with(&[500, 500]);
    pay(&stripe, ALICE).await;
    receiver.wait_for(1).await;
    let sent = flush(&stripe, json!({ "event_type": ONE[0] })).await;
    assert_eq!(sent[0]["status"], 500);
    let row = &rows(&stripe, "").await[0];
    assert_eq!(
        (&row["state"], row["next_attempt"].is_null()),
        (&json!("pending"), false)
    );
    speed(&stripe, 1e9).await;
    settle(&stripe).await;
    assert_eq!(receiver.received().len(), 3);
}

#[actix_web::test]
async fn thousands_of_deliveries_wait_and_an_endpoint_has_sixteen_at_once() {
    let (stripe, slow) = (start().await, Receiver::start());
    register(&stripe, ALICE, &slow, &["*"]).await;
    slow.answer_after(20);
    for _ in 0..40 {
        pay(&stripe, ALICE).await;
    }
    settle(&stripe).await;
    assert_eq!(slow.received().len(), 160);
    assert!(
        (2..=16).contains(&slow.most_at_once()),
        "{}",
        slow.most_at_once()
    );
}

#[actix_web::test]
async fn a_speed_is_at_least_stripes_own() {
    let stripe = start().await;
    assert_eq!(speed(&stripe, 0.1).await, 422);
    let read = stripe
        .control("GET", "/deliveries/speed", json!(null))
        .await;
    assert_eq!(read.body, json!({ "speed": 1e6 }));
}

/// Of this process: sandbox, test and the receivers together.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024
}

#[actix_web::test]
async fn many_thousand_deliveries_wait_in_little_memory() {
    let stripe = start().await;
    // Takes connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "url=http://{}/&enabled_events[]=*",
        silent.local_addr().unwrap()
    );
    for _ in 0..16 {
        assert_eq!(
            stripe
                .post(ALICE, "/v1/webhook_endpoints", &url)
                .await
                .status,
            200
        );
    }
    let before = resident_mib();
    for _ in 0..300 {
        pay(&stripe, ALICE).await;
    }
    let log = stripe
        .control("GET", "/deliveries?limit=1", json!(null))
        .await;
    let total = log.body["total"].as_u64().unwrap();
    assert!(total >= 14_400, "{total}");
    // Of which a third are the payments themselves; 50,000 deliveries were measured to take 50 MiB.
    let grown = resident_mib() - before;
    assert!(grown < 60, "{grown} MiB for {total}");
}
