//! How long stages take together when several run at once: the schedule itself, with a clock that jumps.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::graph::{Graph, StageId};
use crate::schedule::{Schedule, Shape};

/// A running stage, ordered by when it ends.
struct Running {
    ends: f64,
    id: StageId,
}

impl Ord for Running {
    fn cmp(&self, other: &Running) -> std::cmp::Ordering {
        self.ends.total_cmp(&other.ends).then(self.id.cmp(&other.id))
    }
}

impl PartialOrd for Running {
    fn partial_cmp(&self, other: &Running) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Running {
    fn eq(&self, other: &Running) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Running {}

/// The time from the first start to the last end, in seconds; stages without a duration do not run.
pub(super) fn makespan(graph: &Graph, durations: &[Option<f64>], jobs: usize) -> f64 {
    let mut schedule = Schedule::new(Shape::of(graph));
    let mut running: BinaryHeap<Reverse<Running>> = BinaryHeap::new();
    let (mut now, mut last) = (0.0, None);
    loop {
        while let Some(id) = schedule.next_to_examine() {
            match durations[id.index()] {
                Some(_) => schedule.must_run(id),
                None => schedule.settle(id, false),
            }
        }
        while running.len() < jobs
            && let Some(id) = schedule.start(last)
        {
            let ends = now + durations[id.index()].unwrap_or(0.0);
            running.push(Reverse(Running { ends, id }));
        }
        let Some(Reverse(ended)) = running.pop() else {
            return now;
        };
        schedule.settle(ended.id, false);
        (now, last) = (ended.ends, Some(ended.id));
    }
}
