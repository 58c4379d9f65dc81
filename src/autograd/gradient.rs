//! The chain rule over a graph of variables, from a result back to what was asked for.

use std::collections::{BTreeMap, HashMap, HashSet};

use gan_kernels::Array;

use super::rule::Application;
use super::variable::Variable;

/// The gradients of the sum of all elements of `result` by each of `by`, as plain values.
///
/// Consumes the result and lets go of the graph as it walks back. No gradient is computed that nobody asked for.
/// What the result does not depend on has a gradient of zeros.
#[must_use]
pub fn gradients(result: Variable, by: &[Variable]) -> Vec<Array> {
    let seed = ones(&result);
    let gradients = walk_back(result, seed, by, Mode::Values);
    gradients
        .into_iter()
        .map(|gradient| gradient.value().clone())
        .collect()
}

/// Like [`gradients`], as variables that can be differentiated again.
#[must_use]
pub fn differentiable_gradients(result: &Variable, by: &[Variable]) -> Vec<Variable> {
    walk_back(result.clone(), ones(result), by, Mode::Differentiable)
}

/// What becomes of the operations that rules emit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Only their values matter.
    Values,
    /// They are recorded, to be differentiated.
    Differentiable,
}

fn ones(result: &Variable) -> Variable {
    Variable::constant(Array::full_like(result.value(), result.shape(), 1.0))
}

fn walk_back(result: Variable, seed: Variable, by: &[Variable], mode: Mode) -> Vec<Variable> {
    let mut on_the_way = between(result.clone(), by);
    let wanted: HashSet<u64> = on_the_way.keys().copied().collect();
    let mut arrived = HashMap::from([(result.number(), seed)]);
    drop(result);
    let mut found: HashMap<u64, Variable> = HashMap::new();
    while let Some((number, variable)) = on_the_way.pop_last() {
        let Some(gradient) = arrived.remove(&number) else {
            continue;
        };
        if let Some((operation, operands)) = variable.made_by() {
            let (result, stand_ins) = match mode {
                Mode::Differentiable => (variable.clone(), operands.to_vec()),
                Mode::Values => (
                    variable.detached(),
                    operands.iter().map(Variable::detached).collect(),
                ),
            };
            let application = Application {
                operands: &stand_ins,
                result: &result,
                gradient: &gradient,
            };
            for (index, operand) in operands.iter().enumerate() {
                if !wanted.contains(&operand.number()) {
                    continue;
                }
                if let Some(part) = operation.gradient(index, &application) {
                    let total = match arrived.remove(&operand.number()) {
                        Some(others) => others.plus(&part),
                        None => part,
                    };
                    arrived.insert(operand.number(), total);
                }
            }
        }
        if by.iter().any(|asked| asked.number() == number) {
            found.insert(number, gradient);
        }
    }
    let zeros = |asked: &Variable| Variable::constant(Array::full_like(asked.value(), asked.shape(), 0.0));
    by.iter()
        .map(|asked| {
            found
                .get(&asked.number())
                .cloned()
                .unwrap_or_else(|| zeros(asked))
        })
        .collect()
}

/// All variables on a path from any of `by` to `result`, by number.
fn between(result: Variable, by: &[Variable]) -> BTreeMap<u64, Variable> {
    let mut reachable = BTreeMap::new();
    let mut waiting = vec![result];
    while let Some(variable) = waiting.pop() {
        if !variable.is_differentiable() || reachable.contains_key(&variable.number()) {
            continue;
        }
        if let Some((_, operands)) = variable.made_by() {
            waiting.extend_from_slice(operands);
        }
        reachable.insert(variable.number(), variable);
    }
    // Ascending numbers: operands come before what is made from them.
    let mut kept: BTreeMap<u64, Variable> = BTreeMap::new();
    for (number, variable) in reachable {
        let leads_here = variable.made_by().is_some_and(|(_, operands)| {
            operands
                .iter()
                .any(|operand| kept.contains_key(&operand.number()))
        });
        if leads_here || by.iter().any(|asked| asked.number() == number) {
            kept.insert(number, variable);
        }
    }
    kept
}
