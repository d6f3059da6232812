//! Many connections at once, each sending its next request when the last one is answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::task::JoinSet;

use crate::process::Gateway;
use crate::wire::Wire;

/// More than Stripe opens to one endpoint; enough to keep two cores busy.
pub(crate) const CONNECTIONS: usize = 64;
/// Not counted: connections open, caches fill, the group commit finds its pace.
const WARM_UP: Duration = Duration::from_secs(1);

/// What came back.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Load {
    /// Answers of 200 a second.
    pub(crate) per_s: f64,
    /// Milliseconds from the request to the whole answer.
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
    /// Processor time of the gateway's process per answer, in microseconds: hardly depends on who shares the cores.
    pub(crate) server_cpu_us: f64,
    /// Other answers and broken connections.
    pub(crate) failed: usize,
    #[serde(skip)]
    window: Window,
}

/// What was seen while it was counted.
#[derive(Debug, Clone, Default)]
struct Window {
    counted: Duration,
    cpu: Duration,
    /// Of the answers of 200.
    took: Vec<Duration>,
    failed: usize,
}

/// The outcome of one request.
struct Sample {
    sent: Instant,
    took: Duration,
    ok: bool,
}

impl Load {
    /// Sends what `write_request(n, …)` writes, with another `n` each time, over so many connections until `counted` is over.
    pub(crate) async fn run(
        gateway: &Gateway,
        connections: usize,
        counted: Duration,
        write_request: impl Fn(u64, &mut Vec<u8>) + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let from = Instant::now() + WARM_UP;
        let until = from + counted;
        let address = gateway.address;
        // One thread for all clients: handing them about between threads would cost the server.
        let clients = std::thread::spawn(move || {
            let write_request = Arc::new(write_request);
            send_from_all(until, address, connections, &write_request)
        });
        tokio::time::sleep_until(from.into()).await;
        let cpu_before = gateway.cpu_time()?;
        tokio::time::sleep_until(until.into()).await;
        let cpu = gateway.cpu_time()?.saturating_sub(cpu_before);
        let ended = tokio::task::spawn_blocking(|| clients.join()).await?;
        let samples = ended.map_err(|_| anyhow::anyhow!("the clients panicked"))??;
        let mut window = Window {
            counted,
            cpu,
            ..Window::default()
        };
        let within = samples
            .into_iter()
            .filter(|sample| from <= sample.sent && sample.sent + sample.took <= until);
        for sample in within {
            if sample.ok {
                window.took.push(sample.took);
            } else {
                window.failed += 1;
            }
        }
        Ok(Self::of(window))
    }

    /// Several loads as if they were one.
    pub(crate) fn joined(rounds: Vec<Self>) -> Self {
        let mut all = Window::default();
        for Self { window, .. } in rounds {
            all.counted += window.counted;
            all.cpu += window.cpu;
            all.took.extend(window.took);
            all.failed += window.failed;
        }
        Self::of(all)
    }

    fn of(mut window: Window) -> Self {
        let took = &mut window.took;
        took.sort();
        let answered = u32::try_from(took.len()).unwrap_or(u32::MAX);
        Self {
            per_s: f64::from(answered) / window.counted.as_secs_f64(),
            p50_ms: permille_ms(took, 500),
            p99_ms: permille_ms(took, 990),
            p999_ms: permille_ms(took, 999),
            server_cpu_us: window.cpu.as_secs_f64() * 1e6 / f64::from(answered),
            failed: window.failed,
            window,
        }
    }
}

/// A percentile of sorted times, in milliseconds; 0 where there are none.
pub(crate) fn percentile_ms(sorted: &[Duration], percent: usize) -> f64 {
    permille_ms(sorted, 10 * percent)
}

fn permille_ms(sorted: &[Duration], permille: usize) -> f64 {
    let index = (sorted.len() * permille / 1000).min(sorted.len().saturating_sub(1));
    sorted
        .get(index)
        .map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

fn send_from_all(
    until: Instant,
    address: SocketAddr,
    connections: usize,
    write_request: &Arc<impl Fn(u64, &mut Vec<u8>) + Send + Sync + 'static>,
) -> anyhow::Result<Vec<Sample>> {
    let next = Arc::new(AtomicU64::new(0));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut clients = JoinSet::new();
        for _ in 0..connections {
            let (write_request, next) = (Arc::clone(write_request), Arc::clone(&next));
            clients.spawn(async move {
                let write_next = |request: &mut Vec<u8>| {
                    write_request(next.fetch_add(1, Ordering::Relaxed), request);
                };
                send_until(until, address, write_next).await
            });
        }
        let samples: Result<Vec<Vec<Sample>>, _> = clients.join_all().await.into_iter().collect();
        Ok(samples?.into_iter().flatten().collect())
    })
}

async fn send_until(
    until: Instant,
    address: SocketAddr,
    write_next: impl Fn(&mut Vec<u8>),
) -> std::io::Result<Vec<Sample>> {
    let mut samples = Vec::new();
    let mut request = Vec::new();
    let mut wire = Wire::open(address).await?;
    while Instant::now() < until {
        request.clear();
        write_next(&mut request);
        let sent = Instant::now();
        let status = wire.send(&request).await;
        let took = sent.elapsed();
        samples.push(Sample {
            sent,
            took,
            ok: status.as_ref().is_ok_and(|status| *status == 200),
        });
        if status.is_err() {
            wire = Wire::open(address).await?;
        }
    }
    Ok(samples)
}
