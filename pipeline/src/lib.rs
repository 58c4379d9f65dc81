//! Stage graph of gan-pipe: what a study consists of, what of it is known, and how the rest is run.
//!
//! A [`Stage`] is a pure function of its parameters, its inputs and outside files. A [`Graph`] connects
//! outputs to inputs. [`plan`] says which stages have an entry in the store, [`explain`] says why one has
//! none, [`execute`] runs what is missing. The three use one engine: the key document of a stage is built,
//! hashed and looked up in a single place (`resolve`).
//!
//! ```text
//! Stage ──► Graph ──► plan ──► execute ──► Report
//!                      │          │
//!                   explain    Event ──► observer
//! ```
//!
//! A key document holds the *content* digests of a stage's inputs. So a stage that runs again and gives equal
//! bytes leaves everything below it a hit (early cut-off), and the key of a stage is known only once all
//! stages above have an entry.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::collections::BTreeMap;
//! use std::sync::Arc;
//!
//! use gan_cache::{Store, Value};
//! use gan_pipeline::{
//!     ExecuteOptions, Graph, Keep, Outcome, OutputSpecification, Stage, StageContext, StageFailure, execute,
//! };
//!
//! struct Count {
//!     to: u32,
//! }
//!
//! impl Stage for Count {
//!     fn kind(&self) -> &'static str {
//!         "count"
//!     }
//!     fn version(&self) -> u32 {
//!         1
//!     }
//!     fn name(&self) -> String {
//!         format!("count to {}", self.to)
//!     }
//!     fn parameters(&self) -> BTreeMap<String, Value> {
//!         BTreeMap::from([("to".to_owned(), Value::from(self.to))])
//!     }
//!     fn outputs(&self) -> Vec<OutputSpecification> {
//!         vec![OutputSpecification { name: "numbers", keep: Keep::Always }]
//!     }
//!     fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
//!         let numbers: Vec<u8> = (1..=self.to).flat_map(u32::to_le_bytes).collect();
//!         context.output("numbers", &numbers)?;
//!         Ok(Outcome::Completed)
//!     }
//! }
//!
//! let folder = tempfile::tempdir()?;
//! let store = Store::open(folder.path())?;
//! let mut graph = Graph::new("counting");
//! graph.add(Arc::new(Count { to: 3 }));
//! let build = || execute(&graph, &store, &ExecuteOptions::default(), &|_| {});
//! assert_eq!(build()?.counts().ran, 1);
//! assert_eq!(build()?.counts().hit, 1);
//! # Ok(())
//! # }
//! ```
//!
//! The crate knows no tensor and no study file, and prints nothing: whoever wants to show progress passes an
//! observer.

mod context;
mod estimate;
mod event;
mod execute;
mod explain;
mod failure;
mod graph;
mod plan;
mod report;
mod resolve;
mod retention;
mod schedule;
mod stage;

pub use context::{ContextError, StageContext};
pub use estimate::{
    Basis, Estimate, InputBytes, Measured, StageEstimate, Workload, WorkloadComparison, WorkloadOf, estimate,
};
pub use event::{Event, StageReference};
pub use execute::{ExecuteError, ExecuteOptions, execute, execute_planned};
pub use explain::{Comparison, Explanation, explain};
pub use failure::{Blame, Failure, StageFailure};
pub use graph::{Graph, GraphError, Input, StageId};
pub use plan::{Plan, PlanCounts, PlanError, Reason, StagePlan, plan, plan_requiring};
pub use report::{Attempt, FinalState, Measurements, Report, ReportCounts, StageReport, Unfinished};
pub use stage::{Keep, Outcome, OutputSpecification, Source, Stage};
