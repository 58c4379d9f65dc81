//! Data sets by name: the list of them, bringing one and holding its files to what it must be.

use std::fs;

use crate::environment::TestEnv;

const FASHION_MNIST: &str = "/usr/share/datasets/fashion-mnist";

#[test]
fn the_list_tells_what_each_set_holds_and_its_terms() {
    let ran = TestEnv::new(910).run(&["data", "list"]).expect(0);
    insta::assert_snapshot!(ran.stdout, @r"
    name             train   test         pixels                         forms  to fetch
    fashion-mnist    60000  10000    28 x 28 x 1                    idx images     31 MB
    mnist            60000  10000    28 x 28 x 1                    idx images     12 MB
    cifar10          50000  10000    32 x 32 x 3          binary python images    162 MB
    stl10           100000   8000    96 x 96 x 3                 binary images    2.6 GB
    celeba          162770  19962  178 x 178 x 3                        images   by hand
    celeba-hq-128    27000   3000  128 x 128 x 3  tfrecords images images-1024   by hand
    lsun-bedroom   3002712  30330  256 x 256 x 3                   lmdb images   by hand
    polygons         10000   2000    28 x 28 x 1                         drawn   nothing

    fashion-mnist: MIT licence; https://github.com/zalandoresearch/fashion-mnist; Debian package dataset-fashion-mnist
    mnist: no licence stated; http://yann.lecun.com/exdb/mnist/
    cifar10: no licence stated; its page asks for a citation; https://www.cs.toronto.edu/~kriz/cifar.html
    stl10: no licence stated; images from ImageNet; its page asks for a citation; https://cs.stanford.edu/~acoates/stl10/
    celeba: for non-commercial research only (unverified); https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html
    celeba-hq-128: as celeba (unverified); the tool that makes it is under CC BY-NC 4.0; https://github.com/tkarras/progressive_growing_of_gans
    lsun-bedroom: no licence of the images known (unverified); https://github.com/fyu/lsun
    ");
}

#[test]
fn a_set_that_is_there_is_checked_and_can_be_planned_and_is_not_fetched_again() {
    let env = TestEnv::new(911);
    let folder = env.path("data/fashion-mnist");
    fs::create_dir_all(&folder).expect("the test's folder can be written");
    for file in fs::read_dir(FASHION_MNIST).expect("Debian's package dataset-fashion-mnist is there") {
        let file = file.expect("the folder can be read");
        fs::copy(file.path(), folder.join(file.file_name())).expect("the test's folder can be written");
    }
    let again = env
        .run(&["data", "fetch", "fashion-mnist", "--from", "http://127.0.0.1:9"])
        .expect(0);
    assert_eq!(
        again.stdout,
        "fashion-mnist is in data/fashion-mnist; a study beside it: data: { dataset: fashion-mnist, path: \
         data/fashion-mnist }\n"
    );
    assert!(again.stderr.contains("its files are there"), "{}", again.stderr);
    let check = ["data", "check", "fashion-mnist", "--path", "data/fashion-mnist"];
    assert_eq!(
        env.run(&check).expect(0).stdout,
        "fashion-mnist as idx in data/fashion-mnist: 60000 training images and 10000 test images, as it must be\n"
    );
    env.write(
        "study.yaml",
        "data: { dataset: fashion-mnist, path: data/fashion-mnist, validation: 5000 }\n\
         base: { steps: 4, checkpoint_every: 2 }\nevaluate: { against: validation }\n",
    );
    let checked = env.run(&["data", "check", "study.yaml"]).expect(0);
    assert_eq!(checked.stdout, env.run(&check).expect(0).stdout);
    let plan = env.run(&["plan", "study.yaml"]).expect(0);
    assert!(plan.stdout.contains("no data: 0"), "{}", plan.stdout);
}

#[test]
fn data_of_other_studies_is_checked_too() {
    let env = TestEnv::new(912);
    let base = "\nbase: { steps: 4, checkpoint_every: 2 }\n";
    env.write("drawn.yaml", &format!("data: {{ dataset: polygons }}{base}"));
    let drawn = env.run(&["data", "check", "drawn.yaml"]).expect(0);
    assert_eq!(
        drawn.stdout,
        "polygons are drawn by the program; there is nothing to check\n"
    );
    let images = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/images");
    env.write(
        "own.yaml",
        &format!(
            "data: {{ dataset: image-folder, path: \"{images}\", corrupt: skip, test_fraction: 0.4 }}{base}"
        ),
    );
    let own = env.run(&["data", "check", "own.yaml"]).expect(0);
    assert!(own.stdout.starts_with("image-folder in "), "{}", own.stdout);
    assert!(own.stdout.contains(" training images and "), "{}", own.stdout);
}
