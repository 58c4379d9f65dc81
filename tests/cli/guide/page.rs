//! One page of Markdown: its fenced blocks, links and headings. Knows the few forms that the documentation uses.

use std::path::{Path, PathBuf};

/// A Markdown file.
pub(super) struct Page {
    pub(super) path: PathBuf,
    text: String,
}

/// A fenced block.
pub(super) struct Block {
    /// `file:line` of its first line.
    pub(super) place: String,
    /// What stands after the opening fence, such as `sh no_run`.
    pub(super) words: Vec<String>,
    pub(super) text: String,
}

/// A link to another place.
pub(super) struct Link {
    /// `file:line` of the link.
    pub(super) place: String,
    pub(super) target: String,
}

impl Page {
    pub(super) fn read(path: &Path) -> Page {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Page {
            path: path.to_owned(),
            text,
        }
    }

    pub(super) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (number, line) in self.numbered() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(words)) => {
                    open = Some(Block {
                        place: self.place(number),
                        words: words.split_whitespace().map(str::to_owned).collect(),
                        text: String::new(),
                    });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block is not closed", self.path.display());
        blocks
    }

    pub(super) fn links(&self) -> Vec<Link> {
        let link = |(number, line): (usize, String)| {
            let targets: Vec<String> = line
                .match_indices("](")
                .filter_map(|(at, _)| line[at + 2..].split_once(')'))
                .map(|(target, _)| target.to_owned())
                .collect();
            targets.into_iter().map(move |target| (number, target))
        };
        let found = self.prose().into_iter().flat_map(link);
        let place = |(number, target)| Link {
            place: self.place(number),
            target,
        };
        found.map(place).collect()
    }

    /// What a link to each heading of the page ends with.
    pub(super) fn anchors(&self) -> Vec<String> {
        let is_kept = |character: &char| character.is_alphanumeric() || matches!(character, '-' | '_' | ' ');
        let anchor = |heading: &str| -> String {
            let lower = heading.trim().to_lowercase();
            lower
                .chars()
                .filter(is_kept)
                .collect::<String>()
                .replace(' ', "-")
        };
        let lines = self.outside_blocks();
        let headings = lines.iter().filter(|(_, line)| line.starts_with('#'));
        headings
            .map(|(_, line)| anchor(line.trim_start_matches('#')))
            .collect()
    }

    /// The lines outside of blocks, without what stands in code spans.
    fn prose(&self) -> Vec<(usize, String)> {
        let without_code = |line: &str| line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        let lines = self.outside_blocks().into_iter();
        lines.map(|(number, line)| (number, without_code(line))).collect()
    }

    fn outside_blocks(&self) -> Vec<(usize, &str)> {
        let mut inside = false;
        let mut lines = Vec::new();
        for (number, line) in self.numbered() {
            match line.starts_with("```") {
                true => inside = !inside,
                false if !inside => lines.push((number, line)),
                false => {}
            }
        }
        lines
    }

    fn numbered(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }

    fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}

impl Block {
    /// Tells whether one of the words after the fence is this.
    pub(super) fn is(&self, word: &str) -> bool {
        self.words.iter().any(|own| own == word)
    }
}
