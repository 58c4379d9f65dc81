//! Holds a document against the table: finds everything that is wrong and fills in what is left out.
//!
//! What comes out is JSON in the form the model deserializes from. Knows no key by name.

use serde_json::{Map, Value as Json};

use super::scalar::scalar;
use super::{Field, Literal, Presence, Shape, Status, Variant, available};
use crate::study::document::{Content, Entry, Node, join};
use crate::study::problem::{Place, Problem};

/// Checks a value and returns it complete, or none where problems were added.
pub(in crate::study) fn check(node: &Node, shape: Shape, problems: &mut Vec<Problem>) -> Option<Json> {
    match shape {
        Shape::Fields(fields) => mapping(node, fields, Missing::Filled, problems),
        Shape::Partial(fields) => mapping(node, fields, Missing::Left, problems),
        Shape::Choice(variants) => choice(node, variants, problems),
        Shape::Device { words, numbered } => note(device(node, words, numbered), problems),
        Shape::List(item) => list(node, *item, problems),
        Shape::ChoiceOrList {
            choice: variants,
            name,
            item,
        } => choice_or_list(node, variants, (name, *item), problems),
        // The matrix is checked where it is expanded.
        Shape::Matrix => Some(Json::Null),
        _ => note(scalar(node, shape), problems),
    }
}

/// What becomes of keys that are not there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    Filled,
    Left,
}

fn note<T>(result: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

fn one(key: &str, value: Json) -> Json {
    Json::Object(Map::from_iter([(key.to_owned(), value)]))
}

fn mapping(
    node: &Node,
    fields: &'static [Field],
    missing: Missing,
    problems: &mut Vec<Problem>,
) -> Option<Json> {
    let Content::Mapping(entries) = &node.content else {
        let keys = fields
            .iter()
            .map(|field| field.name)
            .collect::<Vec<_>>()
            .join(", ");
        let problem = node.problem(format!("expected a mapping, found {}", node.found()));
        problems.push(problem.hint(format!("its keys are {keys}")));
        return None;
    };
    let before = problems.len();
    problems.extend(entries.iter().filter_map(|entry| unknown(entry, fields)));
    let object = fields
        .iter()
        .filter(|field| missing == Missing::Filled || node.get(field.name).is_some())
        .map(|field| {
            (
                field.name.to_owned(),
                value(node, field, problems).unwrap_or(Json::Null),
            )
        })
        .collect();
    (problems.len() == before).then_some(Json::Object(object))
}

/// Checks the value of one key of a mapping, or takes its default; none where it is wrong or not there.
fn value(parent: &Node, field: &Field, problems: &mut Vec<Problem>) -> Option<Json> {
    match parent.get(field.name) {
        Some(value) => present(value, field, problems),
        None => absent(parent, field, problems),
    }
}

/// Checks a whole document; the keys that are wrong or optional and left out are not in what comes back.
pub(in crate::study) fn check_document(
    document: &Node,
    fields: &'static [Field],
    problems: &mut Vec<Problem>,
) -> Map<String, Json> {
    let Content::Mapping(entries) = &document.content else {
        problems.push(document.problem(format!("expected a study, found {}", document.found())).hint(
            "a study is a mapping with the keys data and base; `gan-pipe init` writes one to start from",
        ));
        return Map::new();
    };
    problems.extend(entries.iter().filter_map(|entry| unknown(entry, fields)));
    let keyed = |field: &Field| {
        let value = value(document, field, problems).filter(|value| !value.is_null())?;
        Some((field.name.to_owned(), value))
    };
    fields.iter().filter_map(keyed).collect()
}

fn unknown(entry: &Entry, fields: &'static [Field]) -> Option<Problem> {
    let path = entry.value.path.as_str();
    match fields.iter().find(|field| field.name == entry.key) {
        Some(Field {
            presence: Presence::Later(instead),
            ..
        }) => {
            let problem = Problem::new(
                &entry.key_place,
                path,
                "not in this version, a later one brings it",
            );
            Some(problem.hint(format!("remove it: {instead}")))
        }
        Some(_) => None,
        None => {
            let keys: Vec<&str> = allowed(fields).collect();
            let problem = Problem::new(&entry.key_place, path, "unknown key").suggest(&entry.key, &keys);
            Some(match problem.hint {
                None => problem.hint(format!("the keys here are {}", keys.join(", "))),
                Some(_) => problem,
            })
        }
    }
}

fn allowed(fields: &'static [Field]) -> impl Iterator<Item = &'static str> {
    fields
        .iter()
        .filter(|field| !matches!(field.presence, Presence::Later(_)))
        .map(|field| field.name)
}

fn present(value: &Node, field: &Field, problems: &mut Vec<Problem>) -> Option<Json> {
    match (field.presence, &value.content) {
        (Presence::Optional, Content::Null) => Some(Json::Null),
        (Presence::Later(_), _) => None,
        _ => {
            let before = problems.len();
            let checked = check(value, field.shape, problems);
            let own = problems[before..]
                .iter_mut()
                .filter(|problem| problem.path == value.path);
            for problem in own {
                problem.hint.get_or_insert_with(|| field.hint());
            }
            checked
        }
    }
}

fn absent(parent: &Node, field: &Field, problems: &mut Vec<Problem>) -> Option<Json> {
    let path = join(&parent.path, field.name);
    match field.presence {
        Presence::Default(literal) => check(&literal.node(path), field.shape, problems),
        Presence::Required => {
            let problem = Problem::new(&parent.place, path, "missing");
            problems.push(problem.hint(format!("add {}: {}", field.name, field.about)));
            None
        }
        Presence::Optional | Presence::Later(_) => None,
    }
}

impl Field {
    /// What helps one who does not know what to write: that it may be left out, or what it is.
    fn hint(&self) -> String {
        match self.presence {
            Presence::Default(Literal::Word(word)) => format!("left out, it is {word}"),
            Presence::Default(Literal::Whole(value)) => format!("left out, it is {value}"),
            Presence::Default(Literal::Number(value)) => format!("left out, it is {value}"),
            _ => format!("{}: {}", self.name, self.about),
        }
    }
}

impl Literal {
    fn node(self, path: String) -> Node {
        let content = match self {
            Self::Word(word) => Content::Text(word.to_owned()),
            Self::Whole(value) => Content::Integer(value.into()),
            Self::Number(value) => Content::Float(value),
            Self::Empty => Content::Mapping(Vec::new()),
        };
        Node {
            place: Place::Default,
            path,
            content,
        }
    }
}

fn choice_or_list(
    node: &Node,
    variants: &'static [Variant],
    (name, item): (&str, Shape),
    problems: &mut Vec<Problem>,
) -> Option<Json> {
    if let Content::List(_) = node.content {
        return Some(one(name, list(node, item, problems)?));
    }
    let before = problems.len();
    let value = choice(node, variants, problems);
    for problem in &mut problems[before..] {
        problem
            .hint
            .get_or_insert_with(|| format!("a list of {name} is also possible"));
    }
    value
}

/// A word, or a mapping of one word; a word that has fields may stand alone and takes their defaults.
fn choice(node: &Node, variants: &'static [Variant], problems: &mut Vec<Problem>) -> Option<Json> {
    let (word, body) = match &node.content {
        Content::Text(word) => (word.clone(), None),
        // The words of a layer are numbers.
        Content::Integer(number) if variants.iter().any(|word| word.name == number.to_string()) => {
            (number.to_string(), None)
        }
        Content::Mapping(entries) if entries.len() == 1 => (entries[0].key.clone(), Some(&entries[0])),
        _ => {
            problems.push(node.problem(expected_word(variants, &node.found())));
            return None;
        }
    };
    let Variant { name, fields, .. } = note(chosen(node, &word, variants), problems)?;
    let path = join(&node.path, name);
    let inner = match body {
        None if fields.is_empty() => return Some(Json::String((*name).to_owned())),
        None => check(&Node::mapping(&node.place, path), Shape::Fields(fields), problems),
        Some(entry) if fields.is_empty() => {
            let problem = Problem::new(&entry.key_place, path, "takes no settings");
            problems.push(problem.hint(format!("write {name} alone")));
            None
        }
        Some(entry) => check(&entry.value, Shape::Fields(fields), problems),
    };
    Some(one(name, inner?))
}

/// A word, or a numbered one with its number: `vulkan:1`.
fn device(
    node: &Node,
    words: &'static [Variant],
    numbered: &'static [&'static str],
) -> Result<Json, Problem> {
    let Content::Text(name) = &node.content else {
        return Err(node.problem(expected_word(words, &node.found())));
    };
    let (kind, number) = name
        .split_once(':')
        .map_or((name.as_str(), None), |(kind, number)| (kind, Some(number)));
    match number.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(number) if numbered.contains(&kind) && is_device_number(number) => {}
        Some(number) if numbered.contains(&kind) => {
            let message = format!("expected a number from 0 to 99 behind {kind}:, found {number:?}");
            return Err(node.problem(message));
        }
        _ => drop(chosen(node, name, words).map_err(|problem| {
            let is_numbered = numbered.contains(&kind) && number.is_some();
            match is_numbered {
                true => problem.hint(format!("the second GPU is {kind}:1, and so on")),
                false => problem,
            }
        })?),
    }
    Ok(Json::String(name.clone()))
}

fn is_device_number(number: &str) -> bool {
    number
        .parse::<u8>()
        .is_ok_and(|value| value < 100 && value.to_string() == number)
}

fn chosen(node: &Node, word: &str, variants: &'static [Variant]) -> Result<&'static Variant, Problem> {
    let Some(variant) = variants.iter().find(|variant| variant.name == word) else {
        return Err(no_such_word(node, word, variants));
    };
    if variant.status == Status::Available {
        return Ok(variant);
    }
    let hint = format!("available: {}", available(variants).join(", "));
    Err(node.problem(variant.about).hint(hint))
}

fn no_such_word(node: &Node, word: &str, variants: &'static [Variant]) -> Problem {
    let names: Vec<&str> = variants.iter().map(|variant| variant.name).collect();
    node.problem(expected_word(variants, &format!("{word:?}")))
        .suggest(word, &names)
}

fn expected_word(variants: &'static [Variant], found: &str) -> String {
    match available(variants).as_slice() {
        [only] => format!("expected {only}, the only one of this version, found {found}"),
        names => format!("expected one of {}, found {found}", names.join(", ")),
    }
}

fn list(node: &Node, item: Shape, problems: &mut Vec<Problem>) -> Option<Json> {
    let Content::List(items) = &node.content else {
        problems.push(node.problem(format!("expected a list, found {}", node.found())));
        return None;
    };
    if items.is_empty() {
        problems.push(node.problem("the list is empty"));
        return None;
    }
    let before = problems.len();
    let mut values = Vec::with_capacity(items.len());
    for (index, item_node) in items.iter().enumerate() {
        if items[..index].iter().any(|earlier| earlier.equals(item_node)) {
            problems.push(item_node.problem(format!("{} stands in the list twice", item_node.found())));
        }
        values.extend(check(item_node, item, problems));
    }
    (problems.len() == before).then_some(Json::Array(values))
}
