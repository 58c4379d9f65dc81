//! Waits for the lock of a key without becoming deaf to a request to stop.
//!
//! Waiting for a lock cannot be interrupted, so a thread of its own waits; if the build is cancelled
//! meanwhile, that thread is left behind and gives the lock back as soon as it gets it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use gan_cache::{Key, KeyLock, Store, StoreError};

use crate::failure::StageFailure;

const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

enum News {
    Waiting(String),
    Ended(Result<KeyLock, StoreError>),
}

/// Takes the lock of a key; `on_wait` is told in words who has it.
///
/// # Errors
/// [`StageFailure::Cancelled`] if the build was cancelled before the lock was free; a lock that cannot be
/// taken.
pub(super) fn acquire(
    store: &Store,
    key: Key,
    cancel: &AtomicBool,
    on_wait: &dyn Fn(String),
) -> Result<KeyLock, StageFailure> {
    let news = wait_elsewhere(store.clone(), key)?;
    loop {
        match news.recv_timeout(BETWEEN_LOOKS) {
            Ok(News::Waiting(holder)) => on_wait(holder),
            Ok(News::Ended(lock)) => return Ok(lock?),
            Err(RecvTimeoutError::Timeout) if cancel.load(Ordering::Relaxed) => {
                return Err(StageFailure::Cancelled);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(StageFailure::message(
                    "the thread that waits for the stage's lock ended",
                ));
            }
        }
    }
}

fn wait_elsewhere(store: Store, key: Key) -> Result<Receiver<News>, StageFailure> {
    let (sender, news) = channel();
    let wait = move || {
        let on_wait = sender.clone();
        // Nobody listens any more once the build is cancelled; the lock is then dropped right here.
        let lock = store.lock(&key, &mut |holder| {
            drop(on_wait.send(News::Waiting(holder.to_string())))
        });
        drop(sender.send(News::Ended(lock)));
    };
    std::thread::Builder::new()
        .name("stage lock".to_owned())
        .spawn(wait)?;
    Ok(news)
}
