//! What one durable write costs on this disk: the floor under every answered webhook.

use std::io::Write;
use std::time::Instant;

const WRITES: usize = 200;
/// A page, as both engines write.
const PAGE: [u8; 4096] = [0; 4096];

/// Median time to append a page and have it on disk, in microseconds.
pub(crate) fn fsync_us() -> anyhow::Result<f64> {
    let mut file = tempfile::tempfile_in(env!("CARGO_TARGET_TMPDIR"))?;
    let mut times = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        let begun = Instant::now();
        file.write_all(&PAGE)?;
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    times.sort();
    Ok(times[WRITES / 2].as_secs_f64() * 1e6)
}
