//! Request bodies: one flat JSON object, read strictly, with all its faults at once.
//!
//! Members are kept as raw text until they are asked for, so that nothing is lost on the way: a duplicate is seen,
//! and `42.0` is not a float first.

use domain::values::{KeyNumber, TextFault};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Fault;

/// Largest body, in bytes.
pub const LARGEST_BODY: usize = 16 * 1_024;
/// How UTF-8 and UTF-16 may begin, and JSON may not (RFC 8259, section 8.1). Nobody sees them in an editor.
const BYTE_ORDER_MARKS: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe"];
/// Most faults that are named in one answer.
const MOST_FAULTS: usize = 100;

/// The members of a body's object, each taken out when it is read. What is left at the end is unknown.
#[derive(Debug)]
pub struct BodyObject<'a> {
    members: Vec<(String, &'a str)>,
    faults: Vec<Fault>,
}

/// The members in order, duplicates included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

impl<'a> BodyObject<'a> {
    /// Reads the object. A body that is none is the one fault; a reader made from it finds no others.
    pub fn read(body: &'a [u8]) -> Result<Self, Fault> {
        if BYTE_ORDER_MARKS.iter().any(|mark| body.starts_with(mark)) {
            return Err(Fault::of_body("The body begins with a byte order mark; send UTF-8 without one."));
        }
        let text = std::str::from_utf8(body).map_err(|_| Fault::of_body("The body is not UTF-8."))?;
        if text.trim_matches([' ', '\t', '\r', '\n']).is_empty() {
            return Err(Fault::of_body("The body is empty; send a JSON object."));
        }
        let members = match serde_json::from_str::<Members<'a>>(text) {
            Ok(Members(members)) => members,
            Err(error) if error.is_data() => {
                return Err(Fault::of_body("The body must be a JSON object."));
            }
            Err(error) => {
                let message =
                    format!("The body is not JSON (line {}, column {}).", error.line(), error.column());
                return Err(Fault::of_body(message));
            }
        };
        let mut object = Self { members: Vec::with_capacity(members.len()), faults: Vec::new() };
        for (name, value) in members {
            if object.members.iter().any(|(present, _)| *present == name) {
                object.faults.push(Fault::of_member(&name, format!("`{name}` appears more than once.")));
            } else {
                object.members.push((name, value.get()));
            }
        }
        Ok(object)
    }

    fn take(&mut self, name: &str) -> Option<&'a str> {
        let position = self.members.iter().position(|(present, _)| present == name)?;
        Some(self.members.remove(position).1)
    }

    fn fault<T>(&mut self, name: &str, predicate: impl std::fmt::Display) -> Option<T> {
        self.faults.push(Fault::of_member(name, format!("`{name}` {predicate}.")));
        None
    }

    /// A string that may be left out.
    pub fn optional_text<T>(&mut self, name: &str, parse: fn(String) -> Result<T, TextFault>) -> Option<T> {
        let raw = self.take(name)?;
        self.text(name, raw, parse)
    }

    /// A string that must be there.
    pub fn required_text<T>(&mut self, name: &str, parse: fn(String) -> Result<T, TextFault>) -> Option<T> {
        match self.take(name) {
            Some(raw) => self.text(name, raw, parse),
            None => self.fault(name, "is required"),
        }
    }

    fn text<T>(&mut self, name: &str, raw: &str, parse: fn(String) -> Result<T, TextFault>) -> Option<T> {
        if !raw.starts_with('"') {
            let mend = if raw == "null" { "; leave it out if there is none" } else { "" };
            return self.fault(name, format!("must be a string, not {}{mend}", kind(raw)));
        }
        // JSON allows an escaped lone surrogate; Unicode text has none.
        let Ok(text) = serde_json::from_str(raw) else {
            return self.fault(name, "must be Unicode text without lone surrogates");
        };
        match parse(text) {
            Ok(value) => Some(value),
            Err(fault) => self.fault(name, fault),
        }
    }

    /// A physical key's number, which must be there.
    pub fn required_number(&mut self, name: &str) -> Option<KeyNumber> {
        match self.take(name) {
            None => self.fault(name, "is required"),
            Some(raw) if kind(raw) != "a number" => {
                self.fault(name, format!("must be an integer, not {}", kind(raw)))
            }
            Some(raw) => match KeyNumber::parse_json(raw) {
                Ok(number) => Some(number),
                Err(fault) => self.fault(name, fault),
            },
        }
    }

    /// All the faults, the members that nobody asked for among them.
    #[must_use]
    pub fn finish(mut self) -> Vec<Fault> {
        for (name, _) in std::mem::take(&mut self.members) {
            let message = if name == super::CALLER_ORG_ID {
                super::CALLER_ORG_ID_MESSAGE.to_owned()
            } else {
                format!("`{name}` is not a field of this command.")
            };
            self.faults.push(Fault::of_member(&name, message));
        }
        let unnamed = self.faults.len().saturating_sub(MOST_FAULTS);
        if unnamed > 0 {
            self.faults.truncate(MOST_FAULTS);
            self.faults.push(Fault::of_body(format!("There are {unnamed} more faults.")));
        }
        self.faults
    }
}

/// What kind of JSON value a raw text is, as people say it.
fn kind(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests {
    use domain::values::{Note, OrgId};

    use super::*;

    /// Reads `a` as a required organisation id, `b` as an optional note, and gives all faults.
    #[track_caller]
    fn check(body: &str, expected: &[(&str, &str)]) {
        let faults = match BodyObject::read(body.as_bytes()) {
            Err(fault) => vec![fault],
            Ok(mut object) => {
                let _ = object.required_text("a", OrgId::parse);
                let _ = object.optional_text("b", Note::parse);
                object.finish()
            }
        };
        let faults: Vec<_> = faults
            .iter()
            .map(|fault| (fault.pointer.as_deref().unwrap_or("none"), fault.message.as_str()))
            .collect();
        assert_eq!(faults, expected, "{body}");
    }

    #[test]
    fn a_good_object_has_no_faults() {
        check(r#"{"a":"x"}"#, &[]);
        check(" {\"b\":\"\",\n\"a\":\"\\u00fc\"} ", &[]);
    }

    #[test]
    fn all_faults_are_named_at_once() {
        check(
            r#"{"a":"","b":null,"c/~":1,"_callerOrgId":"x"}"#,
            &[
                ("/a", "`a` must not be empty."),
                ("/b", "`b` must be a string, not null; leave it out if there is none."),
                ("/c~1~0", "`c/~` is not a field of this command."),
                ("/_callerOrgId", "`_callerOrgId` is set by the server from the API key; leave it out."),
            ],
        );
    }

    #[test]
    fn duplicates_are_faults_however_they_are_spelled() {
        check(r#"{"a":"x","a":"x"}"#, &[("/a", "`a` appears more than once.")]);
        check(r#"{"a":"x","\u0061":"y"}"#, &[("/a", "`a` appears more than once.")]);
    }

    #[test]
    fn types_are_not_converted() {
        check(r#"{"a":1}"#, &[("/a", "`a` must be a string, not a number.")]);
        check(r#"{"a":["x"]}"#, &[("/a", "`a` must be a string, not an array.")]);
        check(r#"{"a":{"x":{}}}"#, &[("/a", "`a` must be a string, not an object.")]);
        check(r#"{"a":true}"#, &[("/a", "`a` must be a string, not a boolean.")]);
        check(r#"{"a":"\ud800"}"#, &[("/a", "`a` must be Unicode text without lone surrogates.")]);
    }

    #[test]
    fn what_is_no_object_is_one_fault() {
        for body in ["[]", "1", "null", "\"a\""] {
            check(body, &[("", "The body must be a JSON object.")]);
        }
        check("", &[("", "The body is empty; send a JSON object.")]);
        check("{", &[("", "The body is not JSON (line 1, column 1).")]);
        check("{\"a\":\"x\"} x", &[("", "The body is not JSON (line 1, column 11).")]);
        check("{\"a\":\"x\",}", &[("", "The body is not JSON (line 1, column 10).")]);
        check("{\"a\":NaN}", &[("", "The body is not JSON (line 1, column 6).")]);
        for body in [&b"\xef\xbb\xbf{}"[..], b"\xef\xbb\xbf", b"\xff\xfe{\0}\0", b"\xfe\xff\0{\0}"] {
            let fault = BodyObject::read(body).unwrap_err();
            assert_eq!(fault.message, "The body begins with a byte order mark; send UTF-8 without one.");
        }
        let fault = BodyObject::read(b"{\"a\":\"\xff\"}").unwrap_err();
        assert_eq!(fault.message, "The body is not UTF-8.");
    }

    #[test]
    fn deep_nesting_is_only_an_ill_typed_member() {
        let nested = format!(r#"{{"a":{}1{}}}"#, "[".repeat(8_000), "]".repeat(8_000));
        check(&nested, &[("/a", "`a` must be a string, not an array.")]);
    }

    #[test]
    fn the_list_of_faults_is_bounded() {
        let members: Vec<_> = (0..2_000).map(|n| format!("\"{n}\":1")).collect();
        let body = format!("{{{}}}", members.join(","));
        let faults = BodyObject::read(body.as_bytes()).unwrap().finish();
        assert_eq!(faults.len(), 101);
        assert_eq!(faults[100].message, "There are 1900 more faults.");
    }
}
