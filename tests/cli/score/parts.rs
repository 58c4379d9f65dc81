//! Sides in parts: what they give together, what is extracted again, and what is told of each.

use std::fs;

use serde_json::{Value, json};

use super::{OWN_CACHE, RANDOM, SIDE, close, image, npy, score, two_folders};
use crate::environment::TestEnv;

/// Files `part-0.npy` to `part-2.npy` of images of a set, cut at these places, and `whole.npy` of all.
fn write_parts(env: &TestEnv, cuts: [usize; 4], hue: u8) {
    let side = SIDE as usize;
    let write = |name: &str, from: usize, to: usize| {
        let bytes: Vec<u8> = (from..to)
            .flat_map(|index| image(index as u32, hue).into_raw())
            .collect();
        let array = npy("|u1", &[to - from, side, side, 3], &bytes);
        fs::write(env.path(name), array).expect("the test's folder can be written");
    };
    for (part, ends) in cuts.windows(2).enumerate() {
        write(&format!("part-{part}.npy"), ends[0], ends[1]);
    }
    write("whole.npy", cuts[0], cuts[3]);
}

#[test]
fn a_reference_in_parts_is_the_whole_and_another_part_extracts_that_part_alone() {
    let env = two_folders(1612);
    write_parts(&env, [0, 30, 150, 160], 200);
    let metrics = ["--metrics", "fid,kid,precision-recall", "--generated", "b"];
    let of = |reference: &[&str]| {
        let arguments = [&["--reference"], reference, &metrics, &RANDOM[..], &OWN_CACHE].concat();
        score(&env, &arguments)
    };
    let two = of(&["part-0.npy", "part-1.npy"]);
    assert_eq!(two["reference"]["count"], 150);
    let three = of(&["part-0.npy", "part-1.npy", "part-2.npy"]);
    // Features and statistics of the third part, and the three metrics.
    assert_eq!(
        three["stages"],
        json!({ "all": 11, "hit": 6, "ran": 5, "failed": 0 })
    );
    let whole = of(&["whole.npy"]);
    close(&three["metrics"]["fid"], &whole["metrics"]["fid"], 1e-12);
    for exact in ["kid", "precision", "recall"] {
        assert_eq!(three["metrics"][exact], whole["metrics"][exact], "{exact}");
    }
    assert_eq!(three["reference"]["count"], 160);
    let paths: Vec<&Value> = (0..3)
        .map(|part| &three["reference"]["parts"][part]["path"])
        .collect();
    assert_eq!(paths, ["part-0.npy", "part-1.npy", "part-2.npy"]);
    let digests: Vec<&Value> = (0..3)
        .map(|part| &three["reference"]["parts"][part]["source_digest"])
        .collect();
    assert!(digests.iter().all(|digest| digest.is_string()) && digests[0] != digests[1]);
}

#[test]
fn generated_images_in_parts_are_one_set_for_every_metric() {
    let env = two_folders(1613);
    write_parts(&env, [0, 5, 11, 30], 90);
    let metrics = [
        "--reference",
        "a",
        "--metrics",
        "fid,kid,density-coverage,ms-ssim",
    ];
    let of = |generated: &[&str]| {
        score(
            &env,
            &[&metrics[..], &["--generated"], generated, &RANDOM[..]].concat(),
        )["metrics"]
            .clone()
    };
    let parts = of(&["part-0.npy", "part-1.npy", "part-2.npy"]);
    assert_eq!(parts, of(&["whole.npy"]));
    // Named one by one, too.
    let one_by_one = [
        "--generated",
        "part-0.npy",
        "--generated",
        "part-1.npy",
        "--generated",
        "part-2.npy",
    ];
    let found = score(&env, &[&metrics, &one_by_one[..], &RANDOM[..]].concat());
    assert_eq!(found["metrics"], parts);
}

#[test]
fn people_see_each_part_of_a_side() {
    let env = two_folders(1614);
    write_parts(&env, [0, 5, 11, 30], 90);
    let sides = [
        "score",
        "--reference",
        "a",
        "b",
        "--generated",
        "part-0.npy",
        "part-1.npy",
    ];
    let ran = env.run(&[&sides[..], &RANDOM].concat()).expect(0);
    for words in [
        "reference  image folder a: 24 images of 16 x 16",
        "reference  image folder b: 20 images of 16 x 16",
        "generated  image array part-1.npy: 6 images of 16 x 16",
    ] {
        assert!(ran.stdout.contains(words), "{words} in\n{}", ran.stdout);
    }
    assert!(
        ran.stderr.contains("44 reference images and 11 generated ones"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_is_known_of_a_side_is_told_although_a_part_of_it_failed() {
    let env = two_folders(1615);
    env.write("corrupt/0.png", "no image");
    let sides = [
        "score",
        "--json",
        "--reference",
        "a",
        "corrupt",
        "--generated",
        "b",
    ];
    let ran = env.run(&[&sides[..], &RANDOM].concat()).expect(3);
    let found = &ran.messages()[0];
    assert_eq!(found["reference"]["count"], Value::Null);
    assert_eq!(found["reference"]["parts"][0]["count"], 24);
    assert_eq!(found["reference"]["parts"][1]["count"], Value::Null);
    assert_eq!(found["extractor"]["name"], "random-convolution");
}

#[test]
fn parts_with_the_same_features_and_parts_of_other_sizes_have_a_warning() {
    let env = two_folders(1616);
    write_parts(&env, [0, 20, 40, 41], 90);
    let wide: Vec<u8> = (0..20 * 32 * 32 * 3).map(|at| (at * 7 % 253) as u8).collect();
    fs::write(env.path("wide.npy"), npy("|u1", &[20, 32, 32, 3], &wide))
        .expect("the test's folder can be written");
    let sides = [
        "--reference",
        "a",
        "part-0.npy",
        "--generated",
        "part-0.npy",
        "wide.npy",
    ];
    let warnings = score(&env, &[&sides[..], &RANDOM].concat())["warnings"].to_string();
    for words in [
        "part-0.npy and part-0.npy have the same features",
        "parts of the generated side have images from 16 x 16 to 32 x 32 pixels",
    ] {
        assert!(warnings.contains(words), "{words} in {warnings}");
    }
    let exchanged = [
        "--reference",
        "part-0.npy",
        "part-1.npy",
        "--generated",
        "part-1.npy",
        "part-0.npy",
    ];
    let warnings = score(&env, &[&exchanged[..], &RANDOM].concat())["warnings"].to_string();
    assert!(
        warnings.contains("both sides have the same features"),
        "{warnings}"
    );
}
