//! `gan-pipe data list`: the sets that are known by name, what they hold, and on what terms they can be had.

use super::super::error::CommandError;
use super::super::status::Status;
use super::super::terminal::Terminal;
use super::super::text;
use crate::data::PublishedSet;

pub(super) fn run(terminal: Terminal) -> Result<Status, CommandError> {
    let titles = ["name", "train", "test", "pixels", "forms", "to fetch"];
    let mut rows = vec![titles.map(str::to_owned).to_vec()];
    rows.extend(PublishedSet::ALL.into_iter().map(row));
    rows.push(drawn());
    let terms: String = PublishedSet::ALL.into_iter().map(terms).collect();
    terminal.print(&format!("{}\n{terms}", text::columns(&rows)))?;
    Ok(Status::Success)
}

fn row(set: PublishedSet) -> Vec<String> {
    let (description, origin) = (set.description(), set.origin());
    let forms: Vec<&str> = description.forms.iter().map(|form| form.name()).collect();
    let size = if origin.downloads.is_empty() {
        "by hand"
    } else {
        origin.size
    };
    vec![
        description.name.to_owned(),
        description.train.to_string(),
        description.test.to_string(),
        format!("{0} x {0} x {1}", description.side, description.channels),
        forms.join(" "),
        size.to_owned(),
    ]
}

fn drawn() -> Vec<String> {
    let row = ["polygons", "10000", "2000", "28 x 28 x 1", "drawn", "nothing"];
    row.map(str::to_owned).to_vec()
}

fn terms(set: PublishedSet) -> String {
    let (description, origin) = (set.description(), set.origin());
    let package = description.package;
    let package = package.map_or(String::new(), |package| format!("; Debian package {package}"));
    format!(
        "{}: {}; {}{package}\n",
        description.name, origin.terms, origin.page
    )
}
