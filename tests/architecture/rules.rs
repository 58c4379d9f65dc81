//! The rules, as tables: a line for each of what a room must not name, and the limits of a file.
//!
//! A path in `forbidden` covers everything below it; `name!` is a macro. Inside `src/`, `crate::` is the root crate.

/// Paths that some part of the repository must not name.
pub(crate) struct Rule {
    /// The rule in words.
    pub(crate) text: &'static str,
    /// Path prefixes that must not be named.
    pub(crate) forbidden: &'static [&'static str],
    /// Folders or files that the rule is for.
    pub(crate) within: &'static [&'static str],
    /// Folders or files inside `within` that it is not for.
    pub(crate) except: &'static [&'static str],
    /// Whether it is for test code too.
    pub(crate) tests: bool,
}

/// Two sets of paths that one file must not both name.
pub(crate) struct Apart {
    /// The rule in words.
    pub(crate) text: &'static str,
    /// Path prefixes of one half.
    pub(crate) one: &'static [&'static str],
    /// Path prefixes of the other half.
    pub(crate) other: &'static [&'static str],
    /// Folders that the rule is for.
    pub(crate) within: &'static [&'static str],
    /// Folders that it is not for.
    pub(crate) except: &'static [&'static str],
}

/// Packages that a crate's manifest must not name.
pub(crate) struct ManifestRule {
    /// The rule in words.
    pub(crate) text: &'static str,
    /// Names of packages.
    pub(crate) forbidden: &'static [&'static str],
    /// Manifests that the rule is for.
    pub(crate) within: &'static [&'static str],
}

const EVERYWHERE: &[&str] = &["cache", "kernels", "pipeline", "src", "tests"];
const MEMBERS: &[&str] = &["cache", "kernels", "pipeline"];
const COMMAND_LINE: &[&str] = &["src/cli", "src/main.rs"];
const LEARNING: &[&str] = &[
    "src/autograd",
    "src/nn",
    "src/optim",
    "src/gan",
    "src/metrics",
    "src/data",
];

pub(crate) const RULES: &[Rule] = &[
    Rule {
        text: "cache stands below every other crate",
        forbidden: &["gan_pipeline", "gan_kernels", "gan_pipe"],
        within: &["cache"],
        except: &[],
        tests: true,
    },
    Rule {
        text: "pipeline imports cache alone",
        forbidden: &["gan_kernels", "gan_pipe"],
        within: &["pipeline"],
        except: &[],
        tests: true,
    },
    Rule {
        text: "kernels stands alone",
        forbidden: &["gan_cache", "gan_pipeline", "gan_pipe"],
        within: &["kernels"],
        except: &[],
        tests: true,
    },
    Rule {
        text: "only kernels names cubecl",
        forbidden: &["cubecl"],
        within: EVERYWHERE,
        except: &["kernels"],
        tests: true,
    },
    Rule {
        text: "only src/table names arrow and parquet",
        forbidden: &["arrow", "parquet"],
        within: EVERYWHERE,
        except: &["src/table"],
        tests: true,
    },
    Rule {
        text: "only src/study names the YAML crates",
        forbidden: &["serde_yaml", "serde_yaml_ng", "saphyr", "saphyr_parser"],
        within: EVERYWHERE,
        except: &["src/study"],
        tests: true,
    },
    Rule {
        text: "only src/fetch reaches out to other machines and unpacks archives",
        forbidden: &["ureq", "md5", "tar", "std::net"],
        within: EVERYWHERE,
        except: &["src/fetch"],
        tests: false,
    },
    Rule {
        text: "only src/cli names the crates of the command line",
        forbidden: &["clap", "clap_complete", "clap_mangen", "indicatif", "anstream"],
        within: EVERYWHERE,
        except: COMMAND_LINE,
        tests: true,
    },
    Rule {
        text: "only src/cli reads the environment and ends the process",
        forbidden: &["std::env", "std::process::exit", "std::process::abort"],
        within: EVERYWHERE,
        except: COMMAND_LINE,
        tests: false,
    },
    Rule {
        text: "only src/cli prints",
        forbidden: &[
            "print!",
            "println!",
            "eprint!",
            "eprintln!",
            "dbg!",
            "std::io::stdout",
            "std::io::stderr",
        ],
        within: EVERYWHERE,
        except: COMMAND_LINE,
        tests: false,
    },
    Rule {
        text: "only main.rs names src/cli",
        forbidden: &["crate::cli"],
        within: &["src"],
        except: COMMAND_LINE,
        tests: true,
    },
    Rule {
        text: "learning knows neither cache nor pipeline nor study files",
        forbidden: &["gan_cache", "gan_pipeline", "crate::study", "crate::stages"],
        within: LEARNING,
        except: &[],
        tests: true,
    },
    Rule {
        text: "pickles are read without knowing whose they are",
        forbidden: &[
            "crate::data",
            "crate::weights",
            "crate::nn",
            "crate::stages",
            "gan_cache",
            "gan_kernels",
            "gan_pipeline",
            "std::fs",
        ],
        within: &["src/pickle"],
        except: &[],
        tests: true,
    },
    Rule {
        text: "archives and files of arrays know no image, no feature and nothing that uses them",
        forbidden: &[
            "crate::data",
            "crate::extractor",
            "crate::metrics",
            "crate::nn",
            "crate::stages",
            "crate::study",
            "crate::weights",
            "gan_cache",
            "gan_kernels",
            "gan_pipeline",
        ],
        within: &["src/arrays", "src/zip.rs"],
        except: &[],
        tests: true,
    },
    Rule {
        text: "files of weights know no study, no stage, no cache and nothing that uses the weights",
        forbidden: &[
            "crate::data",
            "crate::extractor",
            "crate::metrics",
            "crate::stages",
            "crate::study",
            "gan_cache",
            "gan_pipeline",
        ],
        within: &["src/weights"],
        except: &[],
        tests: true,
    },
    Rule {
        text: "only src/weights digests by SHA-256",
        forbidden: &["sha2"],
        within: EVERYWHERE,
        except: &["src/weights"],
        tests: false,
    },
    Rule {
        text: "fetching files knows no data set and nothing that reads them",
        forbidden: &[
            "crate::data",
            "crate::stages",
            "crate::study",
            "gan_cache",
            "gan_kernels",
            "gan_pipeline",
        ],
        within: &["src/fetch"],
        except: &[],
        tests: true,
    },
    Rule {
        text: "data and metrics work on host memory, but for the Fréchet distance on a device",
        forbidden: &["gan_kernels"],
        within: &["src/data", "src/metrics"],
        except: &[
            "src/metrics/fid/device.rs",
            "src/metrics/fid/device",
            "src/metrics/fid/device_covariance.rs",
        ],
        tests: true,
    },
    Rule {
        text: "tables know no learning, no stage, no cache and no study file",
        forbidden: &[
            "crate::autograd",
            "crate::nn",
            "crate::optim",
            "crate::gan",
            "crate::stages",
            "crate::study",
            "gan_cache",
            "gan_kernels",
            "gan_pipeline",
        ],
        within: &["src/table"],
        except: &[],
        tests: true,
    },
    Rule {
        text: "reports are made from tables alone",
        forbidden: &[
            "crate::autograd",
            "crate::nn",
            "crate::optim",
            "crate::gan",
            "crate::stages",
            "gan_cache",
            "gan_kernels",
            "gan_pipeline",
        ],
        within: &["src/report"],
        except: &[],
        tests: true,
    },
];

pub(crate) const APART: &[Apart] = &[Apart {
    text: "only src/stages puts the pipeline and learning together",
    one: &["gan_pipeline"],
    other: &[
        "gan_kernels",
        "crate::autograd",
        "crate::nn",
        "crate::optim",
        "crate::gan",
        "crate::metrics",
        "crate::data",
        "crate::weights",
    ],
    within: &["src"],
    except: &["src/stages", "src/cli"],
}];

pub(crate) const MANIFEST_RULES: &[ManifestRule] = &[
    ManifestRule {
        text: "cache stands below every other crate",
        forbidden: &["gan-pipeline", "gan-kernels", "gan-pipe"],
        within: &["cache/Cargo.toml"],
    },
    ManifestRule {
        text: "pipeline imports cache alone",
        forbidden: &["gan-kernels", "gan-pipe"],
        within: &["pipeline/Cargo.toml"],
    },
    ManifestRule {
        text: "kernels stands alone",
        forbidden: &["gan-cache", "gan-pipeline", "gan-pipe"],
        within: &["kernels/Cargo.toml"],
    },
    ManifestRule {
        text: "only kernels names cubecl",
        forbidden: &["cubecl"],
        within: &["Cargo.toml", "cache/Cargo.toml", "pipeline/Cargo.toml"],
    },
    ManifestRule {
        text: "only the root crate names tables, YAML and the command line",
        forbidden: &[
            "arrow",
            "parquet",
            "serde_yaml",
            "serde_yaml_ng",
            "saphyr",
            "saphyr-parser",
            "clap",
            "clap_complete",
            "clap_mangen",
            "indicatif",
            "anstream",
        ],
        within: MEMBERS,
    },
];

/// Names of files and folders that say nothing.
pub(crate) const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "manager", "misc"];

/// Most lines of a source file.
pub(crate) const MAX_LINES: usize = 500;
