//! Words for what can go from the cache and why, for people and for messages. Pure.

use std::time::SystemTime;

use gan_cache::{Object, Reason};

use crate::cli::text;

const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// The word for an object, in messages and counts.
pub(super) fn sort(object: &Object) -> &'static str {
    match object {
        Object::Entry { .. } => "entry",
        Object::Blob { .. } => "blob",
        Object::Temporary => "temporary file",
        Object::Partial { .. } => "partial",
        Object::Lock { .. } => "lock",
        Object::History { .. } => "history",
        Object::Build => "build",
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
    }
}

fn days(since: SystemTime) -> String {
    let age = since.elapsed().unwrap_or_default();
    text::count((age.as_secs() / SECONDS_OF_A_DAY) as usize, "day")
}
