//! Schedules driven by hand, and by chance against what must hold for every one.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

fn id(stage: usize) -> StageId {
    StageId::new(stage)
}

/// A shape of stages whose consumers come later; all of one kind unless told.
fn shape(count: usize, edges: &[(usize, usize)]) -> Shape {
    let mut shape = Shape {
        upstream: vec![Vec::new(); count],
        downstream: vec![Vec::new(); count],
        kinds: vec!["train"; count],
        needs_device: vec![false; count],
    };
    for (from, to) in edges {
        shape.upstream[*to].push(*from);
        shape.downstream[*from].push(*to);
    }
    shape
}

/// Settles a stage as a hit.
fn hit(schedule: &mut Schedule, stage: usize) {
    assert_eq!(schedule.state(id(stage)), State::Examine);
    schedule.settle(id(stage), false);
}

/// Starts a stage that must run.
fn start(schedule: &mut Schedule, stage: usize) {
    assert_eq!(schedule.state(id(stage)), State::Examine);
    schedule.must_run(id(stage));
    while schedule.state(id(stage)) != State::Running {
        assert!(schedule.start(None).is_some());
    }
}

#[test]
fn stages_are_examined_once_everything_above_is_settled() {
    let mut schedule = Schedule::new(shape(3, &[(0, 2), (1, 2)]));
    assert_eq!(schedule.next_to_examine(), Some(id(0)));
    hit(&mut schedule, 0);
    assert_eq!(schedule.state(id(2)), State::Pending);
    assert_eq!(schedule.next_to_examine(), Some(id(1)));
    hit(&mut schedule, 1);
    assert_eq!(schedule.next_to_examine(), Some(id(2)));
}

#[test]
fn the_first_ready_stage_starts_unless_a_chain_can_go_on() {
    let mut shape = shape(5, &[(2, 3), (2, 4)]);
    shape.kinds[3] = "metric";
    let mut schedule = Schedule::new(shape);
    for stage in 0..3 {
        schedule.must_run(id(stage));
    }
    assert_eq!(schedule.start(None), Some(id(0)));
    assert_eq!(schedule.start(None), Some(id(1)));
    assert_eq!(schedule.start(None), Some(id(2)));
    schedule.settle(id(2), false);
    schedule.must_run(id(3));
    schedule.must_run(id(4));
    assert_eq!(schedule.start(Some(id(2))), Some(id(4)));
    assert_eq!(schedule.start(Some(id(2))), Some(id(3)));
    assert_eq!(schedule.start(Some(id(2))), None);
}

#[test]
fn while_a_stage_has_the_device_only_stages_without_it_start() {
    let mut shape = shape(4, &[(0, 3)]);
    shape.needs_device = vec![true, true, false, true];
    let mut schedule = Schedule::new(shape);
    for stage in 0..3 {
        schedule.must_run(id(stage));
    }
    assert_eq!(schedule.start(None), Some(id(0)));
    assert_eq!(schedule.start(None), Some(id(2)));
    assert_eq!(schedule.start(None), None);
    schedule.settle(id(0), false);
    schedule.must_run(id(3));
    assert_eq!(schedule.start(None), Some(id(1)));
    // Even the next of its own chain has to wait.
    assert_eq!(schedule.start(Some(id(0))), None);
    schedule.fail(id(1));
    assert_eq!(schedule.start(Some(id(0))), Some(id(3)));
}

#[test]
fn a_reopened_stage_holds_its_consumers_until_it_is_settled_again() {
    let mut schedule = Schedule::new(shape(3, &[(0, 1), (0, 2)]));
    hit(&mut schedule, 0);
    schedule.must_run(id(2));
    schedule.reopen(id(0));
    assert_eq!(schedule.state(id(1)), State::Pending);
    assert_eq!(schedule.state(id(2)), State::Pending);
    assert_eq!(schedule.start(None), None);
    start(&mut schedule, 0);
    schedule.settle(id(0), false);
    assert_eq!(schedule.state(id(1)), State::Examine);
    assert_eq!(schedule.state(id(2)), State::Examine);
}

#[test]
fn other_bytes_under_a_settled_or_running_stage_have_it_examined_again() {
    let mut schedule = Schedule::new(shape(4, &[(0, 1), (0, 2), (1, 3)]));
    hit(&mut schedule, 0);
    hit(&mut schedule, 1);
    hit(&mut schedule, 3);
    start(&mut schedule, 2);
    schedule.reopen(id(0));
    start(&mut schedule, 0);
    schedule.settle(id(0), true);
    assert_eq!(schedule.state(id(1)), State::Examine);
    assert_eq!(schedule.state(id(3)), State::Settled);
    assert_eq!(schedule.state(id(2)), State::Running);
    schedule.settle(id(2), false);
    assert_eq!(schedule.state(id(2)), State::Examine);
}

#[test]
fn a_failure_leaves_settled_stages_and_what_is_below_them_alone() {
    let mut schedule = Schedule::new(shape(4, &[(0, 1), (1, 2), (0, 3)]));
    hit(&mut schedule, 0);
    hit(&mut schedule, 1);
    schedule.reopen(id(0));
    start(&mut schedule, 0);
    schedule.fail(id(0));
    assert_eq!(schedule.state(id(1)), State::Settled);
    assert_eq!(schedule.state(id(2)), State::Examine);
    assert_eq!(schedule.state(id(3)), State::Abandoned);
    assert_eq!(schedule.cause(id(3)), id(0));
    // But what needs the failed stage after all cannot run.
    schedule.reopen(id(1));
    assert_eq!(schedule.state(id(1)), State::Abandoned);
    assert_eq!(schedule.state(id(2)), State::Abandoned);
    assert_eq!(schedule.take_dropped(), [id(3), id(1), id(2)]);
}

#[test]
fn a_stage_that_diverges_when_it_runs_again_skips_what_was_settled() {
    let mut schedule = Schedule::new(shape(3, &[(0, 1), (1, 2)]));
    hit(&mut schedule, 0);
    hit(&mut schedule, 1);
    start(&mut schedule, 2);
    schedule.reopen(id(0));
    start(&mut schedule, 0);
    schedule.diverge(id(0));
    assert_eq!(schedule.state(id(1)), State::Skipped);
    schedule.settle(id(2), false);
    assert_eq!(schedule.state(id(2)), State::Skipped);
    assert_eq!(schedule.cause(id(2)), id(0));
}

#[test]
fn a_parked_stage_is_examined_when_it_is_released() {
    let mut schedule = Schedule::new(shape(2, &[]));
    start(&mut schedule, 0);
    start(&mut schedule, 1);
    schedule.park(id(1));
    assert_eq!((schedule.running(), schedule.start(None)), (1, None));
    schedule.settle(id(0), false);
    schedule.reexamine(id(1));
    assert_eq!(schedule.next_to_examine(), Some(id(1)));
}

/// What becomes of a stage once everything above it is settled.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Hit,
    Runs,
    Diverges,
    Fails,
}

/// A build in which chance decides.
#[derive(Clone, Debug)]
struct Story {
    fates: Vec<Fate>,
    /// Whether each stage needs the device.
    needs_device: Vec<bool>,
    edges: Vec<(usize, usize)>,
    /// Pairs of a consumer and a stage right above it whose blob it finds missing, and whether it is remade
    /// otherwise.
    missing: Vec<(usize, usize, bool)>,
    jobs: usize,
    /// Which of the running stages ends next.
    order: Vec<Index>,
}

fn story() -> impl Strategy<Value = Story> {
    let fate = prop_oneof![
        Just(Fate::Hit),
        Just(Fate::Runs),
        Just(Fate::Runs),
        Just(Fate::Diverges),
        Just(Fate::Fails)
    ];
    (2_usize..12).prop_flat_map(move |count| {
        let pair = (0..count, 0..count);
        let fates = vec((fate.clone(), any::<bool>()), count);
        let missing = vec((any::<Index>(), any::<bool>()), 0..4);
        (
            fates,
            vec(pair, 0..2 * count),
            missing,
            1_usize..4,
            vec(any::<Index>(), 64),
        )
            .prop_map(|(fates, pairs, missing, jobs, order)| {
                let forward = pairs
                    .into_iter()
                    .filter(|(a, b)| a != b)
                    .map(|(a, b)| (a.min(b), a.max(b)));
                let edges: Vec<_> = forward.collect::<BTreeSet<_>>().into_iter().collect();
                let missing = missing
                    .iter()
                    .filter(|_| !edges.is_empty())
                    .map(|(index, differs)| {
                        let (above, below) = *index.get(&edges);
                        (below, above, *differs)
                    });
                let (fates, needs_device) = fates.into_iter().unzip();
                Story {
                    fates,
                    needs_device,
                    missing: missing.collect(),
                    edges,
                    jobs,
                    order,
                }
            })
    })
}

/// Plays a story to its end; gives the order of starts and the final states.
fn play(story: &Story) -> (Vec<usize>, Vec<State>) {
    let mut shape = shape(story.fates.len(), &story.edges);
    shape.needs_device.clone_from(&story.needs_device);
    let mut schedule = Schedule::new(shape);
    let mut missing: BTreeMap<usize, (usize, bool)> = story
        .missing
        .iter()
        .map(|(below, above, differs)| (*below, (*above, *differs)))
        .collect();
    let mut remade: BTreeMap<usize, bool> = BTreeMap::new();
    let (mut running, mut started): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for turn in 0.. {
        assert!(turn < 10_000, "the story does not end");
        while let Some(stage) = schedule.next_to_examine() {
            examine(story, &mut schedule, stage, &mut missing, &mut remade);
        }
        while running.len() < story.jobs
            && let Some(stage) = schedule.start(running.last().copied().map(id))
        {
            let above = &schedule.shape.upstream[stage.index()];
            assert!(
                above
                    .iter()
                    .all(|above| schedule.states[*above] == State::Settled)
            );
            started.push(stage.index());
            running.push(stage.index());
        }
        assert_eq!(schedule.running(), running.len());
        let on_device = running.iter().filter(|stage| story.needs_device[**stage]);
        assert!(on_device.count() <= 1, "two stages have the device");
        if running.is_empty() {
            return (started, schedule.states);
        }
        let ended = running.remove(story.order[turn % story.order.len()].index(running.len()));
        let differs = remade.remove(&ended);
        match story.fates[ended] {
            Fate::Fails => schedule.fail(id(ended)),
            Fate::Diverges => schedule.diverge(id(ended)),
            Fate::Hit | Fate::Runs => schedule.settle(id(ended), differs == Some(true)),
        }
    }
    unreachable!("the loop returns");
}

fn examine(
    story: &Story,
    schedule: &mut Schedule,
    stage: StageId,
    missing: &mut BTreeMap<usize, (usize, bool)>,
    remade: &mut BTreeMap<usize, bool>,
) {
    let is_remade = remade.contains_key(&stage.index());
    if matches!(story.fates[stage.index()], Fate::Hit) && !is_remade {
        schedule.settle(stage, false);
    } else if let Some((above, differs)) = missing.remove(&stage.index()) {
        remade.insert(above, differs);
        schedule.reopen(id(above));
    } else {
        schedule.must_run(stage);
    }
}

/// What the states must be in the end, whatever the order.
fn expected(story: &Story) -> Vec<State> {
    let mut states: Vec<State> = Vec::new();
    for (stage, fate) in story.fates.iter().enumerate() {
        let is_above = |wanted: [State; 2]| {
            let mut above = story.edges.iter().filter(|(_, below)| *below == stage);
            above.any(|(above, _)| wanted.contains(&states[*above]))
        };
        states.push(if is_above([State::Diverged, State::Skipped]) {
            State::Skipped
        } else if is_above([State::Failed, State::Abandoned]) {
            State::Abandoned
        } else {
            match fate {
                Fate::Hit | Fate::Runs => State::Settled,
                Fate::Diverges => State::Diverged,
                Fate::Fails => State::Failed,
            }
        });
    }
    states
}

proptest! {
    #[test]
    fn every_story_ends_as_it_must_and_the_same_way_each_time(story in story()) {
        let (started, states) = play(&story);
        prop_assert_eq!(&states, &expected(&story));
        prop_assert_eq!((started, states), play(&story));
    }
}
