//! The threads that run stages, and nothing else.
//!
//! Each worker takes a task, performs it without holding the lock on the build, hands the result in and takes
//! its next task in one step, so that it can go on with the chain it just extended.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Scope;

use super::build::Build;
use super::perform::{Performed, Surroundings, Task};
use super::{ExecuteError, ExecuteOptions};

struct Shared<'a> {
    build: Mutex<Build<'a>>,
    /// Rung when a result was handed in.
    changed: Condvar,
}

/// Runs a build to its end with as many workers as there are jobs.
pub(super) fn run<'a>(build: Build<'a>, options: &ExecuteOptions) -> Result<Build<'a>, ExecuteError> {
    let surroundings = build.surroundings();
    let shared = Shared {
        build: Mutex::new(build),
        changed: Condvar::new(),
    };
    std::thread::scope(|scope| start_all(scope, &shared, surroundings, options.jobs.max(1)))?;
    Ok(shared.build.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Starts the workers; fewer than wanted are enough, none is not.
fn start_all<'scope, 'a>(
    scope: &'scope Scope<'scope, '_>,
    shared: &'scope Shared<'a>,
    surroundings: Surroundings<'a>,
    count: usize,
) -> Result<(), ExecuteError>
where
    'a: 'scope,
{
    for number in 0..count {
        let worker = std::thread::Builder::new().name(format!("stage worker {number}"));
        match worker.spawn_scoped(scope, move || shared.work(surroundings)) {
            Ok(_) => {}
            Err(error) if number == 0 => return Err(ExecuteError::Thread(error)),
            Err(error) => {
                tracing::warn!(%error, started = number, wanted = count, "fewer workers than jobs");
                break;
            }
        }
    }
    Ok(())
}

impl<'a> Shared<'a> {
    fn work(&self, surroundings: Surroundings<'a>) {
        let _release = ReleaseOthers { shared: self };
        let mut done = None;
        while let Some(task) = self.next(done.take()) {
            let performed = surroundings.perform(&task);
            done = Some((task, performed));
        }
    }

    /// Hands in what was done and waits for something to do; none when the build is over.
    fn next(&self, done: Option<(Task, Performed)>) -> Option<Task> {
        let mut build = self.lock();
        let last = done.as_ref().map(|(task, _)| task.id);
        if let Some((task, performed)) = done {
            build.conclude(task, performed);
            self.changed.notify_all();
        }
        loop {
            let task = build.next(last);
            if task.is_some() || !build.is_running() {
                return task;
            }
            build = self.changed.wait(build).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Build<'a>> {
        self.build.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the other workers go when one of them panics, which only an observer can cause.
struct ReleaseOthers<'s, 'a> {
    shared: &'s Shared<'a>,
}

impl Drop for ReleaseOthers<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared.lock().give_up();
            self.shared.changed.notify_all();
        }
    }
}
