//! Pickles that are plain data, and those that are made to harm whoever reads them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::machine::MOST_VALUES;
use super::*;

/// Knows no name but `call`, which gives back its first argument.
struct Plain;

impl Vocabulary for Plain {
    type Name = ();
    type Object = ();

    fn name(&self, module: &str, name: &str) -> Option<()> {
        (module == "plain" && name == "first").then_some(())
    }

    fn call(&mut self, (): (), arguments: &[Value<(), ()>]) -> Result<Value<(), ()>, String> {
        Ok(arguments[0].clone())
    }

    fn fill(&mut self, _: &mut Value<(), ()>, _: Value<(), ()>) -> Result<(), String> {
        Err("nothing is filled".to_owned())
    }
}

fn plain(bytes: &[u8]) -> Result<Value<(), ()>, String> {
    parse(bytes, &mut Plain).map(|(value, _)| value)
}

#[test]
fn plain_data_of_every_protocol_is_read() {
    let text = |text: &str| Value::Text(text.into());
    // `pickle.dumps({"a": [1, None, True, (2, -3)]}, protocol)`, protocols 2 and 4.
    let protocol_2 =
        b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01]q\x02(K\x01N\x88K\x02J\xfd\xff\xff\xff\x86q\x03es.";
    let protocol_4 =
        b"\x80\x04\x95\x18\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94](K\x01N\x88K\x02J\xfd\xff\xff\xff\x86\x94es.";
    let integer = Value::Integer;
    let list = Value::List(vec![
        integer(1),
        Value::None,
        integer(1),
        Value::Tuple([integer(2), integer(-3)].into()),
    ]);
    let expected = Value::Dictionary(vec![("a".into(), list)]);
    assert_eq!(plain(protocol_2).unwrap(), expected);
    assert_eq!(plain(protocol_4).unwrap(), expected);
    assert_eq!(
        plain(b"\x80\x02X\x01\x00\x00\x00bq\x05h\x05\x86.").unwrap(),
        Value::Tuple([text("b"), text("b")].into())
    );
}

#[test]
fn numbers_of_every_length_are_read() {
    assert_eq!(plain(b"\x8a\x00.").unwrap(), Value::Integer(0));
    assert_eq!(plain(b"\x8a\x02\x00\xff.").unwrap(), Value::Integer(-256));
    let long = plain(b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.").unwrap();
    assert!(matches!(long, Value::Long(bytes) if bytes.len() == 10));
    let half = b"G\x3f\xe0\x00\x00\x00\x00\x00\x00.";
    assert_eq!(plain(half).unwrap(), Value::Real(0.5));
}

#[test]
fn pickles_that_follow_each_other_are_read_one_after_the_other() {
    let (first, rest) = parse(b"K\x01.K\x02.end", &mut Plain).unwrap();
    let (second, rest) = parse(rest, &mut Plain).unwrap();
    assert_eq!(
        (first, second, rest),
        (Value::Integer(1), Value::Integer(2), &b"end"[..])
    );
}

#[test]
fn a_name_that_is_not_of_the_vocabulary_is_refused_before_it_is_called() {
    // What `pickle.dumps` makes of an object whose `__reduce__` returns `(os.system, ("true",))`.
    let harmful = b"\x80\x02cposix\nsystem\nq\x00U\x04trueq\x01\x85q\x02Rq\x03.";
    assert_eq!(
        plain(harmful).unwrap_err(),
        "it names \"posix\" \"system\", which is no plain data"
    );
    let harmful = b"\x80\x04\x8c\x08builtins\x94\x8c\x04eval\x94\x93\x94\x8c\x011\x94\x85\x94R\x94.";
    assert_eq!(
        plain(harmful).unwrap_err(),
        "it names \"builtins\" \"eval\", which is no plain data"
    );
    assert_eq!(
        plain(b"K\x01Q.").unwrap_err(),
        "it names something outside itself"
    );
    assert_eq!(plain(b"cplain\nfirst\nK\x01\x85R.").unwrap(), Value::Integer(1));
}

#[test]
fn what_lies_deep_in_each_other_is_refused_and_not_followed() {
    let tuples = [b")".to_vec(), vec![0x85; 1000], b".".to_vec()].concat();
    let lists = [vec![b']'; 1000], vec![b'a'; 999], b".".to_vec()].concat();
    let dictionaries = [
        b"}".to_vec(),
        b"K\x01}".repeat(1000),
        vec![b's'; 1000],
        b".".to_vec(),
    ]
    .concat();
    for bytes in [tuples, lists, dictionaries] {
        assert_eq!(
            plain(&bytes).unwrap_err(),
            "it has more than 64 values in each other"
        );
    }
}

#[test]
fn a_value_that_is_used_many_times_is_not_copied() {
    // Forty times a tuple of eight times the tuple before it: 8^40 values, were they copied.
    let eight_times = [b"(".to_vec(), b"h\x00".repeat(8), b"tq\x00".to_vec()].concat();
    let bytes = [
        b"(K\x01\x85q\x00".to_vec(),
        eight_times.repeat(40),
        b"t.".to_vec(),
    ]
    .concat();
    let value = plain(&bytes).unwrap();
    assert_eq!(value.tuple().map(<[_]>::len), Some(41));
}

#[test]
fn more_values_than_any_such_file_has_are_refused() {
    let many = vec![b']'; MOST_VALUES + 1];
    assert_eq!(plain(&many).unwrap_err(), "it holds more than 1048576 values");
    let marks_alone = vec![b'('; 100];
    assert_eq!(plain(&marks_alone).unwrap_err(), "it is cut short");
}
