//! The one address that Stripe and shoppers know: passes each connection on to the next gateway that takes it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A round-robin TCP forwarder. One gateway refuses: the next is tried. All do: the connection is closed.
pub(crate) struct Door {
    pub(crate) url: String,
    behind: Arc<Behind>,
    task: JoinHandle<()>,
}

struct Behind {
    /// By slot; none while its gateway is dead.
    gateways: Mutex<Vec<Option<SocketAddr>>>,
    turn: AtomicUsize,
}

impl Door {
    pub(crate) async fn open(slots: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let behind = Arc::new(Behind {
            gateways: Mutex::new(vec![None; slots]),
            turn: AtomicUsize::new(0),
        });
        let task = tokio::spawn(serve(listener, Arc::clone(&behind)));
        Self { url, behind, task }
    }

    /// Where a slot's gateway listens from now on.
    pub(crate) fn set(&self, slot: usize, address: Option<SocketAddr>) {
        self.behind.gateways.lock().unwrap()[slot] = address;
    }

    /// All gateways that are there.
    pub(crate) fn gateways(&self) -> Vec<SocketAddr> {
        let gateways = self.behind.gateways.lock().unwrap();
        gateways.iter().flatten().copied().collect()
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, behind: Arc<Behind>) {
    while let Ok((caller, _)) = listener.accept().await {
        tokio::spawn(pass_on(caller, Arc::clone(&behind)));
    }
}

async fn pass_on(mut caller: TcpStream, behind: Arc<Behind>) {
    let mut order = behind.gateways.lock().unwrap().clone();
    let first = behind.turn.fetch_add(1, Ordering::Relaxed) % order.len();
    order.rotate_left(first);
    for address in order.into_iter().flatten() {
        if let Ok(mut gateway) = TcpStream::connect(address).await {
            // It ends when either side does, also by being killed.
            let _ = copy_bidirectional(&mut caller, &mut gateway).await;
            return;
        }
    }
}
