//! How much memory a process takes.

use std::fs::read_to_string;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// How often it is looked at.
const STRIDE: Duration = Duration::from_millis(20);

/// Watches a process until this is dropped. The system's own mark of the most
/// that was ever in use (`VmHWM`) counts the pages of an `SQLite` file once for
/// each connection that maps it, so that is no use here.
pub struct Memory {
    /// In KiB.
    peak: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Memory {
    /// Begins to watch.
    pub fn of(process: u32) -> Self {
        let memory = Self {
            peak: Arc::default(),
            stop: Arc::default(),
        };
        let (peak, stop) = (memory.peak.clone(), memory.stop.clone());
        std::thread::spawn(move || {
            let mut most = 0;
            while !stop.load(Ordering::Relaxed) {
                // Its own pages are quick to count, so that is done often; all
                // of them only where there are more than ever.
                let own = kibibytes(&format!("/proc/{process}/status"), "RssAnon:");
                if own.is_some_and(|own| own > most) {
                    most = own.unwrap_or_default();
                    let all = kibibytes(&format!("/proc/{process}/smaps_rollup"), "Pss:");
                    peak.fetch_max(all.unwrap_or(most).max(most), Ordering::Relaxed);
                }
                std::thread::sleep(STRIDE);
            }
        });
        memory
    }

    /// The most that was seen in use, in MiB; nothing where the system does not
    /// tell.
    pub fn peak(&self) -> Option<u64> {
        match self.peak.load(Ordering::Relaxed) {
            0 => None,
            peak => Some(peak / 1024),
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn kibibytes(file: &str, name: &str) -> Option<u64> {
    let text = read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
