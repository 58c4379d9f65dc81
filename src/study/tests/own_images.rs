//! What is said about a study of a folder of images that is wrong.

use super::{SHORT, assert_says};

#[test]
fn a_folder_of_images_needs_a_path_and_has_keys_of_its_own() {
    let of = |keys: &str| SHORT.replace("dataset: polygons", keys);
    assert_says(&[
        (
            &of("dataset: image-folder, padding: zero"),
            "1:7: data: image-folder needs the folder of the images\n  hint: add path: the folder above all images, beside \
             the study file unless absolute\n\
             1:41: data.padding: images of an image-folder are resized, not padded\n  hint: remove it; resize says how",
        ),
        (
            &of("dataset: image-folder, path: x, resolution: 7"),
            "1:53: data.resolution: expected a whole number from 8 to 1024, found 7\n  hint: resolution: Pixels on each side \
             of an image; where left out 32, for stl10 48, for celeba 64, for celeba-hq-128 and lsun-bedroom 128.",
        ),
        (
            &of("dataset: image-folder, path: x, resolution: 64, validation: 5"),
            "1:69: data.validation: images of an image-folder have no order of which there are last ones\n  hint: remove it; \
             test_fraction holds images out by their content",
        ),
        (
            &of("dataset: mnist, color: rgb, corrupt: skip"),
            "1:32: data.color: mnist has no color\n  hint: remove it; only an image-folder has it\n\
             1:46: data.corrupt: mnist has no corrupt\n  hint: remove it; only an image-folder has it",
        ),
        (
            &of("dataset: image-folder, path: x, test_fraction: 1, resize: { filter: area }"),
            "1:56: data.test_fraction: expected a number of more than 0 and less than 1, found 1\n  hint: \
             test_fraction: Of an image-folder: the share of images that are test images, chosen by their content; 0.2 where \
             left out.\n\
             1:77: data.resize.filter: area is called box here\n  hint: available: box, bilinear, bicubic, lanczos3",
        ),
    ]);
}

#[test]
fn extractors_and_metrics_need_what_the_data_has() {
    let folder = SHORT.replace("dataset: polygons", "dataset: image-folder, path: x");
    let probabilities = "inception-score needs class probabilities, which random-convolution does not give";
    assert_says(&[
        (
            &format!("{folder}evaluate: {{ extractor: classifier }}\n"),
            "5:24: evaluate.extractor: classifier is trained on labels, and this image-folder has none\n  hint: \
             random-convolution needs no labels; where the folders are classes, data: { labels: folder } makes them labels",
        ),
        (
            &format!("{folder}evaluate: {{ metrics: [fid, inception-score] }}\n"),
            &format!(
                "5:28: evaluate.metrics[1]: {probabilities}\n  hint: remove it; with labels there is the extractor \
                 classifier, which gives them"
            ),
        ),
        (
            &format!("{SHORT}evaluate: {{ extractor: random-convolution, metrics: [inception-score] }}\n"),
            &format!(
                "5:54: evaluate.metrics[0]: {probabilities}\n  hint: use the extractor classifier, or remove the metric"
            ),
        ),
    ]);
}
