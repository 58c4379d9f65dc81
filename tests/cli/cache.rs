//! The commands about the cache: what is in it, what can go, and that nothing goes that a build needs.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use super::environment::{TestEnv, of_event};

const JSON: [&str; 2] = ["--message-format", "json"];

/// A folder with a cache of its own in which the study is built, with what the shared one knows besides.
fn built(seed: u32) -> TestEnv {
    let env = TestEnv::new(seed);
    env.build(&[]);
    env.copy_cache("own");
    env.build(&["--cache-dir", "own"]);
    env
}

fn cache(command: &[&'static str]) -> Vec<&'static str> {
    [&["cache"], command, &["--cache-dir", "own"]].concat()
}

#[test]
fn the_folder_of_the_cache_is_printed_and_not_made() {
    let env = TestEnv::new(800);
    let ran = env.run(&["cache", "dir", "--cache-dir", "absent"]).expect(0);
    assert_eq!(ran.stdout, "absent\n");
    assert!(!env.path("absent").exists());
}

#[test]
fn stats_count_what_lies_in_the_cache_by_kind_and_by_study() {
    let env = built(801);
    let messages = env
        .run(&[&cache(&["stats"])[..], &JSON].concat())
        .expect(0)
        .messages();
    let last = messages.last().expect("there is a last message");
    let files = env.files("own/blobs");
    assert_eq!(last["blobs"]["count"], files.len());
    assert_eq!(
        last["blobs"]["bytes"],
        files.values().map(Vec::len).sum::<usize>()
    );
    assert_eq!(last["entries"]["count"], env.files("own/entries").len());
    let kinds = of_event(&messages, "kind");
    let entries = kinds
        .iter()
        .filter_map(|kind| kind["entries"].as_u64())
        .sum::<u64>();
    assert_eq!(last["entries"]["count"], entries);
    assert!(kinds.iter().all(|kind| kind.get("gone").is_none()));
    let study = of_event(&messages, "study")[0];
    assert_eq!((&study["study"], &study["gone"]), (&"tiny".into(), &0.into()));
    assert!(
        study["entries"].as_u64() > Some(10) && study["bytes"].as_u64() > Some(0),
        "{study}"
    );
    let text = env.run(&cache(&["stats"])).expect(0).stdout;
    for line in ["own: ", "\nby kind of stage\n", "\n  classifier", "\nlargest\n"] {
        assert!(text.contains(line), "no {line:?} in:\n{text}");
    }
}

#[test]
fn nothing_goes_by_itself_and_everything_unused_goes_with_its_reason_on_request() {
    let env = built(802);
    let none = env.run(&cache(&["gc", "--apply"])).expect(0);
    assert!(
        none.stdout.starts_with("nothing to remove from "),
        "{}",
        none.stdout
    );
    let before = env.files("own");
    let listed = env.run(&cache(&["gc", "--keep-days", "0"])).expect(0).stdout;
    assert!(
        listed.contains("tiny: none/seed-1/train 2-4: not used for 0 days\n"),
        "{listed}"
    );
    assert!(
        listed.contains("nothing was removed; --apply removes it\n"),
        "{listed}"
    );
    assert_eq!(env.files("own"), before, "a list removes nothing");

    let everything = [&cache(&["gc", "--keep-days", "0"])[..], &JSON].concat();
    let quiet = env.run(&[&everything[..], &["--quiet"]].concat()).expect(0);
    assert_eq!(quiet.messages().len(), 1, "{}", quiet.stdout);
    let listed = env.run(&everything).expect(0).messages();
    let removed = env
        .run(&[&everything[..], &["--apply"]].concat())
        .expect(0)
        .messages();
    let of = |messages: &[serde_json::Value], event| -> Vec<(String, String)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let found = of_event(messages, event).into_iter();
        found
            .map(|message| (text(&message["path"]), text(&message["reason"])))
            .collect()
    };
    assert_eq!(of(&listed, "garbage"), of(&removed, "removed"));
    let last = removed.last().expect("there is a last message");
    assert_eq!((&last["applied"], &last["spared"]), (&true.into(), &0.into()));
    assert!(env.files("own/entries").is_empty() && env.files("own/blobs").is_empty());
}

#[test]
fn what_a_study_uses_stays_and_the_rest_goes() {
    let env = built(803);
    let other = [
        "--cache-dir",
        "own",
        "--set",
        "seed=8030",
        "--set",
        "study=other",
        "--out",
        "other",
    ];
    env.build(&other);
    let gc = cache(&[
        "gc",
        "--keep-days",
        "0",
        "--keep",
        "tiny.yaml",
        "--apply",
        "--quiet",
    ]);
    let ran = env.run(&gc).expect(0);
    assert!(ran.stdout.starts_with("removed "), "{}", ran.stdout);
    let refused = env.run(&cache(&["gc", "--keep", "tiny.yaml"])).expect(2);
    assert!(refused.stderr.contains("--keep-days"), "{}", refused.stderr);
    let plan = |more: &[&str]| {
        env.run(&[&["plan", "tiny.yaml", "--exit-code", "--cache-dir", "own"], more].concat())
    };
    plan(&[]).expect(0);
    plan(&["--set", "seed=8030"]).expect(10);
}

#[test]
fn a_cache_gets_as_small_as_it_is_wanted() {
    let env = built(804);
    let bytes = |env: &TestEnv| env.files("own/blobs").values().map(Vec::len).sum::<usize>();
    let before = bytes(&env);
    assert!(before > 1 << 20);
    env.run(&cache(&["gc", "--max-size", "1MiB", "--apply"]))
        .expect(0);
    assert!(bytes(&env) < 1 << 20, "{}", bytes(&env));
    let refused = env.run(&cache(&["gc", "--max-size", "much"])).expect(2);
    assert!(refused.stderr.contains("10GiB"), "{}", refused.stderr);
}

#[test]
fn a_running_build_misses_nothing_that_it_has_found_or_made() {
    let env = built(805);
    let arguments = [
        &[
            "build",
            "tiny.yaml",
            "--cache-dir",
            "own",
            "--set",
            "base.steps=300",
        ][..],
        &["--set", "base.checkpoint_every=100", "--set", "evaluate.at=last"],
        &JSON,
    ]
    .concat();
    let mut child = env
        .command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut output = BufReader::new(child.stdout.take().expect("its output is piped"));
    let mut line = String::new();
    while !(line.contains("\"event\":\"ran\"") && line.contains("\"kind\":\"train\"")) {
        line.clear();
        assert!(
            output.read_line(&mut line).expect("the program writes lines") > 0,
            "it ended early"
        );
    }
    let gc = env
        .run(&[&cache(&["gc", "--keep-days", "0", "--apply"])[..], &JSON].concat())
        .expect(0);
    assert!(
        child.try_wait().expect("it can be asked").is_none(),
        "the build ended too early"
    );
    let last = gc.messages().pop().expect("there is a last message");
    assert!(last["in_use"].as_u64() > Some(0), "{last}");
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("the program writes text");
    assert_eq!(child.wait().expect("the program ends").code(), Some(0), "{rest}");
    assert!(!rest.contains("\"event\":\"remade\""), "{rest}");
    assert!(rest.contains("\"failed\":0"), "{rest}");
}

#[test]
fn damage_is_found_told_and_repaired() {
    let env = built(806);
    env.run(&cache(&["verify"])).expect(0);
    env.damage("own/blobs", |content| content.starts_with(b"\x89PNG"));
    let (path, _) = env.files("own/entries").pop_first().expect("there are entries");
    fs::write(env.path("own/entries").join(path), b"{").expect("the test's folder can be written");
    let found = env.run(&cache(&["verify"])).expect(1).stdout;
    assert!(
        found.contains("damaged blob: ") && found.contains("damaged entry: "),
        "{found}"
    );
    let gc = env.run(&cache(&["gc"])).expect(0).stdout;
    assert!(gc.contains("damaged: not the expected JSON"), "{gc}");
    let repaired = env.run(&cache(&["verify", "--repair"])).expect(0).stdout;
    assert!(repaired.contains(" damaged, "), "{repaired}");
    let found = env.run(&cache(&["verify"])).expect(0).stdout;
    assert!(found.ends_with(": all as they were written\n"), "{found}");
}

#[test]
fn a_repair_says_what_it_has_removed_and_what_stays() {
    let env = built(807);
    env.damage("own/blobs", |content| content.starts_with(b"\x89PNG"));
    let mut entries = env.files("own/entries").into_keys();
    let mut next = || {
        env.path("own/entries")
            .join(entries.next().expect("there are entries"))
    };
    let (damaged, folder) = (next(), next());
    fs::write(&damaged, b"{").expect("the test's folder can be written");
    fs::remove_file(&folder)
        .and_then(|()| fs::create_dir(&folder))
        .expect("the test's folder can be written");
    let blobs = env
        .files("own/blobs")
        .values()
        .filter(|blob| blob.starts_with(b"\x88PNG"))
        .count();
    env.run(&["plan", "tiny.yaml", "--cache-dir", "own"]).expect(0);
    env.run(&cache(&["gc"])).expect(0);

    let mark = env.path("own/builds/mark");
    fs::write(&mark, r#"{"pid":1,"study":"other","started":0}"#).expect("the test's folder can be written");
    let mark = fs::File::open(mark).expect("it was just written");
    mark.lock().expect("the file system has locks");
    let repair = [&cache(&["verify", "--repair"])[..], &JSON].concat();
    let messages = env.run(&repair).expect(1).messages();
    let last = messages.last().expect("there is a last message");
    assert_eq!(
        (&last["damaged"], &last["repaired"]),
        (&(blobs + 2).into(), &blobs.into())
    );
    let removed = of_event(&messages, "damaged").into_iter();
    assert_eq!(
        removed.filter(|message| message["removed"] == true).count(),
        blobs,
        "{last}"
    );
    assert!(damaged.exists());

    drop(mark);
    let left = env.run(&cache(&["verify", "--repair"])).expect(1).stdout;
    assert!(left.contains(": 2 damaged, 1 removed; 1 stays "), "{left}");
    assert!(!damaged.exists() && folder.is_dir());
    let left = env.run(&cache(&["verify"])).expect(1).stdout;
    assert!(left.contains(": 1 damaged; --repair removes it, "), "{left}");
}
