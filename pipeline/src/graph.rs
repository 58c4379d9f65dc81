//! The stages of a study and how outputs feed inputs; a directed graph without cycles.
//!
//! Knows what stages declare, not whether they have run. Ids count in insertion order.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use petgraph::Direction;
use petgraph::algo::{has_path_connecting, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use crate::stage::{OutputSpecification, Stage};

/// A stage of one [`Graph`]: its position in insertion order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StageId(u32);

impl StageId {
    /// The position in insertion order, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) fn new(index: usize) -> StageId {
        StageId(NodeIndex::<u32>::new(index).index() as u32)
    }

    fn node(self) -> NodeIndex {
        NodeIndex::new(self.index())
    }
}

impl fmt::Display for StageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

/// The stages of one study and their connections.
///
/// Methods that take a [`StageId`] expect one that this graph gave out.
pub struct Graph {
    study: String,
    stages: DiGraph<Node, Connection>,
    names: HashMap<Arc<str>, StageId>,
    repeated_name: Option<Arc<str>>,
    /// Whether every connection goes from an earlier to a later stage; then there can be no cycle.
    is_forward: bool,
}

struct Node {
    stage: Arc<dyn Stage>,
    name: Arc<str>,
    kind: &'static str,
    outputs: Vec<OutputSpecification>,
}

struct Connection {
    /// The position in the producer's list of outputs.
    output: usize,
    input: String,
}

/// One connected input of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input<'a> {
    /// The input's name at the consumer.
    pub name: &'a str,
    /// The stage that makes it.
    pub producer: StageId,
    /// What is consumed, as its producer declares it.
    pub output: OutputSpecification,
    /// The position of `output` in the producer's list.
    pub(crate) position: usize,
}

/// A connection that cannot be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum GraphError {
    /// The id belongs to another graph.
    #[error("stage number {id} is not part of the graph of study {study:?}")]
    UnknownStage {
        /// The foreign id.
        id: StageId,
        /// The study of this graph.
        study: String,
    },
    /// The producer declares no such output.
    #[error("stage {stage:?} has no output {output:?}; it has: {known}")]
    UnknownOutput {
        /// The producer.
        stage: String,
        /// What was asked for.
        output: String,
        /// What there is.
        known: String,
    },
    /// The consumer's input is already connected.
    #[error("input {input:?} of stage {stage:?} is already connected to {producer:?}")]
    DuplicateInput {
        /// The consumer.
        stage: String,
        /// The input's name.
        input: String,
        /// The stage it is connected to.
        producer: String,
    },
    /// The input's name is one of those kept for outside files.
    #[error("input {input:?} of stage {stage:?} begins with \"source.\", which is kept for outside files")]
    ReservedInput {
        /// The consumer.
        stage: String,
        /// The input's name.
        input: String,
    },
    /// The consumer already comes before the producer.
    #[error("connecting {from:?} to {to:?} would make a cycle")]
    Cycle {
        /// The producer.
        from: String,
        /// The consumer.
        to: String,
    },
}

impl Graph {
    /// An empty graph of the study with this name.
    #[must_use]
    pub fn new(study: &str) -> Graph {
        Graph {
            study: study.to_owned(),
            stages: DiGraph::new(),
            names: HashMap::new(),
            repeated_name: None,
            is_forward: true,
        }
    }

    /// Adds a stage without connections.
    ///
    /// Names must be unique; a repeated one is reported when the graph is planned.
    pub fn add(&mut self, stage: Arc<dyn Stage>) -> StageId {
        let name: Arc<str> = stage.name().into();
        let (kind, outputs) = (stage.kind(), stage.outputs());
        let node = self.stages.add_node(Node {
            stage,
            name: Arc::clone(&name),
            kind,
            outputs,
        });
        let id = StageId::new(node.index());
        if self.names.insert(Arc::clone(&name), id).is_some() {
            self.repeated_name.get_or_insert(name);
        }
        id
    }

    /// Feeds an output of `from` to an input of `to`.
    ///
    /// # Errors
    /// An id of another graph, an output that is not declared, an input that is taken or reserved, a cycle.
    pub fn connect(
        &mut self,
        from: StageId,
        output: &str,
        to: StageId,
        input: &str,
    ) -> Result<(), GraphError> {
        self.check_id(from)?;
        self.check_id(to)?;
        let output = self.output_position(from, output)?;
        self.check_input(to, input)?;
        let is_forward = self.is_forward && from < to;
        if !is_forward && has_path_connecting(&self.stages, to.node(), from.node(), None) {
            let [from, to] = [from, to].map(|id| self.name(id).to_owned());
            return Err(GraphError::Cycle { from, to });
        }
        self.is_forward = is_forward;
        self.stages.add_edge(
            from.node(),
            to.node(),
            Connection {
                output,
                input: input.to_owned(),
            },
        );
        Ok(())
    }

    /// The name of the study.
    #[must_use]
    pub fn study(&self) -> &str {
        &self.study
    }

    /// The number of stages.
    #[must_use]
    pub fn len(&self) -> usize {
        self.stages.node_count()
    }

    /// Whether there is no stage.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All stages in insertion order.
    pub fn stages(&self) -> impl ExactSizeIterator<Item = StageId> + use<> {
        (0..self.len()).map(StageId::new)
    }

    /// The stage behind an id.
    #[must_use]
    pub fn stage(&self, id: StageId) -> &Arc<dyn Stage> {
        &self.stages[id.node()].stage
    }

    /// The name of a stage.
    #[must_use]
    pub fn name(&self, id: StageId) -> &str {
        &self.stages[id.node()].name
    }

    /// The kind of a stage.
    #[must_use]
    pub fn kind(&self, id: StageId) -> &'static str {
        self.stages[id.node()].kind
    }

    /// What a stage declares to write.
    #[must_use]
    pub fn outputs(&self, id: StageId) -> &[OutputSpecification] {
        &self.stages[id.node()].outputs
    }

    /// The stage with this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<StageId> {
        self.names.get(name).copied()
    }

    /// The connected inputs of a stage.
    pub fn inputs(&self, id: StageId) -> impl Iterator<Item = Input<'_>> {
        self.stages
            .edges_directed(id.node(), Direction::Incoming)
            .map(|edge| {
                let producer = StageId::new(edge.source().index());
                let Connection {
                    output: position,
                    input: name,
                } = edge.weight();
                Input {
                    name,
                    producer,
                    output: self.outputs(producer)[*position],
                    position: *position,
                }
            })
    }

    /// The stages that consume an output of this stage, once for each connection.
    pub fn consumers(&self, id: StageId) -> impl Iterator<Item = StageId> {
        self.stages
            .neighbors_directed(id.node(), Direction::Outgoing)
            .map(|node| StageId::new(node.index()))
    }

    /// The stages that consume one output, once for each connection.
    pub(crate) fn consumers_of(&self, id: StageId, position: usize) -> impl Iterator<Item = StageId> {
        self.stages
            .edges_directed(id.node(), Direction::Outgoing)
            .filter(move |edge| edge.weight().output == position)
            .map(|edge| StageId::new(edge.target().index()))
    }

    /// Whether an output has a consumer whose result takes its place.
    pub(crate) fn is_consumed_at_last(&self, id: StageId, position: usize) -> bool {
        let edges = self.stages.edges_directed(id.node(), Direction::Outgoing);
        let mut of_output = edges.filter(|edge| edge.weight().output == position);
        of_output.any(|edge| self.stages[edge.target()].stage.consumes(&edge.weight().input))
    }

    /// The shared name of a stage, for events that outlive the borrow.
    pub(crate) fn shared_name(&self, id: StageId) -> Arc<str> {
        Arc::clone(&self.stages[id.node()].name)
    }

    /// A name that two stages have.
    pub(crate) fn repeated_name(&self) -> Option<&str> {
        self.repeated_name.as_deref()
    }

    /// All stages, each after everything it consumes.
    pub(crate) fn order(&self) -> Vec<StageId> {
        if self.is_forward {
            return self.stages().collect();
        }
        let nodes = toposort(&self.stages, None).expect("connect refuses cycles");
        nodes.into_iter().map(|node| StageId::new(node.index())).collect()
    }

    /// The position of an output in its stage's list.
    pub(crate) fn output_position(&self, id: StageId, output: &str) -> Result<usize, GraphError> {
        let outputs = self.outputs(id);
        outputs
            .iter()
            .position(|declared| declared.name == output)
            .ok_or_else(|| {
                let known: Vec<_> = outputs.iter().map(|declared| declared.name).collect();
                let known = if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                };
                GraphError::UnknownOutput {
                    stage: self.name(id).to_owned(),
                    output: output.to_owned(),
                    known,
                }
            })
    }

    pub(crate) fn check_id(&self, id: StageId) -> Result<(), GraphError> {
        if id.index() < self.len() {
            return Ok(());
        }
        Err(GraphError::UnknownStage {
            id,
            study: self.study.clone(),
        })
    }

    fn check_input(&self, id: StageId, input: &str) -> Result<(), GraphError> {
        let stage = || self.name(id).to_owned();
        if input.starts_with("source.") {
            return Err(GraphError::ReservedInput {
                stage: stage(),
                input: input.to_owned(),
            });
        }
        match self.inputs(id).find(|connected| connected.name == input) {
            None => Ok(()),
            Some(connected) => Err(GraphError::DuplicateInput {
                stage: stage(),
                input: input.to_owned(),
                producer: self.name(connected.producer).to_owned(),
            }),
        }
    }
}
