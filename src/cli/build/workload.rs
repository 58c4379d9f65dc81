//! How much training a build has before it, and how long that will take. Pure: is told what happens and when.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use gan_pipeline::StageId;

/// Training steps of all runs, done and to be done.
#[derive(Debug, Default)]
pub(super) struct Workload {
    /// The steps of each segment that has no entry yet.
    open: HashMap<StageId, u64>,
    /// The steps of running segments that are done.
    partly: HashMap<StageId, u64>,
    /// Steps done by this build.
    done: u64,
    /// When the first segment of this build began: what came before tells nothing about the speed of training.
    began: Option<Instant>,
}

impl Workload {
    /// Takes the segments of each run: the step that each ends at, ascending.
    pub(super) fn new<'r>(runs: impl IntoIterator<Item = &'r [(u64, StageId)]>) -> Workload {
        let mut open = HashMap::new();
        for segments in runs {
            let mut before = 0;
            for &(step, id) in segments {
                open.insert(id, step - before);
                before = step;
            }
        }
        Workload {
            open,
            ..Workload::default()
        }
    }

    /// A stage begins to run.
    pub(super) fn start(&mut self, id: StageId, now: Instant) {
        if self.open.get(&id).is_some_and(|steps| *steps > 0) {
            self.began.get_or_insert(now);
        }
    }

    /// A segment has done this many of its steps.
    pub(super) fn progress(&mut self, id: StageId, done: u64) {
        if let Some(&steps) = self.open.get(&id) {
            let done = done.min(steps);
            let before = self.partly.insert(id, done).unwrap_or(0);
            self.done += done.saturating_sub(before);
        }
    }

    /// A segment has an entry; `ran` tells whether this build made it.
    pub(super) fn settle(&mut self, id: StageId, ran: bool) {
        if ran && let Some(&steps) = self.open.get(&id) {
            self.progress(id, steps);
        }
        self.drop(id);
    }

    /// A segment will not run.
    pub(super) fn drop(&mut self, id: StageId) {
        self.open.remove(&id);
        self.partly.remove(&id);
    }

    /// Steps that are left to do.
    pub(super) fn left(&self) -> u64 {
        self.open.values().sum::<u64>() - self.partly.values().sum::<u64>()
    }

    /// How long the rest will take, from the steps that the build has done since its training began.
    pub(super) fn time_left(&self, now: Instant) -> Option<Duration> {
        let (left, since) = (self.left(), now.duration_since(self.began?));
        (self.done > 0 && left > 0).then(|| since.mul_f64(left as f64 / self.done as f64))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use gan_cache::Value;
    use gan_pipeline::{Graph, Outcome, OutputSpecification, Stage, StageContext, StageFailure};

    use super::*;

    struct Segment(u64);

    impl Stage for Segment {
        fn kind(&self) -> &'static str {
            "train"
        }
        fn version(&self) -> u32 {
            1
        }
        fn name(&self) -> String {
            format!("train to {}", self.0)
        }
        fn parameters(&self) -> BTreeMap<String, Value> {
            BTreeMap::new()
        }
        fn outputs(&self) -> Vec<OutputSpecification> {
            Vec::new()
        }
        fn run(&self, _: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
            Ok(Outcome::Completed)
        }
    }

    /// One run of three segments: to steps 0, 100 and 300.
    fn workload() -> (Workload, Vec<StageId>) {
        let mut graph = Graph::new("test");
        let steps = [0, 100, 300];
        let ids = steps.map(|step| graph.add(Arc::new(Segment(step))));
        let segments: Vec<_> = steps.into_iter().zip(ids).collect();
        (Workload::new([&segments[..]]), ids.to_vec())
    }

    #[test]
    fn hits_are_not_left_and_say_nothing_about_speed() {
        let (mut workload, ids) = workload();
        workload.settle(ids[1], false);
        assert_eq!(workload.left(), 200);
        assert_eq!(workload.time_left(Instant::now()), None);
    }

    #[test]
    fn the_time_left_follows_the_speed_so_far() {
        let (mut workload, ids) = workload();
        let began = Instant::now();
        workload.start(ids[1], began);
        workload.settle(ids[1], true);
        workload.start(ids[2], began + Duration::from_secs(20));
        workload.progress(ids[2], 50);
        assert_eq!(workload.left(), 150);
        let now = began + Duration::from_secs(30);
        assert_eq!(workload.time_left(now), Some(Duration::from_secs(30)));
    }

    #[test]
    fn what_runs_before_training_does_not_count_as_training() {
        let (mut workload, ids) = workload();
        let before = Instant::now();
        // Initial weights are a segment without steps.
        workload.start(ids[0], before);
        let began = before + Duration::from_secs(1000);
        workload.start(ids[1], began);
        workload.progress(ids[1], 100);
        let now = began + Duration::from_secs(10);
        assert_eq!(workload.time_left(now), Some(Duration::from_secs(20)));
    }

    #[test]
    fn a_segment_that_will_not_run_is_not_waited_for() {
        let (mut workload, ids) = workload();
        workload.progress(ids[1], 60);
        workload.drop(ids[1]);
        workload.drop(ids[2]);
        assert_eq!(workload.left(), 0);
        assert_eq!(workload.time_left(Instant::now()), None);
    }
}
