//! The studies of `studies/landscape`: what they compare, how many settings they have, and that what they compare differs
//! in nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::super::{ArchitectureName, Loss, Normalization, Optimizer, Penalty, Run, Settings, Study};

const FACES: &str = "celeba-hq-128";
const BEDROOMS: &str = "lsun-bedroom";
const CIFAR: &str = "cifar10";

/// Table 1 of Kurach et al. (2019): step sizes, weights of a penalty, and decays of Adam with the discriminator's steps.
const LEARNING_RATES: [f64; 3] = [0.0002, 0.0001, 0.001];
const LAMBDAS: [f64; 2] = [1.0, 10.0];
const PACES: [(f64, f64, u64); 4] = [(0.5, 0.9, 5), (0.5, 0.999, 1), (0.5, 0.999, 5), (0.9, 0.999, 5)];

/// A question of the paper: the methods that its study compares.
struct Question {
    name: &'static str,
    /// The data sets that it is asked on, with the networks.
    sets: &'static [(&'static str, &'static [&'static str])],
    losses: &'static [&'static str],
    /// Normalization and penalty of the discriminator.
    methods: &'static [(&'static str, &'static str)],
    settings: usize,
}

const QUESTIONS: [Question; 5] = [
    Question {
        name: "losses",
        sets: &[(FACES, &["resnet19"]), (BEDROOMS, &["resnet19"])],
        losses: &["non-saturating", "least-squares", "wasserstein"],
        methods: &[("none", "none"), ("spectral", "none"), ("none", "gradient")],
        settings: 3 * (12 + 12 + 24),
    },
    Question {
        name: "losses",
        sets: &[(CIFAR, &["resnet-cifar"])],
        losses: &["non-saturating", "least-squares", "wasserstein", "hinge"],
        methods: &[("none", "none"), ("spectral", "none"), ("none", "gradient")],
        settings: 4 * (12 + 12 + 24),
    },
    Question {
        name: "regularization-normalization",
        sets: &[
            (FACES, &["resnet19"]),
            (BEDROOMS, &["resnet19"]),
            (CIFAR, &["resnet-cifar"]),
        ],
        losses: &["non-saturating"],
        methods: &[
            ("none", "none"),
            ("none", "gradient"),
            ("none", "dragan"),
            ("none", "l2"),
            ("batch", "none"),
            ("layer", "none"),
            ("spectral", "none"),
        ],
        settings: 4 * 12 + 3 * 24,
    },
    Question {
        name: "simultaneous",
        sets: &[(FACES, &["resnet19"]), (BEDROOMS, &["resnet19"])],
        losses: &["non-saturating"],
        methods: &[
            ("spectral", "gradient"),
            ("layer", "gradient"),
            ("spectral", "dragan"),
            ("layer", "dragan"),
        ],
        settings: 4 * 24,
    },
    Question {
        name: "architecture",
        sets: &[
            (FACES, &["resnet19", "sndcgan"]),
            (BEDROOMS, &["resnet19", "sndcgan"]),
            (CIFAR, &["resnet-cifar", "sndcgan"]),
        ],
        losses: &["non-saturating"],
        methods: &[("none", "none"), ("none", "gradient"), ("spectral", "none")],
        settings: 2 * (12 + 24 + 12),
    },
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("studies/landscape")
}

fn load(name: &str) -> Study {
    let path = folder().join(format!("{name}.yaml"));
    Study::load(&path, &[]).unwrap_or_else(|error| panic!("{error}"))
}

/// The studies of the paper's figures, each with its question and networks.
fn compared() -> impl Iterator<Item = (Study, &'static Question, &'static [&'static str])> {
    let of = |question: &'static Question| {
        let sets = question.sets.iter();
        sets.map(move |(set, networks)| (load(&format!("{}-{set}", question.name)), question, *networks))
    };
    QUESTIONS.iter().flat_map(of)
}

/// The first run of each setting.
fn settings(study: &Study) -> impl Iterator<Item = &Run> {
    study.runs.iter().filter(|run| run.seed == 1)
}

/// What a setting is compared by: its networks, loss, normalization and penalty.
fn cell(settings: &Settings) -> [String; 4] {
    let Settings {
        architecture,
        loss,
        discriminator,
        ..
    } = settings;
    [
        architecture.name.name().to_owned(),
        loss.name().to_owned(),
        discriminator.normalization.name().to_owned(),
        discriminator.penalty.name().to_owned(),
    ]
}

/// The numbers of Table 1 in a setting, in words that can be compared.
fn numbers(settings: &Settings) -> String {
    let Optimizer::Adam {
        learning_rate,
        beta1,
        beta2,
        ..
    } = settings.optimizer
    else {
        panic!("{:?}", settings.optimizer)
    };
    let (steps, lambda) = (
        settings.discriminator.steps,
        settings.discriminator.penalty.lambda(),
    );
    format!("{learning_rate} {beta1} {beta2} {steps} {lambda:?}")
}

/// All numbers of Table 1 that a method has.
fn table_1(has_penalty: bool) -> BTreeSet<String> {
    let lambdas = match has_penalty {
        true => LAMBDAS.map(Some).to_vec(),
        false => vec![None],
    };
    let mut all = BTreeSet::new();
    for rate in LEARNING_RATES {
        for (beta1, beta2, steps) in PACES {
            let lines = lambdas
                .iter()
                .map(|lambda| format!("{rate} {beta1} {beta2} {steps} {lambda:?}"));
            all.extend(lines);
        }
    }
    all
}

/// A setting without what studies compare and without the numbers of Table 1.
fn rest(settings: &Settings) -> Settings {
    let mut rest = settings.clone();
    rest.architecture.name = ArchitectureName::Sndcgan;
    rest.loss = Loss::NonSaturating;
    rest.discriminator.normalization = Normalization::None;
    rest.discriminator.penalty = Penalty::None;
    rest.discriminator.steps = 1;
    if let Optimizer::Adam {
        learning_rate,
        beta1,
        beta2,
        ..
    } = &mut rest.optimizer
    {
        (*learning_rate, *beta1, *beta2) = (0.0, 0.0, 0.0);
    }
    rest
}

#[test]
fn every_cell_of_a_comparison_has_each_setting_of_table_1_once() {
    for (study, question, networks) in compared() {
        let mut found: BTreeMap<[String; 4], Vec<String>> = BTreeMap::new();
        for run in settings(&study) {
            found
                .entry(cell(&run.settings))
                .or_default()
                .push(numbers(&run.settings));
        }
        let mut expected = BTreeSet::new();
        for network in networks {
            for loss in question.losses {
                for (normalization, penalty) in question.methods {
                    expected.insert([*network, *loss, *normalization, *penalty].map(str::to_owned));
                }
            }
        }
        let cells: BTreeSet<[String; 4]> = found.keys().cloned().collect();
        assert_eq!(cells, expected, "{}", study.name);
        for (cell, numbers) in found {
            let once: BTreeSet<String> = numbers.iter().cloned().collect();
            assert_eq!(once.len(), numbers.len(), "{} {cell:?}", study.name);
            assert_eq!(once, table_1(cell[3] != "none"), "{} {cell:?}", study.name);
        }
    }
}

#[test]
fn what_is_compared_differs_in_what_the_study_names_and_in_table_1_alone() {
    let mut rests: BTreeMap<&str, Settings> = BTreeMap::new();
    for (study, ..) in compared() {
        for run in settings(&study) {
            let rest = rest(&run.settings);
            let first = rests
                .entry(study.data.dataset.name())
                .or_insert_with(|| rest.clone());
            assert_eq!(rest, *first, "{} {}", study.name, run.setting);
            if let Penalty::Dragan { form, .. } = run.settings.discriminator.penalty {
                assert_eq!(form.name(), "noise", "{} {}", study.name, run.setting);
            }
        }
    }
}

#[test]
fn settings_runs_steps_and_samples_are_those_of_the_paper() {
    for (study, question, _) in compared() {
        let count = settings(&study).count();
        assert_eq!(
            (count, study.runs.len()),
            (question.settings, 5 * question.settings),
            "{}",
            study.name
        );
        assert_eq!(study.convention.name(), "compare-gan", "{}", study.name);
        let (steps, samples) = match study.data.dataset.name() {
            FACES => (100_000, 3_000),
            BEDROOMS => (100_000, 10_000),
            _ => (200_000, 10_000),
        };
        assert_eq!(study.evaluate.samples, samples, "{}", study.name);
        let settings = &study.runs[0].settings;
        assert_eq!(
            (settings.steps, settings.batch_size, settings.latent.dimension),
            (steps, 64, 128),
            "{}",
            study.name
        );
    }
    let counts: Vec<(&str, usize)> = QUESTIONS.iter().map(|each| (each.name, each.settings)).collect();
    let expected = [
        ("losses", 144),
        ("losses", 192),
        ("regularization-normalization", 120),
        ("simultaneous", 96),
        ("architecture", 96),
    ];
    assert_eq!(counts, expected);
}

#[test]
fn the_same_question_has_the_same_runs_on_faces_and_on_bedrooms() {
    for question in QUESTIONS
        .iter()
        .filter(|question| question.sets.iter().any(|set| set.0 == FACES))
    {
        let [faces, bedrooms] = [FACES, BEDROOMS].map(|set| load(&format!("{}-{set}", question.name)));
        assert!(faces.runs == bedrooms.runs, "{}", question.name);
    }
}

/// A line of `published.csv`.
struct Published {
    experiment: String,
    line: usize,
    study: String,
    setting: String,
    fid: f64,
}

fn published() -> Vec<Published> {
    let text = std::fs::read_to_string(folder().join("published.csv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("experiment,line,study,setting,published"));
    let read = |line: &str| {
        let [experiment, number, study, setting, fid] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        Published {
            experiment: experiment.to_owned(),
            line: number.parse().unwrap(),
            study: study.to_owned(),
            setting: setting.to_owned(),
            fid: fid.parse().unwrap(),
        }
    };
    lines.map(read).collect()
}

#[test]
fn every_published_line_has_its_setting_and_every_setting_of_a_best_study_was_published() {
    let published = published();
    for (experiment, count) in [
        ("best_models_sndcgan", 18),
        ("best_models_resnet19", 12),
        ("best_models_resnet_cifar", 6),
    ] {
        let of = published.iter().filter(|row| row.experiment == experiment);
        let mut lines: Vec<usize> = of.map(|row| row.line).collect();
        lines.sort_unstable();
        assert_eq!(lines, (1..=count).collect::<Vec<_>>(), "{experiment}");
    }
    let mut studies: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in &published {
        assert!(
            row.fid > 20.0 && row.fid < 200.0,
            "{} {}",
            row.experiment,
            row.line
        );
        studies.entry(&row.study).or_default().insert(&row.setting);
    }
    assert_eq!(studies.len(), 6);
    for (name, expected) in studies {
        let study = load(name);
        let found: BTreeSet<&str> = settings(&study).map(|run| run.setting.as_str()).collect();
        assert_eq!(found, expected, "{name}");
        assert_eq!(study.runs.len(), 5 * found.len(), "{name}");
        assert_eq!(study.convention.name(), "compare-gan", "{name}");
    }
}

#[test]
fn what_differs_between_lines_of_one_setting_is_noise_of_at_most_three() {
    let published = published();
    for row in &published {
        let same = published
            .iter()
            .filter(|other| (&other.study, &other.setting) == (&row.study, &row.setting));
        for other in same {
            assert!((row.fid - other.fid).abs() < 3.0, "{} {}", row.study, row.setting);
        }
    }
}

/// Writes into each row of a table the numbers of the lines that hold its second cell: `file.yaml:12`.
fn located(page: &str) -> String {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').collect();
        if !line.starts_with("| ") || cells.len() < 5 {
            return line.to_owned();
        }
        let text = cells[2].trim().trim_matches('`');
        let cells: Vec<String> = cells.iter().map(|cell| with_line(cell, text)).collect();
        cells.join("|")
    };
    page.lines().map(|line| row(line) + "\n").collect()
}

/// A cell that names a file, with the number of the one line that is the text; any other cell as it is.
fn with_line(cell: &str, text: &str) -> String {
    let named = cell.trim().trim_matches('`').rsplit_once(':');
    let Some((file, _)) = named.filter(|(file, _)| file.ends_with(".yaml")) else {
        return cell.to_owned();
    };
    let study =
        std::fs::read_to_string(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let lines: Vec<usize> = study
        .lines()
        .enumerate()
        .filter(|(_, line)| line.trim() == text)
        .map(|(index, _)| index + 1)
        .collect();
    assert_eq!(lines.len(), 1, "{file} has {text:?} at {lines:?}");
    format!(" `{file}:{}` ", lines[0])
}

#[test]
fn landscape_page_names_the_lines_of_the_studies() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/landscape.md");
    let mut page = std::fs::read_to_string(&path).unwrap();
    let expected = located(&page);
    if std::env::var_os("GAN_PIPE_UPDATE_DOCS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &expected).unwrap();
        page.clone_from(&expected);
    }
    assert!(
        page == expected,
        "docs/landscape.md names other lines; run `GAN_PIPE_UPDATE_DOCS=1 cargo test --workspace --lib landscape_page`"
    );
    let files = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    for file in files.filter(|path| path.extension().is_some_and(|end| end == "yaml")) {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap();
        assert!(page.contains(name), "{name} is not on the page");
    }
}

#[test]
fn every_study_of_the_landscape_says_its_question_and_is_named_as_its_file() {
    let files = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    assert!(files.len() >= 17, "{files:?}");
    for file in files {
        let study = Study::load(&file, &[]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            Some(study.name.as_str()),
            file.file_stem().and_then(|stem| stem.to_str())
        );
        let text = std::fs::read_to_string(&file).unwrap();
        for word in ["# Question:", "# Cost:", "# Reading:"] {
            assert!(text.contains(word), "{} lacks {word}", study.name);
        }
    }
}
