//! Reads which packages a manifest depends on: just enough TOML for manifests as Cargo writes them.

/// A package in one of a manifest's dependency tables.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// Name as the manifest has it, and the real name where it is renamed.
    pub(crate) names: Vec<String>,
    /// Line in the manifest, from 1.
    pub(crate) line: usize,
}

/// Returns the dependencies of the package itself: normal, build, development and per target, not the workspace's.
pub(crate) fn dependencies(text: &str) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("").trim();
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            let own = !header.starts_with("workspace");
            inside = own && header.ends_with("dependencies");
            if let Some((table, name)) = header.rsplit_once('.')
                && own
                && table.ends_with("dependencies")
            {
                found.push(Dependency {
                    names: vec![unquoted(name)],
                    line: index + 1,
                });
            }
        } else if inside && let Some((key, value)) = line.split_once('=') {
            let name = key.trim().split('.').next().unwrap_or("");
            let mut names = vec![unquoted(name)];
            names.extend(renamed(value));
            found.push(Dependency {
                names,
                line: index + 1,
            });
        }
    }
    found
}

fn unquoted(name: &str) -> String {
    name.trim().trim_matches(['"', '\'']).to_owned()
}

/// Returns the value of `package = "..."` in an inline table.
fn renamed(value: &str) -> Option<String> {
    let (_, rest) = value.split_once("package")?;
    rest.split('"').nth(1).map(str::to_owned)
}
