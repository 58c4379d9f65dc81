//! Ctrl-C and SIGTERM: the first ends the work at the next good moment, the second at once.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::status::Status;

/// Has signals set `cancel` from now on, and the first of them tell so.
pub(super) fn install(cancel: Arc<AtomicBool>, tell: impl Fn() + Clone + Send + Sync + 'static) {
    let handler = move || {
        if cancel.swap(true, Ordering::Relaxed) {
            process::exit(Status::Interrupted.code().into());
        }
        // Not here: where nobody reads what is said, saying it may take forever, and the second signal must be heard.
        let tell = tell.clone();
        thread::spawn(tell);
    };
    // Without a handler a signal ends the process at once, and the store allows that at any moment.
    if let Err(error) = ctrlc::set_handler(handler) {
        tracing::warn!(%error, "Ctrl-C will end the work at once");
    }
}
