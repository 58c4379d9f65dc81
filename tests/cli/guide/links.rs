//! Links of all pages, and the book's table of contents.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::page::{Link, Page};
use super::{markdown, repository};

fn pages() -> Vec<Page> {
    let folders = [
        repository().to_owned(),
        repository().join("docs"),
        repository().join("docs/guide"),
    ];
    let files = folders.iter().flat_map(|folder| markdown(folder));
    files.map(|file| Page::read(&file)).collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_are_there() {
    let mut broken = Vec::new();
    let mut followed = 0;
    for page in pages() {
        for link in page.links().iter().filter(|link| !is_elsewhere(link)) {
            followed += 1;
            broken.extend(problem(&page, link).map(|problem| format!("{}: {problem}", link.place)));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(followed > 30, "only {followed} links were found");
}

#[test]
fn pages_of_the_book_link_only_into_the_book() {
    let book = repository().join("docs");
    for page in pages().iter().filter(|page| page.path.starts_with(&book)) {
        for link in page.links().iter().filter(|link| !is_elsewhere(link)) {
            let file = target_file(page, link);
            assert!(
                file.starts_with(&book),
                "{}: {} is not in the book",
                link.place,
                link.target
            );
        }
    }
}

#[test]
fn the_summary_names_every_page_of_the_book_once() {
    let docs = repository().join("docs");
    let summary = Page::read(&docs.join("SUMMARY.md"));
    let named: Vec<PathBuf> = summary
        .links()
        .iter()
        .map(|link| target_file(&summary, link))
        .collect();
    let there: BTreeSet<PathBuf> = [markdown(&docs), markdown(&docs.join("guide"))]
        .concat()
        .into_iter()
        .filter(|path| *path != summary.path)
        .collect();
    assert_eq!(named.len(), there.len(), "{named:?}");
    assert_eq!(named.into_iter().collect::<BTreeSet<_>>(), there);
}

fn is_elsewhere(link: &Link) -> bool {
    link.target.starts_with("https://")
}

fn problem(page: &Page, link: &Link) -> Option<String> {
    let file = target_file(page, link);
    if !file.exists() {
        return Some(format!("{} is not there", link.target));
    }
    let (_, heading) = link.target.split_once('#')?;
    let is_there = Page::read(&file).anchors().iter().any(|anchor| anchor == heading);
    (!is_there).then(|| format!("{} has no heading #{heading}", file.display()))
}

/// The file that a link leads to, without `..` in its path.
fn target_file(page: &Page, link: &Link) -> PathBuf {
    let path = link.target.split('#').next().unwrap_or_default();
    if path.is_empty() {
        return page.path.clone();
    }
    let mut file = page.path.parent().unwrap_or(Path::new("")).to_owned();
    for part in path.split('/') {
        match part {
            ".." => drop(file.pop()),
            part => file.push(part),
        }
    }
    file
}
