//! Records read from their canonical JSON, in one go.
//!
//! To parse a record, to write it again with the members of every object sorted, and to compare, takes several times as long as to hash
//! it: whoever checks millions of events would wait for little else. Here the members of a user's event are expected in the order and
//! in the spelling of RFC 8785, so that what is read is canonical. Whatever is not expected, an escaped character, an integer that a
//! double may not have, a member that is new, is left to [`EventRecord::parse`] and [`EventRecord::canonical`], which decide.

use super::{Actor, ActorKind, EventRecord, FORMAT, Happening, TextDigest, TextName, Texts};
use crate::user::{PhysicalKeyRemoved, RecordedAddition, RecordedEvent};
use crate::values::{EpochMillis, KeyNumber, OrgId, Subject, UserId, Version};

/// Up to here a double has every integer.
const LAST_EXACT: u64 = 1 << 53;

impl EventRecord {
    /// The record of a user's event whose canonical JSON a text is, if that is easily seen. Of a text that gives none, nothing is known.
    #[must_use]
    pub fn read_canonical(text: &str) -> Option<Self> {
        let mut rest = Rest(text);
        rest.skip("{\"actor\":{")?;
        let actor = rest.actor()?;
        rest.skip("},\"aggregateId\":")?;
        let user_id = UserId::parse(rest.text()?).ok()?;
        rest.skip(",\"aggregateType\":\"user\",\"data\":{")?;
        // Only an addition says when it was added, and says that first.
        let event = if rest.has("\"addedAt\":") { rest.addition(user_id)? } else { rest.removal(user_id)? };
        let happening = Happening::User(event);
        rest.skip("},\"format\":")?;
        if rest.number()? != u64::from(FORMAT) {
            return None;
        }
        rest.skip(",\"issuer\":")?;
        let issuer = OrgId::parse(rest.text()?).ok()?;
        if let Happening::User(RecordedEvent::PhysicalKeyAdded(added)) = &happening
            && added.org_id != issuer
        {
            return None;
        }
        rest.skip(",\"recordedAt\":")?;
        let recorded_at = EpochMillis::new(rest.number()?);
        rest.skip(",\"requestId\":")?;
        let request_id = rest.text()?.to_owned();
        rest.skip(",\"type\":\"")?;
        rest.skip(happening.name())?;
        rest.skip("\",\"version\":")?;
        let version = Version::new(rest.number()?);
        rest.skip("}")?;
        let issuer = Some(issuer);
        rest.0.is_empty().then_some(Self { happening, version, issuer, recorded_at, actor, request_id })
    }
}

/// What stands there is not what was expected.
struct Unexpected;

/// What is not read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn skip(&mut self, expected: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    fn has(&mut self, begin: &str) -> bool {
        self.skip(begin).is_some()
    }

    /// A text in which nothing is escaped, and nothing had to be.
    fn text(&mut self) -> Option<&'a str> {
        let after = self.0.strip_prefix('"')?;
        let end = after.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' '))?;
        let (text, rest) = after.split_at(end);
        self.0 = rest.strip_prefix('"')?;
        Some(text)
    }

    /// An integer in its one spelling.
    fn number(&mut self) -> Option<u64> {
        let end = self.0.bytes().position(|byte| !byte.is_ascii_digit())?;
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        if digits.len() > 1 && digits.starts_with('0') {
            return None;
        }
        digits.parse().ok().filter(|number| *number <= LAST_EXACT)
    }

    /// The members of an actor. The type is always there, and stands last.
    fn actor(&mut self) -> Option<Actor> {
        let api_key_id = self.member("\"apiKeyId\":").ok()?.map(str::to_owned);
        let id = self.member("\"id\":").ok()?.map(Subject::parse).transpose().ok()?;
        let iss = self.member("\"iss\":").ok()?.map(str::to_owned);
        let org_id = self.member("\"orgId\":").ok()?.map(OrgId::parse).transpose().ok()?;
        self.skip("\"type\":")?;
        let kind = self.text()?;
        let kinds = [ActorKind::User, ActorKind::Service, ActorKind::Organisation, ActorKind::Operator];
        let kind = kinds.into_iter().find(|one| one.as_str() == kind)?;
        Some(Actor { kind, iss, id, org_id, api_key_id })
    }

    /// A member that may be missing, and that others follow.
    fn member(&mut self, name: &str) -> Result<Option<&'a str>, Unexpected> {
        if !self.has(name) {
            return Ok(None);
        }
        let text = self.text().ok_or(Unexpected)?;
        self.skip(",").ok_or(Unexpected)?;
        Ok(Some(text))
    }

    /// What was added, after the name of its first member.
    fn addition(&mut self, user_id: UserId) -> Option<RecordedEvent> {
        let added_at = EpochMillis::new(self.number()?);
        self.skip(",\"number\":")?;
        let number = KeyNumber::new(self.number()?)?;
        self.skip(",\"orgId\":")?;
        let org_id = OrgId::parse(self.text()?).ok()?;
        let texts = if self.has(",\"texts\":{") { self.texts()? } else { Texts::default() };
        self.user_id(&user_id)?;
        let added = RecordedAddition { user_id, number, org_id, added_at, texts };
        Some(RecordedEvent::PhysicalKeyAdded(added))
    }

    fn removal(&mut self, user_id: UserId) -> Option<RecordedEvent> {
        self.skip("\"number\":")?;
        let number = KeyNumber::new(self.number()?)?;
        self.skip(",\"removedAt\":")?;
        let removed_at = EpochMillis::new(self.number()?);
        self.user_id(&user_id)?;
        Some(RecordedEvent::PhysicalKeyRemoved(PhysicalKeyRemoved { user_id, number, removed_at }))
    }

    fn user_id(&mut self, expected: &UserId) -> Option<()> {
        self.skip(",\"userId\":")?;
        (self.text()? == expected.as_str()).then_some(())
    }

    /// The digests of a note, of an organisation's name, or of both.
    fn texts(&mut self) -> Option<Texts<TextDigest>> {
        let note = if self.has("\"note\":") { Some(self.digest()?) } else { None };
        if note.is_none() || self.has(",") {
            self.skip("\"orgName\":")?;
            let org_name = Some(self.digest()?);
            self.skip("}")?;
            return Some(Texts::of([(TextName::Note, note), (TextName::OrgName, org_name)]));
        }
        self.skip("}")?;
        Some(Texts::of([(TextName::Note, note)]))
    }

    fn digest(&mut self) -> Option<TextDigest> {
        TextDigest::parse(self.text()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Disclosures, RANDOM_BYTES, Salts, TextName};
    use crate::organisation::{OrganisationClosed, RecordedEvent as OfOrganisation};
    use crate::values::Version;

    fn added(id: &str, at: u64, digests: Texts<TextDigest>) -> Happening {
        Happening::User(RecordedEvent::PhysicalKeyAdded(RecordedAddition {
            user_id: UserId::parse(id).unwrap(),
            number: KeyNumber::new(at).unwrap(),
            org_id: OrgId::parse(id).unwrap(),
            added_at: EpochMillis::new(at),
            texts: digests,
        }))
    }

    fn removed(id: &str, at: u64) -> Happening {
        let (user_id, number) = (UserId::parse(id).unwrap(), KeyNumber::new(at).unwrap());
        let removed_at = EpochMillis::new(at);
        Happening::User(RecordedEvent::PhysicalKeyRemoved(PhysicalKeyRemoved { user_id, number, removed_at }))
    }

    fn closed(id: &str, at: u64) -> Happening {
        let (org_id, closed_at) = (OrgId::parse(id).unwrap(), EpochMillis::new(at));
        Happening::Organisation(OfOrganisation::OrganisationClosed(OrganisationClosed { org_id, closed_at }))
    }

    fn texts(names: &[TextName]) -> Texts<TextDigest> {
        let texts: Texts<&str> = Texts::of(names.iter().map(|name| (*name, Some("x"))));
        let salted: Disclosures = texts.salted(&Salts::new([7; RANDOM_BYTES]));
        salted.digests()
    }

    /// Records of every shape: with and without what may be missing, ids that are escaped, numbers at the end of what a double has.
    fn records() -> impl Iterator<Item = EventRecord> {
        let both = [TextName::Note, TextName::OrgName];
        let ids = ["alice", "\"\\/ 鍵", "</&>' 鍵🗝\u{e9}"];
        let times = [1, LAST_EXACT - 1, LAST_EXACT, LAST_EXACT + 1, u64::MAX];
        ids.into_iter().flat_map(move |id| {
            times.into_iter().flat_map(move |at| {
                let happenings = [
                    added(id, at, Texts::default()),
                    added(id, at, texts(&both[..1])),
                    added(id, at, texts(&both[1..])),
                    added(id, at, texts(&both)),
                    removed(id, at),
                    closed(id, at),
                ];
                (0..16).flat_map(move |there| {
                    let is_there = |bit: u8| (there >> bit) & 1 == 1;
                    let actor = Actor {
                        kind: if is_there(2) { ActorKind::Service } else { ActorKind::User },
                        iss: is_there(0).then(|| "https://é\u{7f}".to_owned()),
                        id: is_there(1).then(|| Subject::parse(id).unwrap()),
                        org_id: is_there(2).then(|| OrgId::parse(id).unwrap()),
                        api_key_id: is_there(3).then(|| id.to_owned()),
                    };
                    happenings.clone().map(|happening| EventRecord {
                        happening,
                        version: Version::new(at),
                        issuer: (there != 9).then(|| OrgId::parse(id).unwrap()),
                        recorded_at: EpochMillis::new(at),
                        actor: actor.clone(),
                        request_id: if there == 7 {
                            format!("{id}\u{0}\u{1f}\n\t\r\u{8}\u{c}")
                        } else {
                            id.to_owned()
                        },
                    })
                })
            })
        })
    }

    #[test]
    fn what_is_read_in_one_go_is_what_parsing_gives_and_canonical() {
        for record in records() {
            let canonical = record.canonical();
            // What a double does not have is another number already, or none.
            let parsed = EventRecord::parse(&canonical).ok();
            assert!(
                parsed.as_ref() == Some(&record)
                    || record.issuer.is_none()
                    || record.version.get() > LAST_EXACT
            );
            let is_plain = |record: &EventRecord| {
                let is_users = matches!(record.happening, Happening::User(_));
                is_users && !canonical.contains('\\') && record.version.get() <= LAST_EXACT
            };
            assert_eq!(EventRecord::read_canonical(&canonical), parsed.filter(is_plain), "{canonical}");
        }
    }

    /// Nothing is read from a text that parsing does not read from it, and from none that is not canonical.
    #[test]
    fn a_text_that_is_spelled_in_another_way_is_not_read_in_one_go() {
        let others =
            [" ", "0", "1", "\"", "\\", "/", "\\u0061", ",", "}", "{", "\u{1}", "=", "-", ".0", "x", "é"];
        let mut read = 0;
        for record in records().step_by(23) {
            let canonical = record.canonical();
            for (place, character) in canonical.char_indices() {
                let (before, after) = (&canonical[..place], &canonical[place + character.len_utf8()..]);
                let changed = others.iter().map(|other| format!("{before}{other}{after}"));
                let added = others.iter().map(|other| format!("{before}{other}{character}{after}"));
                for text in changed.chain(added).chain([format!("{before}{after}"), before.to_owned()]) {
                    let Some(record) = EventRecord::read_canonical(&text) else { continue };
                    assert_eq!(EventRecord::parse(&text).as_ref(), Ok(&record), "{text}");
                    assert_eq!(record.canonical(), text);
                    read += 1;
                }
            }
        }
        assert!(read > 1_000, "another letter in an id is another record: {read}");
    }
}
