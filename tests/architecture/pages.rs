//! Reads which tests the pages name: `` `path.rs::name` ``, and `` `::name` `` for another one of the same file.

/// A function that a page names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Line of the page, from 1.
    pub(crate) line: usize,
    /// The file, as the page has it.
    pub(crate) file: String,
    /// The function.
    pub(crate) name: String,
}

/// Returns every function that a page names, in its order.
pub(crate) fn references(page: &str) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    for (index, line) in page.lines().enumerate() {
        // What stands between the first and the second mark, the third and the fourth, and so on.
        for code in line.split('`').skip(1).step_by(2) {
            let Some((file, name)) = code.split_once("::") else {
                continue;
            };
            let last = found.last().map(|reference| reference.file.clone());
            let file = match (file, last) {
                ("", Some(last)) => last,
                (file, _) if file.ends_with(".rs") => file.to_owned(),
                _ => continue,
            };
            let (line, name) = (index + 1, name.to_owned());
            found.push(Reference { line, file, name });
        }
    }
    found
}

/// Returns the text of a test, from its name to the line that ends it; none where there is no test of this name.
pub(crate) fn test<'s>(source: &'s str, name: &str) -> Option<&'s str> {
    let (before, from) = source.split_once(&format!("fn {name}("))?;
    let attributes = before.rsplit("\n\n").next()?;
    let end = from.find("\n}").or_else(|| from.find("\n    }"))?;
    attributes.contains("#[test]").then_some(&from[..end])
}

/// Returns the cases of a page of errors: the name of each row that has a test.
pub(crate) fn cases(page: &str) -> Vec<(usize, String)> {
    let case = |(index, line): (usize, &str)| {
        let (case, _) = line.strip_prefix("| [")?.split_once(']')?;
        Some((index + 1, case.to_owned()))
    };
    page.lines().enumerate().filter_map(case).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_is_of_the_file_before() {
        let page = "`a/b.rs::one`,\n`::two`, `Type::method` and `c.rs`\n`d.rs::three`\n";
        let found: Vec<String> = references(page)
            .iter()
            .map(|Reference { line, file, name }| format!("{line} {file} {name}"))
            .collect();
        assert_eq!(found, ["1 a/b.rs one", "2 a/b.rs two", "3 d.rs three"]);
    }

    #[test]
    fn only_a_test_is_a_test_and_its_text_ends_with_it() {
        let source = "fn helper() {\n}\n\n#[test]\nfn works() {\n    check(\"one\");\n}\n\nfn other() {\n    \"two\"\n}\n";
        assert_eq!(test(source, "helper"), None);
        assert_eq!(test(source, "absent"), None);
        let text = test(source, "works").unwrap_or_default();
        assert!(text.contains("\"one\"") && !text.contains("\"two\""), "{text}");
    }
}
