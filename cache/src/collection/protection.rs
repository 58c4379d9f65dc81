//! What a collection leaves alone because builds run. Knows when they began and which keys their studies have had.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use crate::running::USE_RESOLUTION;
use crate::{Key, StoredBuild, StoredHistory};

/// What no entry names may be on its way to one for this long, even if no build says that it runs.
const GRACE: Duration = Duration::from_secs(60 * 60);

/// What a collection leaves alone because of builds that run.
#[derive(Debug, Default)]
pub(crate) struct Protection {
    /// When the oldest running build began.
    oldest: Option<SystemTime>,
    /// The keys that histories of their studies name, and those that are being built.
    keys: HashSet<Key>,
}

impl Protection {
    pub(crate) fn new(
        builds: &[StoredBuild],
        histories: &[StoredHistory],
        building: impl IntoIterator<Item = Key>,
    ) -> Protection {
        let running = || builds.iter().filter(|build| build.is_running);
        let studies: HashSet<&str> = running().filter_map(|build| build.study.as_deref()).collect();
        let histories = histories
            .iter()
            .filter(|history| studies.contains(&*history.study));
        let named = histories.flat_map(|history| history.records.iter().map(|record| record.key));
        Protection {
            oldest: running().map(|build| build.started).min(),
            keys: named.chain(building).collect(),
        }
    }

    /// Whether the study of a running build has had a key, or it is being built.
    pub(crate) fn names(&self, key: &Key) -> bool {
        self.keys.contains(key)
    }

    /// Whether a running build has used an entry or is likely to come to it.
    pub(crate) fn covers(&self, key: &Key, used: SystemTime) -> bool {
        // A build that found it since noted that, unless another had done so within the resolution.
        let is_recent = |oldest| is_until(used, USE_RESOLUTION, oldest);
        self.keys.contains(key) || self.oldest.is_some_and(is_recent)
    }

    /// Whether a running build may have found this blob stored already, for an entry that it is about to make.
    pub(crate) fn covers_blob(&self, modified: SystemTime) -> bool {
        self.oldest.is_some_and(|oldest| modified >= oldest)
    }

    /// Whether something that no entry names may be on its way to one.
    pub(crate) fn covers_arriving(&self, modified: SystemTime, now: SystemTime) -> bool {
        is_until(modified, GRACE, self.oldest.unwrap_or(now).min(now))
    }
}

/// Whether a span of time from `start` on reaches `end`. What the system's clock cannot count is later than anything.
fn is_until(start: SystemTime, span: Duration, end: SystemTime) -> bool {
    start.checked_add(span).is_none_or(|last| last >= end)
}
