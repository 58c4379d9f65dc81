//! What is said about data that cannot be, and about validation images that are not there.

use super::{SHORT, assert_says};

#[test]
fn impossible_data_is_refused() {
    let of = |keys: &str| SHORT.replace("dataset: polygons", keys);
    assert_says(&[
        (
            &of("dataset: mnist, resolution: 64"),
            "1:37: data.resolution: mnist is not available at 64 pixels\n  hint: available: 32 (padded with \
             zeros), 28",
        ),
        (
            &of("dataset: cifar10, resolution: 64, as: idx"),
            "1:39: data.resolution: cifar10 is not available at 64 pixels\n  hint: available: 32\n\
             1:47: data.as: cifar10 is not read in the form idx\n  hint: available: binary, python, images",
        ),
        (
            &of("dataset: stl10, resolution: 32, padding: zero"),
            "1:37: data.resolution: stl10 is not available at 32 pixels\n  hint: available: 48 (means of 2 x 2 pixels), 96\n\
             1:50: data.padding: images of stl10 are not padded to 32 pixels\n  hint: remove it",
        ),
        (
            &of("dataset: mnist, resolution: 28, padding: zero"),
            "1:50: data.padding: images of mnist are not padded to 28 pixels\n  hint: remove it",
        ),
        (
            &of("dataset: polygons, as: images, training: unlabeled"),
            "1:32: data.as: polygons has one form\n  hint: remove it; only published sets are distributed in several\n\
             1:50: data.training: polygons has one set of training images\n  hint: remove it; only stl10 and \
             celeba have a choice",
        ),
        (
            &of("dataset: stl10, training: train, validation: 4999"),
            "1:54: data.validation: stl10 has 5000 training images\n  hint: at most 4998 of them can be held out",
        ),
        (
            &of(
                "dataset: celeba, training: unlabeled, preparation: crop-resize, as: tfrecords, resolution: 48",
            ),
            "1:36: data.training: celeba has no training images of this name\n  hint: available: train, train+validation\n\
             1:60: data.preparation: celeba has no preparation of this name\n  hint: available: compare-gan, center-160, \
             center-178\n\
             1:77: data.as: celeba is not read in the form tfrecords\n  hint: available: images\n\
             1:100: data.resolution: celeba is not available at 48 pixels\n  hint: available: 64, 32, 128",
        ),
        (
            &of("dataset: lsun-bedroom, resolution: 64"),
            "1:44: data.resolution: lsun-bedroom is not available at 64 pixels\n  hint: available: 128",
        ),
        (
            &of("dataset: lsun-bedroom, resize: { filter: box }"),
            "1:40: data.resize: this preparation of lsun-bedroom has no filter\n  hint: remove it, or set preparation: \
             crop-resize",
        ),
        (
            &of("dataset: celeba, preparation: center-178, resize: { fit: stretch }"),
            "1:59: data.resize: images of celeba are not stretched\n  hint: remove fit; the preparation takes a square",
        ),
        (
            &of("dataset: mnist, preparation: center-crop, resize: { filter: box }"),
            "1:38: data.preparation: mnist has no preparation to choose\n  hint: remove it; only celeba and lsun-bedroom \
             have a choice\n\
             1:59: data.resize: mnist has no resize\n  hint: remove it; only an image-folder, celeba and lsun-bedroom have it",
        ),
        (
            &of("dataset: polygons, count: 100, validation: 40"),
            "3:3: base: a batch of 64 needs as many images, 60 are left to train on\n  hint: take a smaller batch_size, or a \
             larger data.count",
        ),
        (
            &of("dataset: mnist, count: 5"),
            "1:32: data.count: mnist has its own number of images\n  hint: only polygons have a count",
        ),
        (
            &of("dataset: polygons, path: x, padding: zero"),
            "1:34: data.path: polygons are drawn, not read\n  hint: remove it\n\
             1:46: data.padding: polygons are drawn by the program, which pads them itself\n  hint: remove it",
        ),
        (
            &of("dataset: mnist, padding: resize"),
            "1:34: data.padding: images are padded, never resampled: that would change what is compared\n  hint: \
             available: zero",
        ),
        (
            &of("dataset: polygons, count: 63"),
            "3:3: base: a batch of 64 needs as many images, data.count is 63\n  hint: take a smaller batch_size, or a larger \
             data.count",
        ),
    ]);
}

#[test]
fn a_comparison_with_validation_images_needs_some() {
    assert_says(&[(
        &format!("{SHORT}evaluate: {{ against: validation }}\n"),
        "5:22: evaluate.against: no images are held out to compare with\n  hint: say how many of the training images are, as in \
         data: { validation: 5000 }",
    )]);
}
