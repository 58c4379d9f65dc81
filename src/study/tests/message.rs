//! What is said about a study that is wrong.

use proptest::prelude::*;

use super::super::{Override, Place, Study, template};
use super::{SHORT, assert_says, messages};

/// As [`assert_says`] of keys of `base`.
fn assert_says_of_base(cases: &[(&str, &str)]) {
    for (keys, expected) in cases {
        assert_says(&[(&format!("{SHORT}  {keys}\n"), expected)]);
    }
}

/// As [`assert_says`] of a key of the study, which stands in line 5.
fn assert_says_of_study(cases: &[(&str, &str)]) {
    for (keys, expected) in cases {
        assert_says(&[(&format!("{SHORT}{keys}\n"), expected)]);
    }
}

#[test]
fn a_message_reads_like_a_compilers() {
    let text = format!("{SHORT}  discriminator:\n    normalisation: spectral\n");
    let expected = "studies/x.yaml:6:5: base.discriminator.normalisation: unknown key\n  \
                    hint: did you mean \"normalization\"?";
    assert_eq!(messages(&text), expected);
}

#[test]
fn a_problem_has_its_place_as_data() {
    let error = Study::parse(&format!("{SHORT}keep: x\n"), "a.yaml", &[]).unwrap_err();
    let [problem] = error.problems() else {
        panic!("{error}")
    };
    assert_eq!(
        problem.place,
        Place::File {
            file: "a.yaml".into(),
            line: 5,
            column: 7
        }
    );
    let hint = problem.hint.as_deref();
    assert_eq!(
        (problem.path.as_str(), hint),
        ("keep", Some("left out, it is last"))
    );
}

#[test]
fn all_problems_are_reported_in_the_order_of_the_file() {
    let text =
        "seed: -1\ndata: { dataset: mnist }\nbase: { steps: 0, loss: x, checkpoint_every: 1 }\nkeep: 3\n";
    assert_says(&[(
        text,
        "1:7: seed: expected a whole number of at least 0, found -1\n  hint: left out, it is 1\n\
         3:16: base.steps: expected a whole number of at least 1, found 0\n  \
         hint: steps: Discriminator updates of the whole run.\n\
         3:25: base.loss: expected one of non-saturating, minimax, least-squares, wasserstein, hinge, found \"x\"\n  \
         hint: left out, it is non-saturating\n\
         4:7: keep: expected one of last, all, found 3\n  hint: left out, it is last",
    )]);
}

#[test]
fn a_text_that_is_no_document_says_why() {
    let hint = "\n  hint: a study is a mapping with the keys data and base; `gan-pipe init` writes one to start from";
    assert_says(&[
        ("", &format!("1:1: expected a study, found nothing{hint}")),
        ("- a\n", &format!("1:1: expected a study, found a list{hint}")),
        (
            "a: 1\nb: 2\na: 3\n",
            "3:1: the key \"a\" stands here twice\n  hint: remove one of the two",
        ),
        (
            "base:\n  x: &y 1\n",
            "2:6: anchors (`&name`) and aliases (`*name`) are not used in a study\n  hint: write the value out, or \
             vary it in `matrix`",
        ),
        (
            "a: !b c\n",
            "1:4: tags (`!name`) are not used in a study\n  hint: write the value without it",
        ),
        (
            "1: x\n",
            "1:1: the key `1` is not text\n  hint: keys are words: put it in quotes if you mean the text",
        ),
        (
            "{ [a]: x }\n",
            "1:3: a key cannot be a list or a mapping\n  hint: keys are words",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "2:1: a second document starts here\n  hint: a study is one document: remove the `---`",
        ),
    ]);
}

#[test]
fn broken_yaml_carries_its_position() {
    let messages = messages("data: { dataset: mnist\nbase: 1\n");
    assert!(
        messages.starts_with("studies/x.yaml:2:5: not valid YAML: "),
        "{messages}"
    );
}

#[test]
fn what_yaml_takes_and_no_study_can_hold_has_its_place() {
    assert_says(&[
        (
            "seed: 99999999999999999999\n",
            "1:7: a number larger than any that a study can hold\n  hint: expected a smaller number",
        ),
        (
            "study: x\nkeep: al\u{1}l\n",
            "2:9: the control character U+0001 is no part of a text\n  hint: remove it, or write it as an escape in double \
             quotes",
        ),
    ]);
}

#[test]
fn axes_that_overlap_or_repeat_a_value_are_reported_once() {
    assert_says_of_study(&[
        (
            "matrix: { batch_size: [8, 8] }",
            "5:27: matrix.batch_size[1]: the same value as matrix.batch_size[0]\n  hint: remove one of the two",
        ),
        (
            "matrix: { latent: [{ dimension: 4 }], latent.dimension: [8] }",
            "5:39: matrix.latent.dimension: the matrix also varies latent, and one is a part of the other\n  hint: vary \
             the longer path only, or name the part in the values of the shorter one",
        ),
    ]);
}

#[test]
fn a_text_nested_beyond_all_need_is_refused() {
    let text = format!("a: {}{}", "[".repeat(100), "]".repeat(100));
    assert!(
        messages(&text).contains("1:35: nested too deeply"),
        "{}",
        messages(&text)
    );
    assert!(Study::parse(&"[".repeat(100_000), "x.yaml", &[]).is_err());
}

#[test]
fn a_missing_key_is_named_with_its_meaning() {
    assert_says(&[
        (
            "data: {}\nbase: { checkpoint_every: 5 }\n",
            "1:7: data.dataset: missing\n  hint: add dataset: The set of images.\n\
             2:7: base.steps: missing\n  hint: add steps: Discriminator updates of the whole run.",
        ),
        (
            "study: x\n",
            "1:1: base: missing\n  hint: add base: One complete run; what is left out is the paper's advice.\n\
             1:1: data: missing\n  hint: add data: The images to learn from.",
        ),
    ]);
}

#[test]
fn unknown_keys_get_the_key_that_was_meant_or_the_list_of_keys() {
    assert_says_of_base(&[
        (
            "stps: 1",
            "5:3: base.stps: unknown key\n  hint: did you mean \"steps\"?",
        ),
        (
            "batch-size: 1",
            "5:3: base.batch-size: unknown key\n  hint: did you mean \"batch_size\"?",
        ),
        (
            "latent: { seed: 1 }",
            "5:13: base.latent.seed: unknown key\n  hint: the keys here are dimension, distribution",
        ),
    ]);
}

#[test]
fn wrong_values_say_what_is_expected() {
    let number = "base.optimizer.adam.beta1: expected a number of at least 0 and less than 1, found";
    let rate = "base.optimizer.adam.learning_rate: expected a number of more than 0, found";
    let width = "base.architecture.width: expected a number of more than 0 and at most 4, found";
    assert_says_of_base(&[
        (
            "optimizer: { adam: { beta1: fast } }",
            &format!("5:31: {number} \"fast\"\n  hint: left out, it is 0.5"),
        ),
        (
            "optimizer: { adam: { beta1: 1.0 } }",
            &format!("5:31: {number} 1\n  hint: left out, it is 0.5"),
        ),
        (
            "optimizer: { adam: { beta1: -0.1 } }",
            &format!("5:31: {number} -0.1\n  hint: left out, it is 0.5"),
        ),
        (
            "optimizer: { adam: { learning_rate: 0 } }",
            &format!("5:39: {rate} 0\n  hint: left out, it is 0.0002"),
        ),
        (
            "optimizer: { adam: { learning_rate: .nan } }",
            &format!("5:39: {rate} NaN\n  hint: left out, it is 0.0002"),
        ),
        (
            "optimizer: { adam: { learning_rate: .inf } }",
            &format!("5:39: {rate} inf\n  hint: left out, it is 0.0002"),
        ),
        (
            "optimizer: { adam: { learning_rate: } }",
            &format!("5:37: {rate} nothing\n  hint: left out, it is 0.0002"),
        ),
        (
            "architecture: { width: 4.5 }",
            &format!("5:26: {width} 4.5\n  hint: left out, it is 1"),
        ),
        (
            "architecture: { width: [1] }",
            &format!("5:26: {width} a list\n  hint: left out, it is 1"),
        ),
        (
            "batch_size: 1",
            "5:15: base.batch_size: expected a whole number from 2 to 65536, found 1\n  hint: left out, it is 64",
        ),
        (
            "batch_size: 6.5",
            "5:15: base.batch_size: expected a whole number from 2 to 65536, found 6.5\n  hint: left out, it is 64",
        ),
        (
            "batch_size: '64'",
            "5:15: base.batch_size: expected a whole number from 2 to 65536, found \"64\"\n  hint: left out, it is 64",
        ),
        (
            "latent: 5",
            "5:11: base.latent: expected a mapping, found 5\n  hint: its keys are dimension, distribution",
        ),
        (
            "loss: true",
            "5:9: base.loss: expected one of non-saturating, minimax, least-squares, wasserstein, hinge, found true\n  hint: left out, it is non-saturating",
        ),
        (
            "discriminator: { normalization: spectrl }",
            "5:35: base.discriminator.normalization: expected one of none, batch, layer, spectral, found \"spectrl\"\n  \
             hint: did you mean \"spectral\"?",
        ),
        (
            "discriminator: { penalty: { none: {} } }",
            "5:31: base.discriminator.penalty.none: takes no settings\n  hint: write none alone",
        ),
    ]);
}

#[test]
fn keys_of_later_versions_are_refused_as_such() {
    assert_says_of_study(&[
        (
            "search: { rounds: 2 }",
            "5:1: search: not in this version, a later one brings it\n  hint: remove it: this version runs what \
             `matrix` lists",
        ),
        (
            "resources: 1",
            "5:1: resources: not in this version, a later one brings it\n  hint: remove it: this version shares the \
             processor's cores between the runs by itself",
        ),
    ]);
}

#[test]
fn a_wrong_convention_hides_no_other_problem() {
    let text = format!(
        "{SHORT}  architecture: {{ width: 0.001 }}\nconvention: {{ standard: {{ unpooling: zero }} }}\n"
    );
    assert_says(&[(
        &text,
        "5:26: base.architecture.width: width 0.001 leaves less than one channel of a layer of 64\n  hint: the least \
         width is 1/64 = 0.015625\n\
         6:38: convention.standard.unpooling: expected one of replicate, zeros, found \"zero\"\n  hint: did you mean \
         \"zeros\"?",
    )]);
}

#[test]
fn networks_too_large_for_any_device_are_refused() {
    assert_says(&[(
        "data: { dataset: image-folder, path: x, resolution: 1024 }\nbase:\n  steps: 1000\n  checkpoint_every: 400\n  \
         architecture: { name: infogan }\n",
        "5:25: base.architecture.name: at 1024 pixels and width 1 one layer has 8.6e9 weights\n  hint: take a smaller width \
         or data.resolution, or another architecture: `gan-pipe describe` has sizes",
    )]);
}

#[test]
fn impossible_networks_are_refused() {
    assert_says_of_base(&[
        (
            "discriminator: { normalization: batch }",
            "5:35: base.discriminator.normalization: sndcgan's discriminator has no batch normalization\n  hint: it can \
             have none, spectral",
        ),
        (
            "architecture: { name: dcgan }\n  discriminator: { normalization: layer }",
            "6:35: base.discriminator.normalization: dcgan's discriminator has no layer normalization\n  hint: it can \
             have none, batch, spectral",
        ),
        (
            "architecture: { name: resnet19, discriminator: sndcgan }\n  discriminator: { normalization: layer }",
            "6:35: base.discriminator.normalization: sndcgan's discriminator has no layer normalization\n  hint: it \
             can have none, spectral",
        ),
        (
            "discriminator: { weight_clip: 0.01 }",
            "5:33: base.discriminator.weight_clip: weight clipping belongs to the Wasserstein loss, the loss is \
             non-saturating\n  hint: remove it, or set loss: wasserstein",
        ),
        (
            "architecture: { width: 0.01 }",
            "5:26: base.architecture.width: width 0.01 leaves less than one channel of a layer of 64\n  hint: the least \
             width is 1/64 = 0.015625",
        ),
    ]);
}

#[test]
fn impossible_evaluations_are_refused() {
    assert_says_of_study(&[
        (
            "evaluate: { samples: 1, metrics: [fid] }",
            "5:22: evaluate.samples: fid needs at least 2 images, found 1\n  hint: set evaluate.samples to 2 or more",
        ),
        (
            "evaluate: { metrics: [] }",
            "5:22: evaluate.metrics: the list is empty\n  hint: metrics: The metrics; fid where left \
             out, and inception-score where the extractor knows classes.",
        ),
        (
            "evaluate: { metrics: [fid, fid] }",
            "5:28: evaluate.metrics[1]: \"fid\" stands in the list twice",
        ),
        (
            "evaluate: { at: first }",
            "5:17: evaluate.at: expected one of all, last, found \"first\"\n  hint: a list of steps is also possible",
        ),
        (
            "evaluate: { at: [0, 500, 1000] }",
            "5:21: evaluate.at[1]: base has no checkpoint at step 500\n  hint: it is saved at 0, every 400 steps, \
             and at 1000",
        ),
    ]);
    let text = format!("{SHORT}matrix: {{ checkpoint_every: [500, 300] }}\nevaluate: {{ at: [500] }}\n");
    assert!(messages(&text).contains("evaluate.at[0]: checkpoint_every=300 has no checkpoint at step 500"));
}

#[test]
fn a_run_of_endless_checkpoints_is_refused() {
    let text = SHORT.replace("1000", "1e9").replace("400", "1");
    assert!(
        messages(&text).contains("4:21: base.checkpoint_every: 1000000000 steps have over 10000 checkpoints")
    );
}

#[test]
fn a_name_must_be_safe_and_a_file_that_cannot_name_a_study_says_so() {
    let name = "expected a name of a-z, 0-9 and hyphens, at most 64 long";
    assert_says_of_study(&[(
        "study: ../up",
        &format!(
            "5:8: study: {name}, found \"../up\"\n  hint: study: The name, of a-z, 0-9 and \
             hyphens; the file's name where it is left out."
        ),
    )]);
    let error = Study::parse(SHORT, "My Study.yaml", &[]).unwrap_err();
    let expected = "My Study.yaml:1:1: study: missing, and the file's name \"My Study\" cannot name a study\n  \
                    hint: add study: my-study";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_do_not_matter() {
    let text = ["\u{feff}", &SHORT.replace('\n', "\r\n"), "keep: al\r\n"].concat();
    assert!(messages(&text).starts_with("studies/x.yaml:5:7: keep: expected one of last, all, found \"al\""));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic_or_refuse_without_a_reason(
        text in "[a-c:{}\\[\\],\\- \n#&*!|>'\"0-9.~\\t]{0,60}",
    ) {
        for text in [text.clone(), format!("{SHORT}matrix:\n  {text}"), format!("{SHORT}{text}")] {
            if let Err(error) = Study::parse(&text, "x.yaml", &[]) {
                prop_assert!(!error.problems().is_empty(), "{}", text);
            }
        }
    }

    #[test]
    fn a_study_with_a_typing_error_is_read_or_refused_at_a_place_in_the_file(
        place in any::<prop::sample::Index>(),
        typed in "[a-z0-9:{}\\[\\],\\- \\n\\t#&*!|>'\"\u{0}\u{7f}\u{e9}\u{1f600}]{0,3}",
        removed in 0_usize..4,
    ) {
        let whole: Vec<char> = template().chars().collect();
        let start = place.index(whole.len());
        let end = whole.len().min(start + removed);
        let text: String = whole[..start].iter().chain(&typed.chars().collect::<Vec<_>>()).chain(&whole[end..]).collect();
        if let Err(error) = Study::parse(&text, "x.yaml", &[]) {
            let lines = text.lines().count() + 1;
            for problem in error.problems() {
                let is_inside = matches!(problem.place, Place::File { line, .. } if (1..=lines).contains(&line));
                prop_assert!(is_inside, "{} of\n{}", problem, text);
            }
        }
    }

    #[test]
    fn a_key_with_any_value_is_read_or_refused_with_a_reason(
        key in prop::sample::select(vec![
            "study", "data", "device", "precision", "base", "matrix", "seeds", "evaluate", "base.loss",
            "base.optimizer",
            "base.discriminator.penalty", "matrix.steps", "matrix.exclude", "matrix.include", "evaluate.at",
        ]),
        value in prop::sample::select(vec![
            "", "null", "0", "-1", "1.5", "x", "[]", "{}", "[[]]", "[{}]", "[null]", "{ a: b }", "{ gradient: }",
            "true", "[1, 1]", ".nan", "all", "[{ steps: 1 }]", "[{ loss: [] }]",
        ]),
    ) {
        let set = Override::parse(&format!("{key}={value}")).unwrap();
        if let Err(error) = Study::parse(SHORT, "x.yaml", &[set]) {
            prop_assert!(!error.problems().is_empty(), "{}={}", key, value);
        }
    }
}
