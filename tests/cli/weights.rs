//! Weights that others have trained: which are known, bringing a file into its place, and reading it.

use std::fs::{self, File};
use std::path::Path;

use serde_json::{Value, json};

use crate::environment::TestEnv;

/// Writes a safetensors file with the arrays that torchvision's Inception has, numbers of 16 bits that are all 0, one of another shape.
pub(crate) fn zeros(path: &Path, other_shape: Option<(&str, &[u64])>) {
    let golden = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/golden/weights_files/networks.json"
    );
    let networks = fs::read_to_string(golden).expect("the golden can be read");
    let mut networks: Value = serde_json::from_str(&networks).expect("the golden is JSON");
    let network = networks["inception-v3-torchvision"].as_object_mut();
    let network = network.expect("the golden has the network");
    if let Some((name, shape)) = other_shape {
        network[name] = json!(shape);
    }
    let mut at = 0;
    for shape in network.values_mut() {
        let extents = shape.as_array().expect("a shape is a list").iter();
        let end = at
            + 2 * extents
                .map(|extent| extent.as_u64().unwrap_or(0))
                .product::<u64>();
        *shape = json!({ "dtype": "F16", "shape": *shape, "data_offsets": [at, end] });
        at = end;
    }
    let description = serde_json::to_string(network).expect("the description is JSON");
    let length = description.len() as u64;
    let beginning = [&length.to_le_bytes()[..], description.as_bytes()].concat();
    fs::write(path, beginning).expect("the test's folder can be written");
    let file = File::options().append(true).open(path);
    let file = file.expect("the file was written");
    file.set_len(8 + length + at)
        .expect("the test's folder can be written");
}

#[test]
fn the_list_tells_where_what_is_missing_is_published() {
    let ran = TestEnv::new(970).run(&["weights", "list"]).expect(0);
    insta::assert_snapshot!(ran.stdout, @r"
    weights

    network                   weights  file
    inception-v3-2015         missing     -
    inception-v3-torchvision  missing     -
    vgg16                     missing     -

    inception-v3-2015 (converted from Google's, which are under the Apache License 2.0):
      https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth
        SHA-256 6726825d...
      https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth
        SHA-256 6726825d...

    inception-v3-torchvision (terms may derive from those of ImageNet, on which it was trained):
      https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth
        SHA-256 0cc3c7bd...
      https://download.pytorch.org/models/inception_v3_google-1a9a5a14.pth
        SHA-256 1a9a5a14...

    vgg16 (terms may derive from those of ImageNet, on which it was trained):
      https://download.pytorch.org/models/vgg16-397923af.pth
        SHA-256 397923af...
    ");
}

#[test]
fn a_file_is_put_into_its_place_by_its_arrays_and_is_listed_and_checked_there() {
    let env = TestEnv::new(971);
    zeros(&env.path("mine.safetensors"), None);
    let imported = env.run(&["weights", "import", "mine.safetensors"]).expect(0);
    let place = "weights/inception_v3_google-0cc3c7bd.safetensors";
    assert!(
        imported
            .stderr
            .contains(&format!("Imported inception-v3-torchvision into {place}")),
        "{}",
        imported.stderr
    );
    assert!(
        imported
            .stderr
            .contains("warning: these are not the published weights"),
        "{}",
        imported.stderr
    );
    let [before, after] = ["mine.safetensors", place].map(|file| fs::read(env.path(file)));
    assert!(before.expect("the file is there") == after.expect("the copy is there"));
    let names: Vec<_> = env.files("weights").into_keys().collect();
    assert_eq!(names.len(), 1, "{names:?}");

    let list = env.run(&["weights", "list"]).expect(0).stdout;
    assert!(
        list.contains("inception-v3-torchvision   others  inception_v3_google-0cc3c7bd.safetensors"),
        "{list}"
    );
    let check = env.run(&["weights", "check"]).expect(0).stdout;
    assert_eq!(check, env.run(&["weights", "check", place]).expect(0).stdout);
    assert!(
        check.starts_with(&format!(
            "{place}: inception-v3-torchvision in a safetensors file, 580 arrays\n  SHA-256 "
        )),
        "{check}"
    );
    assert!(
        check.ends_with(", which is that of no published file\n"),
        "{check}"
    );
    env.run(&["weights", "import", place]).expect(0);
}

#[test]
fn what_lies_in_its_place_is_replaced_whatever_it_was() {
    let env = TestEnv::new(973);
    zeros(&env.path("mine.safetensors"), None);
    let place = "weights/inception_v3_google-0cc3c7bd.safetensors";
    env.write(place, "cut short");
    env.run(&["weights", "check"]).expect(3);
    env.run(&["weights", "import", "mine.safetensors"]).expect(0);
    env.run(&["weights", "check"]).expect(0);
}

#[test]
fn in_json_every_network_has_a_message() {
    let env = TestEnv::new(972);
    zeros(&env.path("mine.safetensors"), None);
    let import = [
        "weights",
        "import",
        "mine.safetensors",
        "--message-format",
        "json",
    ];
    let imported = env.run(&import).expect(0).messages();
    let listed = env
        .run(&["weights", "list", "--message-format", "json"])
        .expect(0)
        .messages();
    let [Value::Object(imported)] = &imported[..] else {
        panic!("{imported:?}");
    };
    assert_eq!(imported["network"], "inception-v3-torchvision");
    assert_eq!(imported["is_published"], false);
    assert_eq!(imported["published"][0]["sha256_prefix"], "0cc3c7bd");
    assert_eq!(listed.len(), 3);
    assert_eq!(listed[0]["path"], Value::Null);
    assert_eq!(listed[1].as_object(), Some(imported));
}
