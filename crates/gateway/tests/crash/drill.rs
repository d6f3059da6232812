//! The course of one run: set up, load, deaths, rest, verdict.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use reqwest::{Client as Http, RequestBuilder};
use serde_json::Value;
use stripe_sandbox::{Config, Sandbox};

use crate::door::Door;
use crate::gateway::{Gateway, Site, is_ready};
use crate::ground::Ground;
use crate::lives::{Kills, first_life, kill_server, live_and_die};
use crate::merchant::{Store, account, open_store};
use crate::plan::Plan;
use crate::report::Course;
use crate::shopper::{Bought, shop};
use crate::tally::Tally;
use crate::verdict::Verdict;
use crate::{client, events, report, rest};

const STORES: usize = 2;
const SHOPPERS: usize = 6;

/// What everybody in a run knows.
pub(crate) struct Town {
    pub(crate) plan: Plan,
    pub(crate) tally: Tally,
    pub(crate) http: Http,
    pub(crate) stripe_url: String,
    pub(crate) door: Door,
    pub(crate) site: Site,
    pub(crate) stores: Vec<Store>,
    open: AtomicBool,
}

impl Town {
    /// Whether load goes on.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// A `POST` of a store's API.
    pub(crate) fn store_post(&self, store: usize, path: &str, body: &Value) -> RequestBuilder {
        self.http.post(self.store_url(store, path)).json(body)
    }

    /// A `GET` of a store's API.
    pub(crate) fn store_get(&self, store: usize, path: &str) -> RequestBuilder {
        self.http.get(self.store_url(store, path))
    }

    fn store_url(&self, store: usize, path: &str) -> String {
        let id = &self.stores[store].id;
        format!("{}/api/v1/stores/{id}{path}", self.door.url)
    }
}

/// Runs everything and prints the counts; fails if any of those that must be 0 is not.
pub(crate) async fn run(plan: Plan, mut ground: Ground) {
    let begun = Instant::now();
    let sandbox = start_sandbox().await;
    let (town, gateways) = set_up(plan, &ground, &sandbox).await;

    let (gateways, bought) = under_load(&town, gateways, &mut ground).await;
    let load = begun.elapsed();
    let database = ground.inspect().await;
    rest::come_to_rest(&town, &database, &bought).await;
    let course = Course {
        engine: ground.engine(),
        load,
        rest: begun.elapsed().saturating_sub(load),
    };
    let mut verdict = Verdict::default();
    verdict.replay_orders(&town, &bought).await;
    for address in town.door.gateways() {
        assert!(
            is_ready(&town.http, address).await,
            "a gateway is not ready at the end"
        );
    }
    for gateway in gateways {
        assert!(
            gateway.stop().await.success(),
            "a gateway did not end in order"
        );
    }
    verdict.compare(&town, &database, &bought).await;
    report::print(&town, &course, &verdict);
    sandbox.stop().await;
    verdict.insist();
}

async fn start_sandbox() -> Sandbox {
    let config = Config {
        accounts: (0..STORES).map(account).collect(),
        ..Config::default()
    };
    Sandbox::start(config).await.unwrap()
}

async fn set_up(plan: Plan, ground: &Ground, sandbox: &Sandbox) -> (Arc<Town>, Vec<Gateway>) {
    let door = Door::open(plan.gateways).await;
    let http = client::http();
    let site = Site {
        folder: ground.folder(),
        database_url: ground.database_url(),
        stripe_url: sandbox.url(),
        public_url: door.url.clone(),
    };
    let mut gateways = Vec::with_capacity(plan.gateways);
    // One after the other: the first one makes the secrets of the site.
    for slot in 0..plan.gateways {
        gateways.push(first_life(&site, &door, &http, slot).await);
    }
    let mut stores = Vec::with_capacity(STORES);
    for n in 0..STORES {
        stores.push(open_store(&http, &door.url, &sandbox.url(), account(n)).await);
    }
    let town = Town {
        plan,
        tally: Tally::default(),
        http,
        stripe_url: sandbox.url(),
        door,
        site,
        stores,
        open: AtomicBool::new(true),
    };
    (Arc::new(town), gateways)
}

/// Shoppers and events all the time, deaths in between. Ends with all gateways alive and every shopper served.
async fn under_load(
    town: &Arc<Town>,
    gateways: Vec<Gateway>,
    ground: &mut Ground,
) -> (Vec<Gateway>, Vec<Bought>) {
    let shoppers = (0..SHOPPERS).map(|n| tokio::spawn(shop(Arc::clone(town), n)));
    let shoppers: Vec<_> = shoppers.collect();
    let senders =
        (0..events::SENDERS).map(|n| tokio::spawn(events::send_events(Arc::clone(town), n)));
    let senders: Vec<_> = senders.collect();
    let kills = Arc::new(Kills::new(town.plan.kills));
    let cluster = ground.cluster.take();
    let server = cluster
        .map(|cluster| tokio::spawn(kill_server(Arc::clone(town), Arc::clone(&kills), cluster)));
    let lives = gateways.into_iter().enumerate().map(|(slot, gateway)| {
        tokio::spawn(live_and_die(
            Arc::clone(town),
            Arc::clone(&kills),
            slot,
            gateway,
        ))
    });
    let lives: Vec<_> = lives.collect();

    let mut survivors = Vec::with_capacity(lives.len());
    for life in lives {
        survivors.push(life.await.unwrap());
    }
    if let Some(server) = server {
        ground.cluster = Some(server.await.unwrap());
    }
    town.open.store(false, Ordering::SeqCst);
    for sender in senders {
        sender.await.unwrap();
    }
    let mut bought = Vec::new();
    for shopper in shoppers {
        bought.extend(shopper.await.unwrap());
    }
    (survivors, bought)
}
