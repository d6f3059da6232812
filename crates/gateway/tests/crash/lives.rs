//! The lives of gateways and of the PostgreSQL server: what kills them, and what starts them again at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::RngExt;
use rand::rngs::StdRng;
use reqwest::Client as Http;
use tokio::time::timeout;

use crate::cluster::{Cluster, Death};
use crate::door::Door;
use crate::drill::Town;
use crate::gateway::{Gateway, Site, Start};
use crate::rest::GRAIN;

/// A gateway that serves is killed so many milliseconds later: some at once, most after a while.
const UPTIME_MS: [std::ops::Range<u64>; 3] = [20..400, 400..3_000, 400..3_000];
/// Some are killed so many milliseconds after their start, ready or not.
const START_MS: std::ops::Range<u64> = 0..100;
/// One of so many lives ends that way.
const START_KILLS: u32 = 8;
/// Before a start is tried again that found no database, as systemd's `RestartSec` does.
const RESTART: Duration = Duration::from_millis(100);
/// The run is broken if its kills are not done by then.
const KILLED_WITHIN: Duration = Duration::from_mins(30);

/// How many gateways may still be killed, by whichever slot comes first.
pub(crate) struct Kills {
    left: AtomicUsize,
}

impl Kills {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            left: AtomicUsize::new(count),
        }
    }

    pub(crate) fn left(&self) -> usize {
        self.left.load(Ordering::SeqCst)
    }

    fn take(&self) -> bool {
        let taken = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        taken.is_ok()
    }

    fn give_back(&self) {
        self.left.fetch_add(1, Ordering::SeqCst);
    }
}

/// Starts the slot's gateway and waits until it serves.
pub(crate) async fn first_life(site: &Site, door: &Door, http: &Http, slot: usize) -> Gateway {
    let mut gateway = site.start(slot);
    match gateway.ready(http).await {
        Start::Ready(address) => door.set(slot, Some(address)),
        Start::Ended => panic!("gateway {slot} does not start: see its log"),
    }
    gateway
}

/// Kills the slot's gateway again and again, and starts it at once. Gives back the one that outlives the kills.
pub(crate) async fn live_and_die(
    town: Arc<Town>,
    kills: Arc<Kills>,
    slot: usize,
    mut gateway: Gateway,
) -> Gateway {
    let mut dice = town.plan.dice("killer", slot);
    loop {
        tokio::time::sleep(uptime(&mut dice)).await;
        assert!(
            !gateway.has_ended(),
            "gateway {slot} ended by itself: see its log"
        );
        if !kills.take() {
            return gateway;
        }
        town.door.set(slot, None);
        gateway.kill();
        town.tally.kills.add();
        gateway = come_back(&town, &kills, slot, &mut dice).await;
    }
}

fn uptime(dice: &mut StdRng) -> Duration {
    let kind = dice.random_range(0..UPTIME_MS.len());
    Duration::from_millis(dice.random_range(UPTIME_MS[kind].clone()))
}

/// Starts until one is ready.
async fn come_back(town: &Town, kills: &Kills, slot: usize, dice: &mut StdRng) -> Gateway {
    let mut begun = Instant::now();
    let mut met_no_database = false;
    loop {
        let server_kills = town.tally.server_kills.get();
        let mut gateway = town.site.start(slot);
        if dice.random_ratio(1, START_KILLS) && kills.take() {
            let age = Duration::from_millis(dice.random_range(START_MS));
            match timeout(age, gateway.ready(&town.http)).await {
                // There was no database to start with: nobody to kill.
                Ok(Start::Ended) => {
                    kills.give_back();
                    town.tally.starts_without_database.add();
                    continue;
                }
                Ok(Start::Ready(_)) => {}
                Err(_) => town.tally.kills_while_starting.add(),
            }
            gateway.kill();
            town.tally.kills.add();
            begun = Instant::now();
            continue;
        }
        match gateway.ready(&town.http).await {
            Start::Ready(address) => {
                town.door.set(slot, Some(address));
                let met_none = met_no_database || server_kills != town.tally.server_kills.get();
                let times = if met_none {
                    &town.tally.back_after_server
                } else {
                    &town.tally.back_after
                };
                times.add(begun.elapsed());
                return gateway;
            }
            Start::Ended => {
                assert!(
                    town.plan.server_kills > 0,
                    "gateway {slot} does not start: see its log"
                );
                met_no_database = true;
                town.tally.starts_without_database.add();
                tokio::time::sleep(RESTART).await;
            }
        }
    }
}

/// Kills the PostgreSQL server, spread over the gateways' deaths.
pub(crate) async fn kill_server(
    town: Arc<Town>,
    kills: Arc<Kills>,
    mut cluster: Cluster,
) -> Cluster {
    let mut dice = town.plan.dice("server", 0);
    let all = kills.left();
    for turn in 0..town.plan.server_kills {
        // After each equal share of the deaths, at a random moment of the next life.
        let done = all * (2 * turn + 1) / (2 * town.plan.server_kills);
        let begun = Instant::now();
        while kills.left() > all - done {
            assert!(
                begun.elapsed() < KILLED_WITHIN,
                "the gateways' deaths stand still"
            );
            tokio::time::sleep(GRAIN).await;
        }
        tokio::time::sleep(uptime(&mut dice)).await;
        let deaths = [Death::Kill, Death::Immediate, Death::Process];
        let death = deaths[dice.random_range(0..deaths.len())];
        town.tally.server_kills.add();
        let away = cluster.restart(death).await;
        town.tally.server_back_after.add(away);
    }
    cluster
}
