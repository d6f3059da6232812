//! Where `SQLite` runs: writes on tokio's threads for blocking work, reads on the thread that asks.
//!
//! A write waits for the disk. A read in WAL mode waits for nobody and takes some ten microseconds; handing it to
//! another thread and back costs several times that (`docs/benchmarks.md`).
//!
//! diesel-async's own choice calls `block_in_place` when a query is dropped before its end. That panics on the
//! single-threaded runtimes of a web server, where it happens whenever a client leaves.

use std::error::Error;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll};

use diesel_async::sync_connection_wrapper::SpawnBlocking;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};

/// Which thread a connection's queries run on.
pub enum Background {
    /// The blocking threads of the runtime on which the connection was opened.
    Threads(Handle),
    /// The thread that asks, at once.
    Here,
}

type Outcome<R> = Result<R, Box<dyn Error + Send + Sync + 'static>>;

impl SpawnBlocking for Background {
    fn spawn_blocking<'a, R: Send + 'static>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Outcome<R>> {
        let Self::Threads(home) = self else {
            return ready(Ok(task())).boxed();
        };
        let (ends, ended) = mpsc::channel::<()>();
        let task = home.spawn_blocking(move || {
            let _ends = ends;
            task()
        });
        Query { task, ended }
            .map(|outcome| outcome.map_err(Box::from))
            .boxed()
    }

    fn get_runtime() -> Self {
        Self::Threads(Handle::current())
    }
}

/// A query at work.
struct Query<R> {
    task: JoinHandle<R>,
    ended: mpsc::Receiver<()>,
}

impl<R> Future for Query<R> {
    type Output = Result<R, JoinError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().task.poll_unpin(context)
    }
}

impl<R> Drop for Query<R> {
    /// Waits for the end of a query that nobody waits for any more: its connection goes back to the pool next, and
    /// must not be at work there. A few milliseconds, and rare.
    fn drop(&mut self) {
        if !self.task.is_finished() {
            let _ = self.ended.recv();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_query_ends_first_on_any_runtime() {
        let home = tokio::runtime::Builder::new_multi_thread().build().unwrap();
        let mut background = Background::Threads(home.handle().clone());
        let (done, is_done) = mpsc::channel();
        let (start, started) = mpsc::channel::<()>();
        let guest = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        guest.block_on(async {
            let query = background.spawn_blocking(move || {
                let _ = started.recv();
                done.send("done").unwrap();
            });
            start.send(()).unwrap();
            drop(query);
            assert_eq!(is_done.try_recv(), Ok("done"));
        });
    }
}
