//! What should be known of numbers before they are set beside others, each in a sentence. Pure: rows and facts, no store.

use serde_json::Value;

use super::compile::Compiled;
use super::results::Known;
use crate::table::MetricRow;

/// What is to be said of a study's results.
#[must_use]
pub fn cautions(compiled: &Compiled, known: &Known, metrics: &[MetricRow]) -> Vec<String> {
    let extractor = compiled.shared.extractor.and_then(|id| known.completed(id));
    let is_published = extractor.and_then(|entry| entry.facts.get("weights_are_published"));
    let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
    let few = metrics
        .iter()
        .filter(|row| row.metric == "fid" && row.value.is_some())
        .find_map(|row| {
            let protocol = &row.protocol;
            few_images(
                number(protocol.n_reference),
                number(Some(protocol.n_samples)),
                number(protocol.feature_dimension)?,
            )
        });
    unpublished(is_published).into_iter().chain(few).collect()
}

/// Weights that no paper's numbers are of; by the fact that the stage of the weights leaves.
#[must_use]
pub fn unpublished(is_published: Option<&Value>) -> Option<String> {
    (is_published? == &Value::Bool(false))
        .then(|| "the weights are not the published ones: these numbers compare with no paper's".to_owned())
}

/// A Fréchet distance of covariances without full rank, because there are no more images than features.
#[must_use]
pub fn few_images(reference: Option<u64>, generated: Option<u64>, features: u64) -> Option<String> {
    let few = |count: Option<u64>, name: &str| {
        let count = count.filter(|count| *count <= features)?;
        Some(format!("{count} {name}"))
    };
    let who = match (few(reference, "reference"), few(generated, "generated")) {
        (None, None) => return None,
        (Some(one), None) | (None, Some(one)) => one,
        (Some(first), Some(second)) => format!("{first} and {second}"),
    };
    Some(format!(
        "{who} images for {features} features: the covariance of fewer than {} has not full rank, and fid comes out too large",
        features + 1
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_with_no_more_images_than_features_is_named() {
        let few = |reference, generated| few_images(Some(reference), Some(generated), 256);
        assert_eq!(few(257, 1000), None);
        assert!(few(256, 1000).is_some_and(|said| said.starts_with("256 reference images for 256 features")));
        assert!(few(43, 40).is_some_and(|said| said.starts_with("43 reference and 40 generated images")));
        assert!(few_images(None, Some(2), 64).is_some_and(|said| said.starts_with("2 generated images")));
    }

    #[test]
    fn weights_are_unpublished_only_where_that_is_known() {
        assert_eq!(unpublished(None), None);
        assert_eq!(unpublished(Some(&Value::Bool(true))), None);
        assert!(unpublished(Some(&Value::Bool(false))).is_some());
    }
}
