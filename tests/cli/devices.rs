//! Builds on a device, on the software driver for Vulkan.

use std::path::Path;

/// A handful of images, whose features a slow device extracts in seconds.
pub(crate) fn own_images() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/images");
    let folder = folder.display();
    format!("data={{ dataset: image-folder, path: {folder}, test_fraction: 0.4 }}")
}

#[cfg(feature = "vulkan")]
#[test]
fn a_build_on_a_device_counts_what_it_launched_there_and_its_drivers_say_nothing() {
    use crate::environment::{Ran, TestEnv};

    let env = TestEnv::new(290);
    let images = own_images();
    let build = [
        &["build", "tiny.yaml", "--message-format", "json", "--quiet"][..],
        &["--device", "vulkan:software", "--set", &images],
        &["--set", "evaluate={ samples: 16, at: last }"],
        &["--set", "matrix.discriminator.normalization=[spectral]"],
    ]
    .concat();
    let mut command = env.command(&build);
    command.env_remove("XDG_RUNTIME_DIR");
    let ran = Ran::from(command.output().expect("the program starts"));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let messages = ran.messages();
    assert_eq!(messages[0]["device"], "vulkan:software");
    let mut on_device = 0;
    for message in messages.iter().filter(|message| message["event"] == "ran") {
        let metric = message["stage"]
            .as_str()
            .and_then(|stage| stage.split('/').next_back())
            .unwrap_or_default();
        match message["kind"].as_str() {
            // So few steps give one image many times, of whose distance the host leaves nothing to the device.
            Some("metric") if metric.starts_with("fid") => {
                on_device += 1;
                assert_eq!(message["host_operations"], 0, "{message}");
                assert!(message["kernel_launches"].is_u64(), "{message}");
            }
            Some("train" | "samples" | "features") => {
                on_device += 1;
                assert_eq!(message["host_operations"], 0, "{message}");
                assert!(message["kernel_launches"].as_u64() > Some(0), "{message}");
                assert!(
                    message["peak_device_memory_bytes"].as_u64() > Some(0),
                    "{message}"
                );
            }
            _ => assert!(message["peak_device_memory_bytes"].is_null(), "{message}"),
        }
    }
    assert_eq!(
        on_device,
        2 + 3 + 2 + 1,
        "segments, grids, features of the images and of the last checkpoint, and its distance"
    );
    let rows = env
        .run(&["table", "tiny.yaml", "stages", "--format", "csv"])
        .stdout;
    let of_features = rows
        .lines()
        .find(|row| row.contains(",features,"))
        .unwrap_or(&rows);
    assert!(of_features.contains(",vulkan:software,"), "{rows}");
    // The same class of devices has these results: another of its devices is not even opened.
    let other = [&build[..6], &["vulkan:99"], &build[7..]].concat();
    let again = env.run(&other);
    assert_eq!((again.code, again.stderr.as_str()), (0, ""));
    let last = again.messages().pop().expect("a build has a last message");
    assert_eq!(last["ran"], 0, "{last}");
}
