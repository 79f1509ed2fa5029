//! Signals that end the command from outside.
//!
//! A handler may do next to nothing. It notes the signal, and wakes a thread that does the rest: each signal is one byte
//! in a pipe.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::Progress;
use crate::workers::ThreadsError;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use super::bar::Bar;

/// A first signal has the work stop in order; a second one ends the command at once.
///
/// # Errors
///
/// If the system has no descriptor or thread to spare.
pub fn stop_in_order(progress: &Progress, bar: &Bar) -> Result<(), ThreadsError> {
    end_at(2, progress.stop_flag(), bar).map_err(|source| ThreadsError::Waiting { source })
}

/// The first signal ends the command at once: the work has nothing to tidy up, and may be waiting for its input.
///
/// # Errors
///
/// If the system has no descriptor or thread to spare.
pub fn end_at_once(bar: &Bar) -> Result<(), ThreadsError> {
    end_at(1, Arc::default(), bar).map_err(|source| ThreadsError::Waiting { source })
}

/// Notes each signal in `latest`, and ends the command when so many have come. The bar does not stay on the terminal.
fn end_at(count: usize, latest: Arc<AtomicUsize>, bar: &Bar) -> io::Result<()> {
    let (mut pipe, handlers_end) = UnixStream::pair()?;
    let (bar, noted) = (bar.clone(), Arc::clone(&latest));
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if pipe.read_exact(&mut vec![0; count]).is_ok() {
            bar.clear();
            low_level::exit(128 + noted.load(Ordering::Relaxed) as i32);
        }
    })?;
    for signal in [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal)) {
        // Handlers of a signal run in the order in which they were registered.
        flag::register_usize(signal, Arc::clone(&latest), signal as usize)?;
        low_level::pipe::register(signal, handlers_end.try_clone()?)?;
    }
    Ok(())
}

/// Whether whoever started this process made it ignore `signal`, as `nohup` does. It stays so.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
    let mask = mask.and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0);
    mask & (1 << (signal - 1)) != 0
}
