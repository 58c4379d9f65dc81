//! The device of a study: its names, and what is said of others.

use super::super::{Override, Precision, Study};
use super::{SHORT, assert_says};

#[test]
fn a_device_is_named_by_its_kind_and_perhaps_its_number() {
    for name in [
        "cpu",
        "auto",
        "vulkan",
        "vulkan:0",
        "vulkan:12",
        "vulkan:software",
        "cuda:1",
        "hip",
        "metal:99",
    ] {
        let study = Study::parse(&format!("{SHORT}device: {name}\n"), "x.yaml", &[]).unwrap();
        assert_eq!(study.device.name(), name);
    }
    let words = "cpu, vulkan, vulkan:software, cuda, hip, metal, auto";
    let unknown = |key: &str, word: &str, hint: &str| {
        let message = format!("5:9: device: expected one of {words}, found {word}\n  hint: {hint}");
        assert_says(&[(&format!("{SHORT}{key}\n"), &message)]);
    };
    unknown("device: gpu", "\"gpu\"", "did you mean \"cpu\"?");
    unknown("device: vulcan", "\"vulcan\"", "did you mean \"vulkan\"?");
    unknown("device: cpu:1", "\"cpu:1\"", "left out, it is cpu");
    unknown(
        "device: vulkan:first",
        "\"vulkan:first\"",
        "the second GPU is vulkan:1, and so on",
    );
    unknown("device: 1", "1", "left out, it is cpu");
    for number in ["100", "01", "0000"] {
        let message = format!(
            "5:9: device: expected a number from 0 to 99 behind vulkan:, found \"{number}\"\n  hint: left out, it is cpu"
        );
        assert_says(&[(&format!("{SHORT}device: vulkan:{number}\n"), &message)]);
    }
}

#[test]
fn only_a_gpu_rounds_operands_of_products() {
    let of = |text: &str| {
        Study::parse(&format!("{SHORT}{text}"), "x.yaml", &[])
            .unwrap()
            .precision
    };
    assert_eq!(of("precision: f32\n"), Precision::F32);
    for device in ["vulkan", "vulkan:software", "cuda:1", "auto"] {
        for precision in [Precision::Tf32, Precision::Bf16] {
            assert_eq!(
                of(&format!("device: {device}\nprecision: {precision}\n")),
                precision
            );
        }
    }
    let hint = "name a GPU by `device` or --device, or leave precision out: the processor computes in f32";
    assert_says(&[
        (
            &format!("{SHORT}precision: bf16\n"),
            &format!("5:12: precision: bf16 needs a GPU, and the device is cpu\n  hint: {hint}"),
        ),
        (
            &format!("{SHORT}precision: tf32\ndevice: cpu\n"),
            &format!("5:12: precision: tf32 needs a GPU, and the device is cpu\n  hint: {hint}"),
        ),
        (
            &format!("{SHORT}device: vulkan\nprecision: f16\n"),
            "6:12: precision: expected one of f32, tf32, bf16, found \"f16\"\n  hint: did you mean \"bf16\"?",
        ),
    ]);
}

#[test]
fn the_name_on_the_command_line_is_a_text_and_no_yaml() {
    for name in ["vulkan:", "[", "*a", "", "it's", "vulkan "] {
        let device = Override::text(&format!("--device {name}"), "device", name).unwrap();
        let error = Study::parse(SHORT, "x.yaml", &[device]).unwrap_err().to_string();
        let found = format!("found {name:?}");
        assert!(
            error.contains("device: expected") && (error.contains(&found) || name == "vulkan:"),
            "{error}"
        );
    }
}
