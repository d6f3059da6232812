//! `sandbox`: a Stripe alone, and the faults of one that runs.

use serde_json::{Value, json};

use crate::place::{Place, Program, http, text};

fn start(place: &Place, args: &[&str]) -> (Program, Value) {
    let mut program = place.start(&[&["sandbox", "--port", "0", "--json"], args].concat(), &[]);
    let ready = program.json_line();
    (program, ready)
}

fn fault<'a>(ready: &'a Value, args: &[&'a str]) -> Vec<&'a str> {
    let url = ["--url", ready["url"].as_str().unwrap()];
    [&["sandbox", "fault"], args, &url].concat()
}

async fn balance(ready: &Value, key: &str) -> (u16, Value) {
    let url = format!("{}/v1/balance", ready["url"].as_str().unwrap());
    let answer = http().get(url).bearer_auth(key).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn it_starts_as_it_is_told() {
    let place = Place::new();
    let account = "id=acct_1FAKEMine,secret=sk_test_FAKE_mine,publishable=pk_test_FAKE_mine";
    let args = [
        "--seed",
        "7",
        "--fault",
        "429,times=1",
        "--fault",
        "webhook.drop",
        "--latency",
        "1:2",
        "--webhook-speed",
        "6000",
        "--rate-limit",
        "50",
        "--account",
        account,
        "--public-url",
        "https://stripe.example.test",
    ];
    let (program, ready) = start(&place, &args);
    assert_eq!(ready["seed"], 7);
    assert_eq!(ready["accounts"].as_array().unwrap().len(), 3);
    assert_eq!(balance(&ready, "sk_test_FAKE_mine").await.0, 429);
    assert_eq!(balance(&ready, "sk_test_FAKE_mine").await.0, 200);
    let list: Value = place.json(&fault(&ready, &["list", "--json"]));
    assert_eq!(list["seed"], 7);
    assert_eq!(list["faults"][0]["id"], "latency");
    assert_eq!(
        (&list["faults"][1]["times"], &list["faults"][1]["met"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(list["webhook_faults"][0]["kind"], "drop");
    let read = async |path: &str| -> Value {
        let url = format!("{}/_sandbox{path}", ready["url"].as_str().unwrap());
        http().get(url).send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(read("/rate_limit").await, json!({ "per_second": 50 }));
    assert_eq!(read("/deliveries/speed").await, json!({ "speed": 6000.0 }));
    let (status, _) = program.terminate();
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn a_running_one_is_made_to_fail_and_to_work_again() {
    let place = Place::new();
    let (_program, ready) = start(&place, &[]);
    let key = ready["accounts"][0]["secret_key"].as_str().unwrap();
    let specs = [
        "add",
        "500,path=/v1/balance,times=9",
        "webhook.delay,ms=5,id=late",
    ];
    assert_eq!(place.print(&fault(&ready, &specs)), "fault_1\nlate\n");
    assert_eq!(balance(&ready, key).await.0, 500);
    let shown = place.print(&fault(&ready, &["list"]));
    for part in ["Seed 0", "fault_1", "/v1/balance", "late", "delay_ms"] {
        assert!(shown.contains(part), "{shown}");
    }
    assert_eq!(place.print(&fault(&ready, &["clear", "late"])), "");
    let again = place.run(&fault(&ready, &["clear", "late"]), &[]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("there is no fault with this id"));
    place.print(&fault(&ready, &["clear"]));
    assert_eq!(balance(&ready, key).await.0, 200);
}

#[test]
fn a_sandbox_that_does_not_answer_is_told() {
    let args = ["sandbox", "fault", "list", "--url", "http://127.0.0.1:1"];
    let output = Place::new().run(&args, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no sandbox answers at http://127.0.0.1:1/"));
}
