//! The counts of a run, for people.

use std::time::Duration;

use crate::drill::Town;
use crate::verdict::Verdict;

/// Of each kind of fault so many are named.
const NAMED: usize = 5;

/// What a run took beside its counts.
pub(crate) struct Course {
    pub(crate) engine: &'static str,
    /// Set-up included.
    pub(crate) load: Duration,
    pub(crate) rest: Duration,
}

/// Prints everything; what must be 0 comes last.
#[expect(clippy::print_stdout, reason = "the counts are what a run is for")]
pub(crate) fn print(town: &Town, course: &Course, verdict: &Verdict) {
    let plan = &town.plan;
    println!(
        "\nCrash test on {}: {} at once, SEED={}",
        course.engine, plan.gateways, plan.seed
    );
    for (name, value) in lines(town, course, verdict) {
        println!("  {name:<48}{value}");
    }
    for (name, faults) in verdict.faults() {
        println!("  {name:<48}{}", faults.len());
        for fault in faults.iter().take(NAMED) {
            println!("      {fault}");
        }
    }
}

fn lines(town: &Town, course: &Course, verdict: &Verdict) -> Vec<(&'static str, String)> {
    let tally = &town.tally;
    let two = |first: usize, second: usize| format!("{first} / {second}");
    let (kills, early) = (tally.kills.get(), tally.kills_while_starting.get());
    let mut lines = vec![
        (
            "gateways killed / of these while they started",
            two(kills, early),
        ),
        (
            "  back after, median / longest",
            tally.back_after.to_string(),
        ),
    ];
    if town.plan.server_kills > 0 {
        lines.extend([
            ("PostgreSQL killed", tally.server_kills.get().to_string()),
            (
                "  back after, median / longest",
                tally.server_back_after.to_string(),
            ),
            (
                "  gateways back after, meanwhile",
                tally.back_after_server.to_string(),
            ),
            (
                "  starts without a database",
                tally.starts_without_database.get().to_string(),
            ),
        ]);
    }
    let (sent, refused) = (tally.acknowledgements.get(), tally.events_refused.get());
    let (ours, stripes) = (verdict.acknowledged_to_us, verdict.acknowledged_to_stripe);
    lines.extend([
        (
            "seconds of load / until rest",
            format!("{} / {}", course.load.as_secs(), course.rest.as_secs()),
        ),
        ("events acknowledged to us / to Stripe", two(ours, stripes)),
        ("  answers of 200 to us / refusals", two(sent, refused)),
        (
            "  deliveries that Stripe gave up",
            verdict.given_up.to_string(),
        ),
        (
            "  stored / of these found in Stripe's list",
            two(verdict.stored, verdict.found),
        ),
        ("orders by payment", format!("{:?}", verdict.states)),
        (
            "  requests of shoppers that broke",
            tally.broken_requests.get().to_string(),
        ),
        (
            "  placed, answer died / never asked again",
            two(tally.answers_lost.get(), tally.left_behind.get()),
        ),
        (
            "  asked for again / refused as paid already",
            two(verdict.replayed, verdict.refused),
        ),
        (
            "  keys that a dead gateway held / still holds",
            two(tally.keys_in_use.get(), verdict.still_held),
        ),
    ]);
    lines
}
