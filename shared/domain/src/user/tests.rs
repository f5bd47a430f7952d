//! Given a history, when a command is decided, then this event follows (or this refusal).

use std::collections::BTreeMap;

use super::*;
use crate::confinement::Restriction;

/// A user's events so far and the physical keys they leave, folded by nothing but [`User::apply`].
struct Given {
    user: User,
    held: BTreeMap<KeyNumber, PhysicalKey>,
}

fn given(events: &[Event]) -> Given {
    let mut given = Given { user: User::new(user_id()), held: BTreeMap::new() };
    for event in events {
        given.user = given.user.apply(event);
        match event {
            Event::PhysicalKeyAdded(added) => given.held.insert(added.number, PhysicalKey::from(added)),
            Event::PhysicalKeyRemoved(removed) => given.held.remove(&removed.number),
            Event::PhysicalKeyTextsErased(_) => None,
        };
    }
    given
}

impl Given {
    fn when_added(&self, at: u64) -> Event {
        let command = AddPhysicalKey::of(org_id());
        let decision = command.decide(&self.user, None, EpochMillis::new(at)).unwrap();
        assert_eq!(decision.issuer, org_id());
        decision.happened.into()
    }

    fn when_removed(&self, number: u64, at: u64) -> Result<Event, Refusal> {
        let (command, held) =
            (RemovePhysicalKey { number: key_number(number) }, self.held.get(&key_number(number)));
        let decision = command.decide(&self.user, held, EpochMillis::new(at))?;
        assert_eq!(decision.issuer, org_id());
        Ok(decision.happened.into())
    }
}

fn user_id() -> UserId {
    UserId::parse("alice").unwrap()
}

fn org_id() -> OrgId {
    OrgId::parse("acme").unwrap()
}

fn key_number(number: u64) -> KeyNumber {
    KeyNumber::new(number).unwrap()
}

fn added(number: u64, at: u64) -> Event {
    Event::PhysicalKeyAdded(PhysicalKeyAdded {
        user_id: user_id(),
        number: key_number(number),
        org_id: org_id(),
        org_name: None,
        note: None,
        added_at: EpochMillis::new(at),
    })
}

fn removed(number: u64, at: u64) -> Event {
    Event::PhysicalKeyRemoved(PhysicalKeyRemoved {
        user_id: user_id(),
        number: key_number(number),
        removed_at: EpochMillis::new(at),
    })
}

#[test]
fn the_first_physical_key_has_number_1() {
    assert_eq!(given(&[]).when_added(7), added(1, 7));
}

#[test]
fn adding_again_gives_the_next_number() {
    assert_eq!(given(&[added(1, 7)]).when_added(8), added(2, 8));
}

#[test]
fn a_removed_number_is_never_reissued() {
    assert_eq!(given(&[added(1, 7), removed(1, 8)]).when_added(9), added(2, 9));
    let events = [added(1, 1), added(2, 2), removed(2, 3), removed(1, 4)];
    assert_eq!(given(&events).when_added(5), added(3, 5));
}

#[test]
fn a_held_physical_key_is_removed() {
    assert_eq!(given(&[added(1, 7)]).when_removed(1, 8), Ok(removed(1, 8)));
}

#[test]
fn removing_again_is_refused() {
    let given = given(&[added(1, 7), removed(1, 8)]);
    assert_eq!(given.when_removed(1, 9), Err(Refusal::PhysicalKeyNotFound));
}

#[test]
fn removing_from_an_inventory_that_has_not_begun_is_refused() {
    assert_eq!(given(&[]).when_removed(1, 7), Err(Refusal::PhysicalKeyNotFound));
}

#[test]
fn state_counts_events_numbers_and_physical_keys() {
    let user = given(&[added(1, 1), added(2, 2), removed(1, 3)]).user;
    assert_eq!(user.version, Version::new(3));
    assert_eq!(user.last_number, KeyNumber::new(2));
    assert_eq!(user.active_keys, 1);
}

#[test]
fn an_event_has_the_shape_of_the_contract() {
    let json = serde_json::to_string(&added(1, 7)).unwrap();
    assert_eq!(
        json,
        r#"{"type":"PhysicalKeyAdded","data":{"userId":"alice","number":1,"orgId":"acme","addedAt":7}}"#
    );
    let json = serde_json::to_string(&removed(1, 8)).unwrap();
    assert_eq!(json, r#"{"type":"PhysicalKeyRemoved","data":{"userId":"alice","number":1,"removedAt":8}}"#);
    for event in [added(1, 7), removed(1, 8)] {
        assert_eq!(serde_json::to_value(&event).unwrap()["type"], event.name());
    }
}

#[test]
fn an_organisation_adds_physical_keys_of_its_own() {
    let add = AddPhysicalKey::of(org_id());
    let caller = |org: &str| Confinement::to(Restriction::ToOrganisation(OrgId::parse(org).unwrap()));
    assert_eq!(add.authorise(&caller("acme")), Ok(()));
    assert_eq!(add.authorise(&caller("umbrella")), Err(Forbidden::AnotherOrganisation));
    // Whose a physical key is decides whether it is there to be removed.
    assert_eq!(RemovePhysicalKey { number: key_number(1) }.authorise(&caller("umbrella")), Ok(()));
}

#[test]
fn an_addition_may_be_the_first_and_a_removal_is_of_what_is_there() {
    let add = AddPhysicalKey::of(org_id());
    assert_eq!((add.concerns(), add.may_begin()), (None, true));
    let remove = RemovePhysicalKey { number: key_number(7) };
    assert_eq!((remove.concerns(), remove.may_begin()), (Some(key_number(7)), false));
}

#[test]
fn nobody_holds_a_number_that_was_not_given_or_where_nothing_is_held() {
    let may_hold = |events: &[Event], number: u64| given(events).user.may_hold(key_number(number));
    assert!(!may_hold(&[], 1));
    assert!(may_hold(&[added(1, 1)], 1));
    assert!(!may_hold(&[added(1, 1)], 2));
    assert!(!may_hold(&[added(1, 1), removed(1, 2)], 1));
    assert!(
        may_hold(&[added(1, 1), added(2, 2), removed(2, 3)], 2),
        "which of them it is, the state does not know"
    );
}
