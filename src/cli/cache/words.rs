//! Words for what can go from the cache and why, for people and for messages. Pure.

use std::time::{Duration, SystemTime};

use gan_cache::{Object, Reason};

use crate::cli::text;

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The word for an object, in messages.
pub(super) fn sort(object: &Object) -> &'static str {
    match object {
        Object::Entry { .. } => "entry",
        Object::Blob { .. } => "blob",
        Object::Temporary => "temporary",
        Object::Partial { .. } => "partial",
        Object::Lock { .. } => "lock",
        Object::History { .. } => "history",
        Object::Build => "build",
        Object::Fingerprint => "fingerprint",
    }
}

/// A number of objects of a sort, for people.
pub(super) fn count(number: usize, sort: &str) -> String {
    match sort {
        "partial" => format!("unfinished work of {}", text::count(number, "stage")),
        "temporary" => text::count(number, "temporary file"),
        sort => text::count(number, sort),
    }
}

/// The word for a reason, in messages.
pub(super) fn word(reason: &Reason) -> &'static str {
    match reason {
        Reason::Damaged { .. } => "damaged",
        Reason::Unused { .. } => "unused",
        Reason::OverSize { .. } => "over-size",
        Reason::WithEntry { .. } => "with-entry",
        Reason::Unreferenced => "unreferenced",
        Reason::Leftover => "leftover",
        Reason::Finished => "finished",
        Reason::Orphaned => "orphaned",
        Reason::Outdated { .. } => "outdated",
    }
}

/// Why something can go, for people.
pub(super) fn reason_in_words(reason: &Reason) -> String {
    match reason {
        Reason::Damaged { why } => format!("damaged: {why}"),
        Reason::Unused { since } => format!("not used for {}", days(*since)),
        Reason::OverSize { since } => {
            format!("the cache is too large, and it was not used for {}", days(*since))
        }
        Reason::WithEntry { key } => format!("goes with the entry {}", key.short()),
        Reason::Unreferenced => "no entry names it".to_owned(),
        Reason::Leftover => "left by a process that has ended".to_owned(),
        Reason::Finished => "the stage has a result".to_owned(),
        Reason::Orphaned => "nothing is left of what it is about".to_owned(),
        Reason::Outdated { since } => format!("written {} ago; what it is about is read again", days(*since)),
    }
}

fn days(since: SystemTime) -> String {
    let age = since.elapsed().unwrap_or_default();
    text::count((age.as_secs() / DAY.as_secs()) as usize, "day")
}
