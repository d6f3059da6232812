//! P13, F7: many at once at one link: one makes the order. `make races` plays more rounds.

use futures_util::future::join_all;
use serde_json::json;

use crate::harness::{TestApp, stories};
use crate::races::rounds;

stories!(p13_of_many_at_once_one_completes_the_link);

/// Callers of a round.
const CROWD: usize = 8;

async fn p13_of_many_at_once_one_completes_the_link(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = json!({ "name": "Print", "unit_amount": 1250, "stock": 1_000_000 });
    let product = app.create_product(&store, product).await;
    for round in 1..=rounds(2) {
        let cart = app.cart_of(&store, &product, 1).await;
        let link = app.paid_link(&store, &cart).await;
        let complete = || app.patiently(|| app.complete_link(&link.token, &link.intent));
        let page = async {
            // The page after payment does the same, and our own work.
            gateway::work::links::run_once(&app.app).await.unwrap();
            app.patiently(|| app.link_page(&link.token, "?back=1"))
                .await
        };
        let (replies, shown) = tokio::join!(join_all((0..CROWD).map(|_| complete())), page);
        assert_eq!(shown.status, 200, "{}", shown.text);
        let mut made = 0;
        for reply in &replies {
            match reply.status.as_u16() {
                200 => made += 1,
                409 => drop(reply.expect_error(409, "link_busy")),
                410 => drop(reply.expect_error(410, "link_used")),
                _ => panic!("round {round}: {}", reply.text),
            }
        }
        let by_page = shown.text.contains("Thank you, your payment is complete");
        assert!(
            made <= 1,
            "round {round}: {made} were told that they made the order"
        );
        assert!(
            made == 1 || by_page || shown.text.contains("Confirming"),
            "round {round}"
        );
        let last = app.complete_link(&link.token, &link.intent).await;
        last.expect_error(410, "link_used");
        let at_stripe = app.intent_at_stripe_alone(&store, &link.intent).await;
        assert_eq!(
            (&at_stripe["status"], &at_stripe["amount_received"]),
            (&json!("succeeded"), &json!(1250)),
            "round {round}"
        );
        let sql = format!(
            "SELECT count(*) FROM orders WHERE cart_id = '{cart}' AND payment_status = 'paid'"
        );
        let orders = app.database.raw(&sql).await.unwrap();
        assert_eq!(orders[0][0].as_deref(), Some("1"), "round {round}");
    }
    let sold = app.stock(&store, &product).await.as_u64().unwrap();
    assert_eq!(
        1_000_000 - sold,
        u64::from(rounds(2)),
        "as many pieces as orders"
    );
    assert_eq!(app.count("orders").await, u64::from(rounds(2)));
}
