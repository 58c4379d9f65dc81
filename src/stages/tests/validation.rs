//! Validation images: taken from the end of the training images, and compared with where the study says so.

use super::{Built, build};
use crate::data::Labelled;
use crate::stages::images_file::labelled_from_blob;
use crate::stages::{metric_rows, run_rows};

const HELD_OUT: [&str; 4] = [
    "data.validation=16",
    "matrix.discriminator.penalty=[none]",
    "base.steps=1",
    "evaluate={ extractor: random-convolution, samples: 20, metrics: [fid], at: last, against: validation }",
];

fn images(built: &Built, output: &str) -> Labelled {
    let digest = built.output("data", output);
    labelled_from_blob(built.store.blob(&digest).unwrap()).unwrap()
}

#[test]
fn the_last_training_images_are_held_out_and_compared_with() {
    let folder = tempfile::tempdir().unwrap();
    let held_out = build(folder.path(), &HELD_OUT, 2);
    let whole = build(
        folder.path(),
        &HELD_OUT.map(|key| match key {
            "data.validation=16" => "data.validation=null",
            key if key.starts_with("evaluate") => {
                "evaluate={ extractor: random-convolution, samples: 20, metrics: [fid], at: last }"
            }
            key => key,
        }),
        2,
    );

    let all = images(&whole, "train");
    let (trained, validated) = (images(&held_out, "train"), images(&held_out, "validation"));
    assert_eq!((trained.images.count, validated.images.count), (48, 16));
    assert_eq!(
        [&*trained.images.pixels, &*validated.images.pixels].concat(),
        *all.images.pixels
    );
    let labels = |labelled: &Labelled| labelled.labels.clone().unwrap();
    assert_eq!([labels(&trained), labels(&validated)].concat(), labels(&all));
    assert_eq!(held_out.output("data", "test"), whole.output("data", "test"));

    for (built, split, trained) in [(&held_out, "validation", 48), (&whole, "test", 64)] {
        let rows = metric_rows(&built.study, &built.compiled, &built.known());
        let protocol = &rows[0].protocol;
        assert_eq!(protocol.split, split);
        assert_eq!(
            protocol.reference_digest,
            Some(built.output("data", split).to_string())
        );
        let count = if split == "test" { 2000 } else { 16 };
        assert_eq!(protocol.n_reference, Some(count));
        let runs = run_rows(&built.study, &built.compiled, &built.known());
        assert_eq!(runs[0].train_images, Some(trained));
    }
}

#[test]
fn the_reference_has_the_validation_images_alone_where_the_study_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let built = build(folder.path(), &HELD_OUT, 2);
    let reference = built.compiled.graph.find("reference features").unwrap();
    let entry = built.report.stage(reference).entry.clone().unwrap();
    let inputs: Vec<&String> = entry.document.inputs.keys().collect();
    assert_eq!(inputs, ["extractor", "validation"]);
}
