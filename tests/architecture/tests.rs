//! Made-up files that break a rule, to show that the checker can fail, and look-alikes that do not.

use super::checker::{form, imports, manifest};
use super::manifest::dependencies;
use super::source::SourceFile;

/// Returns `line: path` for each import in `text` that the file at `path` must not have.
fn broken(path: &str, text: &str) -> Vec<String> {
    let violations = imports(&SourceFile::new(path, text));
    let short = |message: String| {
        message
            .trim_start_matches(path)
            .trim_start_matches(':')
            .replace("names ", "")
    };
    let fields = |message: String| message.splitn(3, ": ").take(2).collect::<Vec<_>>().join(": ");
    violations
        .iter()
        .map(|violation| fields(short(violation.to_string())))
        .collect()
}

#[test]
fn a_violation_names_file_line_and_rule() {
    let file = SourceFile::new(
        "src/nn/dense.rs",
        "//! Dense.\n\nuse parquet::basic::Compression;\n",
    );
    let messages: Vec<String> = imports(&file).iter().map(ToString::to_string).collect();
    let expected =
        "src/nn/dense.rs:3: names parquet::basic::Compression: only src/table names arrow and parquet";
    assert_eq!(messages, [expected]);
}

#[test]
fn imports_are_found_in_trees_renames_attributes_and_plain_paths() {
    assert_eq!(
        broken("src/gan/a.rs", "use {std::fs, gan_cache::{Key, store::{self}}};"),
        ["1: gan_cache::Key", "1: gan_cache::store"]
    );
    assert_eq!(
        broken("src/gan/a.rs", "use clap as c;\nfn f() { c::Parser::parse(); }"),
        ["1: clap", "2: clap::Parser::parse"]
    );
    assert_eq!(
        broken("src/gan/a.rs", "#[derive(clap::Parser)]\nstruct A;"),
        ["1: clap::Parser"]
    );
    assert_eq!(
        broken("src/gan/a.rs", "fn f(x: Vec<::arrow::Array>) {}"),
        ["1: arrow::Array"]
    );
    assert_eq!(
        broken("kernels/src/a.rs", "pub use gan_pipeline::*;"),
        ["1: gan_pipeline"]
    );
}

#[test]
fn modules_are_found_however_they_are_reached() {
    assert_eq!(
        broken("src/gan/a.rs", "use crate::{nn::Dense, study::Study};"),
        ["1: crate::study::Study"]
    );
    assert_eq!(
        broken("src/gan/mod.rs", "use super::study::Study;"),
        ["1: crate::study::Study"]
    );
    assert_eq!(
        broken("src/gan/a.rs", "use super::super::study;"),
        ["1: crate::study"]
    );
    assert_eq!(
        broken("src/gan/a.rs", "mod inner { use super::super::super::study::X; }"),
        ["1: crate::study::X"]
    );
    assert_eq!(
        broken("src/gan/a.rs", "use gan_pipe::study;"),
        ["1: gan_pipe::study"]
    );
    assert!(broken("src/gan/a.rs", "mod inner { fn f() {} }\nuse super::study::X;").is_empty());
}

#[test]
fn printing_and_the_environment_are_the_command_lines_alone() {
    let text = "use std::{env, process};\nfn f() {\n    println!(\"x\");\n    process::exit(1);\n    std::eprint!(\"\");\n}";
    let expected = [
        "1: std::env",
        "4: std::process::exit",
        "3: println!",
        "5: std::eprint!",
    ];
    assert_eq!(broken("pipeline/src/run.rs", text), expected);
    assert!(broken("src/cli/run.rs", text).is_empty());
    assert!(broken("src/main.rs", text).is_empty());
}

#[test]
fn test_code_may_print_and_read_the_environment_but_not_import() {
    let text = "#[cfg(test)]\n#[expect(dead_code)]\nmod tests {\n    use clap::Parser;\n    fn f() { dbg!(std::env::args()); }\n}\n";
    assert_eq!(broken("cache/src/a.rs", text), ["4: clap::Parser"]);
    assert_eq!(
        broken("cache/tests/a.rs", "fn f() { println!(); }"),
        Vec::<String>::new()
    );
    assert_eq!(
        broken("cache/src/a.rs", &format!("{text}fn g() {{ print!(); }}")),
        ["4: clap::Parser", "7: print!"]
    );
}

#[test]
fn comments_literals_fields_and_longer_names_are_no_imports() {
    let text = r####"
        //! use clap::Parser;
        /* println!("x") /* nested */ std::env::var */
        const A: &str = "std::env::var(\"x\") println!()";
        const B: &str = r#"clap::Parser "quoted" "#;
        const C: [char; 3] = ['"', '\'', '/'];
        fn f<'a>(x: &'a X) -> bool { x.clap::<u8>(); claps::go(); my::clap::go(); a != b }
        const D: &[u8] = br"std::env::\";
    "####;
    assert!(broken("src/gan/a.rs", text).is_empty());
    let after = format!("{text}\nfn g() {{ clap::go(); }}");
    assert_eq!(
        broken("src/gan/a.rs", &after).len(),
        1,
        "the reader lost its place in the literals"
    );
}

#[test]
fn pipeline_and_learning_meet_only_in_stages() {
    let text = "use gan_pipeline::Stage;\nuse crate::gan::train;";
    assert_eq!(broken("src/search/a.rs", text), ["2: crate::gan::train"]);
    assert!(broken("src/stages/a.rs", text).is_empty());
    assert!(
        broken(
            "src/search/a.rs",
            "use gan_pipeline::Stage;\nuse crate::table::RunRow;"
        )
        .is_empty()
    );
}

#[test]
fn each_room_has_its_own_rules() {
    let cases = [
        ("cache/src/a.rs", "use gan_pipeline::Plan;"),
        ("cache/src/a.rs", "use gan_pipe::study;"),
        ("pipeline/src/a.rs", "use gan_kernels::Array;"),
        ("kernels/src/a.rs", "use gan_cache::Digest;"),
        ("src/nn/a.rs", "use cubecl::prelude::*;"),
        ("src/data/a.rs", "use gan_kernels::Array;"),
        ("src/metrics/a.rs", "use gan_kernels::Array;"),
        ("src/cli/a.rs", "use serde_yaml::Value;"),
        ("src/table/a.rs", "use crate::stages::Train;"),
        ("src/table/a.rs", "use crate::autograd::Tape;"),
        ("src/report/a.rs", "use crate::nn::Dense;"),
        ("src/study/a.rs", "use crate::cli::Error;"),
    ];
    for (path, text) in cases {
        assert_eq!(broken(path, text).len(), 1, "{path}: {text}");
    }
    for (path, text) in [
        ("pipeline/src/a.rs", "use gan_cache::Digest;"),
        ("kernels/src/a.rs", "use cubecl::prelude::*;"),
        ("src/study/a.rs", "use saphyr_parser::Event;"),
        ("src/table/a.rs", "use arrow::array::Array;"),
        ("src/nn/a.rs", "use gan_kernels::Array;"),
    ] {
        assert_eq!(broken(path, text), Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn the_form_of_a_file_is_held() {
    let messages = |path: &str, text: &str| {
        form(&SourceFile::new(path, text))
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        messages("src/nn/dense.rs", "//! Dense layers.\n"),
        Vec::<String>::new()
    );
    let unnamed = messages("src/utils/mod.rs", "//! Things.\n");
    assert_eq!(
        unnamed,
        ["src/utils/mod.rs:1: is named \"utils\": a name says what is inside"]
    );
    let silent = messages("src/nn/a.rs", "use std::fs;\n");
    assert_eq!(
        silent,
        ["src/nn/a.rs:1: opens with \"use std::fs;\": a file opens with `//!` and what it is for"]
    );
    let long = messages("src/nn/a.rs", &format!("//! Long.\n{}", "\n".repeat(500)));
    assert_eq!(
        long,
        ["src/nn/a.rs:501: has 501 lines: a file has at most 500 lines"]
    );
}

#[test]
fn dependencies_are_found_in_every_table_but_the_workspaces() {
    let text = "[workspace.dependencies]\na = \"1\"\n[package]\nname = \"p\"\n[dependencies]\nb.workspace = true # why\n\
                c = { version = \"1\", package = \"d\" }\n[dev-dependencies]\n\"e\" = \"1\"\n\
                [target.'cfg(unix)'.dependencies]\nf = \"1\"\n[build-dependencies.g]\nversion = \"1\"\n[features]\nh = []\n";
    let names: Vec<_> = dependencies(text)
        .into_iter()
        .map(|d| (d.line, d.names.join("=")))
        .collect();
    let expected =
        [(6, "b"), (7, "c=d"), (9, "e"), (11, "f"), (12, "g")].map(|(line, name)| (line, name.to_owned()));
    assert_eq!(names, expected);
}

#[test]
fn a_manifest_that_names_what_it_must_not_is_found() {
    let text = "[dependencies]\ngan-kernels.workspace = true\nyaml = { package = \"serde_yaml_ng\", version = \"0.10\" }\n";
    let messages: Vec<String> = manifest("pipeline/Cargo.toml", text)
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected = [
        "pipeline/Cargo.toml:2: depends on gan-kernels: pipeline imports cache alone",
        "pipeline/Cargo.toml:3: depends on serde_yaml_ng: only the root crate names tables, YAML and the command line",
    ];
    assert_eq!(messages, expected);
    assert!(manifest("Cargo.toml", text).is_empty());
}
