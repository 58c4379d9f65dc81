//! The networks' arrays against those that the peers' own code builds (tests/golden/weights_files.py).

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::Path;

use super::*;

fn peers(network: &str) -> Vec<ArraySummary> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/weights_files/networks.json");
    let text = std::fs::read_to_string(path).unwrap();
    let all: BTreeMap<String, BTreeMap<String, Vec<usize>>> = serde_json::from_str(&text).unwrap();
    let arrays = all[network].iter().map(|(name, shape)| ArraySummary {
        name: name.clone(),
        shape: shape.clone(),
        is_real: !name.ends_with("num_batches_tracked"),
    });
    arrays.collect()
}

#[test]
fn every_network_is_known_by_the_arrays_that_its_publishers_code_builds() {
    let networks = [
        ("pytorch-fid", KnownNetwork::Inception2015),
        ("inception-v3-torchvision", KnownNetwork::InceptionTorchvision),
        ("vgg16", KnownNetwork::Vgg16),
    ];
    for (name, network) in networks {
        assert_eq!(KnownNetwork::of_arrays(peers(name).iter()), Ok(network), "{name}");
    }
}

#[test]
fn an_array_that_is_missing_of_another_shape_or_too_many_is_named() {
    let network = KnownNetwork::Vgg16;
    let name = || "features.7.bias".to_owned();
    let mut arrays = peers("vgg16");
    let at = arrays.iter().position(|array| array.name == name()).unwrap();
    arrays[at].shape = vec![64, 2];
    let error = KnownNetwork::of_arrays(arrays.iter()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the array \"features.7.bias\" of vgg16 is one of 128, found 64 x 2"
    );
    arrays[at].is_real = false;
    let error = KnownNetwork::of_arrays(arrays.iter()).unwrap_err();
    let expected = "128".to_owned();
    assert_eq!(
        error,
        ArraysError::Missing {
            network,
            name: name(),
            expected
        }
    );
    let mut arrays = peers("vgg16");
    arrays.push(ArraySummary {
        name: "features.30.weight".to_owned(),
        shape: vec![1],
        is_real: true,
    });
    let error = KnownNetwork::of_arrays(arrays.iter()).unwrap_err();
    assert_eq!(error.to_string(), "vgg16 has no array \"features.30.weight\"");
}

#[test]
fn arrays_of_no_known_network_are_told_by_the_first() {
    let array = ArraySummary {
        name: "linear".to_owned(),
        shape: vec![3, 4],
        is_real: true,
    };
    assert_eq!(
        KnownNetwork::of_arrays([array].iter()).unwrap_err().to_string(),
        "its 1 arrays are those of no known network; the first is \"linear\" of 3 x 4"
    );
    assert!(KnownNetwork::of_arrays([].iter()).is_err());
}

#[test]
fn published_names_end_in_eight_digits_of_a_digest() {
    for network in KnownNetwork::ALL {
        for file in network.published().files {
            let prefix = file.sha256_prefix();
            let is_digits = prefix.len() == 8 && prefix.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_digits, "{}", file.name);
            assert!(file.address.starts_with("https://") && file.address.ends_with(file.name));
            let of_digest = network.published_file(&format!("{prefix}{}", "0".repeat(56)));
            assert_eq!(of_digest.map(PublishedFile::sha256_prefix), Some(prefix));
        }
        assert!(network.published_file(&"0".repeat(64)).is_none());
    }
}
