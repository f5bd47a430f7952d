//! What makes a token a service's or a key manager's: conditions on its claims, which the deployment names (contract, "Whose
//! token it is"). What issuers put into tokens differs, so nothing is guessed: not even from `sub` and `azp` being the same.

use domain::values::OrgId;
use serde_json::{Map, Value};

/// Claims whose text is a list, separated by spaces (RFC 8693, section 4.2; `scp` is Entra's and Okta's name for it).
const LISTS: [&str; 2] = ["scope", "scp"];

/// Conditions that must all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditions(Vec<Condition>);

/// One condition. `Display` is what the deployment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    claim: String,
    expected: Vec<Part>,
}

/// A part of an expected value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// `{org}`: the organisation that the token names.
    Organisation,
    /// `{name}`: the token's claim of that name.
    Claim(String),
}

impl Conditions {
    /// Reads `name=value`, several separated by commas; `None` for anything else. A condition that every token meets,
    /// `sub={sub}`, is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.split(',').map(Condition::parse).collect::<Option<_>>().map(Self)
    }

    /// Whether all of them hold for a token's claims and the organisation that it names.
    #[must_use]
    pub fn hold(&self, claims: &Map<String, Value>, organisation: Option<&OrgId>) -> bool {
        self.look(claims, organisation).all(|looked| looked.holds())
    }

    /// What each of them finds in a token's claims.
    pub fn look<'a>(
        &'a self,
        claims: &'a Map<String, Value>,
        organisation: Option<&'a OrgId>,
    ) -> impl Iterator<Item = Looked<'a>> {
        self.0.iter().map(move |condition| Looked {
            condition,
            expected: condition.expected(claims, organisation),
            found: claims.get(&condition.claim),
        })
    }
}

/// What a condition finds in a token's claims.
#[derive(Debug)]
pub struct Looked<'a> {
    /// The condition.
    pub condition: &'a Condition,
    /// What the claim has to be; nothing where a part of that is not there.
    pub expected: Option<String>,
    /// The claim, if it is there.
    pub found: Option<&'a Value>,
}

impl Looked<'_> {
    /// Whether the claim equals the value or is an array that holds it.
    #[must_use]
    pub fn holds(&self) -> bool {
        let (Some(expected), Some(found)) = (&self.expected, self.found) else { return false };
        match found {
            Value::String(list) if LISTS.contains(&self.condition.claim.as_str()) => {
                list.split(' ').any(|entry| entry == expected)
            }
            Value::String(text) => text == expected,
            Value::Array(values) => values.iter().any(|value| value.as_str() == Some(expected)),
            _ => false,
        }
    }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}=", self.claim)?;
        self.expected.iter().try_for_each(|part| match part {
            Part::Text(text) => formatter.write_str(text),
            Part::Organisation => formatter.write_str("{org}"),
            Part::Claim(name) => write!(formatter, "{{{name}}}"),
        })
    }
}

impl Condition {
    fn parse(text: &str) -> Option<Self> {
        let (claim, value) = text.split_once('=')?;
        let (claim, mut rest) = (claim.trim(), value.trim());
        if claim.is_empty() || rest.is_empty() {
            return None;
        }
        let mut expected = Vec::new();
        while let Some(at) = rest.find(['{', '}']) {
            let (text, placeholder) = rest.split_at(at);
            let (name, after) = placeholder.strip_prefix('{')?.split_once('}')?;
            if name.is_empty() || name.contains('{') {
                return None;
            }
            expected.extend((!text.is_empty()).then(|| Part::Text(text.to_owned())));
            expected.push(if name == "org" { Part::Organisation } else { Part::Claim(name.to_owned()) });
            rest = after;
        }
        expected.extend((!rest.is_empty()).then(|| Part::Text(rest.to_owned())));
        let claim = claim.to_owned();
        (expected != [Part::Claim(claim.clone())]).then_some(Self { claim, expected })
    }

    /// The claim that it looks at.
    #[must_use]
    pub fn claim(&self) -> &str {
        &self.claim
    }

    /// The value with what its placeholders stand for; nothing where that is not there.
    fn expected(&self, claims: &Map<String, Value>, organisation: Option<&OrgId>) -> Option<String> {
        let mut expected = String::new();
        for part in &self.expected {
            expected.push_str(match part {
                Part::Text(text) => text,
                Part::Organisation => organisation?.as_str(),
                Part::Claim(name) => claims.get(name)?.as_str().filter(|text| !text.is_empty())?,
            });
        }
        Some(expected)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(conditions: &str, claims: &Value, expected: bool) {
        let conditions = Conditions::parse(conditions).expect("conditions");
        let organisation = OrgId::parse("acme").unwrap();
        let held = conditions.hold(claims.as_object().unwrap(), Some(&organisation));
        assert_eq!(held, expected, "{conditions:?} on {claims}");
    }

    #[test]
    fn a_claim_equals_the_value_or_is_an_array_that_holds_it() {
        check("gty=client-credentials", &json!({"gty": "client-credentials"}), true);
        check("roles=keys.service", &json!({"roles": ["a", "keys.service"]}), true);
        check(" gty = client-credentials ", &json!({"gty": "client-credentials"}), true);
        for gty in [
            json!("client-credentials "),
            json!("Client-Credentials"),
            json!("client"),
            json!("no client-credentials"),
            json!([["client-credentials"]]),
            json!(["no client-credentials"]),
            json!({"client-credentials": true}),
            json!(true),
            json!(1),
            json!(null),
        ] {
            check("gty=client-credentials", &json!({"gty": gty}), false);
        }
        check("gty=client-credentials", &json!({}), false);
        check("admin=true", &json!({"admin": true}), false);
    }

    #[test]
    fn scopes_are_split_at_spaces_and_other_texts_are_not() {
        for claim in ["scope", "scp"] {
            let condition = format!("{claim}=keys:manage");
            check(&condition, &json!({claim: "openid keys:manage"}), true);
            check(&condition, &json!({claim: "keys:manage"}), true);
            check(&condition, &json!({claim: ["keys:manage"]}), true);
            for other in ["keys:manager", "xkeys:manage", "openid,keys:manage", "openid\tkeys:manage", ""] {
                check(&condition, &json!({claim: other}), false);
            }
            check(&condition, &json!({claim: ["openid keys:manage"]}), false);
        }
        check("roles=keys", &json!({"roles": "openid keys"}), false);
    }

    #[test]
    fn all_conditions_must_hold() {
        let conditions = "idtyp=app,roles=keys.service";
        check(conditions, &json!({"idtyp": "app", "roles": ["keys.service"]}), true);
        check(conditions, &json!({"idtyp": "app"}), false);
        check(conditions, &json!({"roles": ["keys.service"]}), false);
        check("scope=a,scope=b", &json!({"scope": "b c a"}), true);
        check("scope=a,scope=b", &json!({"scope": "a"}), false);
    }

    #[test]
    fn placeholders_stand_for_the_organisation_and_for_claims() {
        check("groups=key-managers/{org}", &json!({"groups": ["x", "key-managers/acme"]}), true);
        check("groups=key-managers/{org}", &json!({"groups": ["key-managers/umbrella"]}), false);
        check("groups=key-managers/{org}", &json!({"groups": ["key-managers/{org}", "acme"]}), false);
        check("sub={client_id}", &json!({"sub": "a", "client_id": "a"}), true);
        check("sub={client_id}", &json!({"sub": "a", "client_id": "b"}), false);
        check("sub={client_id}", &json!({"sub": "{client_id}"}), false);
        check("sub={client_id}", &json!({"sub": "", "client_id": ""}), false);
        check("sub={client_id}", &json!({"sub": "a", "client_id": ["a"]}), false);
        check("sub={azp}@{org}", &json!({"sub": "a@acme", "azp": "a"}), true);
    }

    #[test]
    fn a_condition_on_the_organisation_needs_one() {
        let conditions = Conditions::parse("groups=key-managers/{org}").unwrap();
        let claims = json!({"groups": ["key-managers/", "key-managers/acme"]});
        assert!(!conditions.hold(claims.as_object().unwrap(), None));
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for text in [
            "",
            "gty",
            "=x",
            "gty=",
            "a=b,",
            ",",
            "a=b,,c=d",
            "a={",
            "a=}",
            "a={}",
            "a={b",
            "a={b{c}}",
            "sub={sub}",
        ] {
            assert_eq!(Conditions::parse(text), None, "{text:?}");
        }
        assert!(Conditions::parse("https://keys.example/kind=service").is_some());
        assert!(Conditions::parse("a=b=c").is_some());
    }
}
