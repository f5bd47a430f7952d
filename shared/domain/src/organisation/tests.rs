//! What an operator's commands lead to in each state.

use super::*;
use crate::api_key::{ApiKeyTerms, RANDOM_BYTES, StoredApiKey, issue};
use crate::history::{Disclosures, RANDOM_BYTES as RANDOM_BYTES_OF_SALTS, Salts};

const NOW: EpochMillis = EpochMillis::new(1_795_435_200_000);

fn new() -> Organisation {
    Organisation::new(OrgId::parse("acme").unwrap())
}

fn register(name: Option<&str>) -> OrganisationCommand {
    OrganisationCommand::Register { name: name.map(|name| OrgName::parse(name).unwrap()) }
}

fn issued() -> ApiKeyIssued {
    issue(ApiKeyTerms::of(new().org_id, NOW), &[7; RANDOM_BYTES]).1
}

/// The state after a command that something follows from.
fn after(organisation: &Organisation, command: &OrganisationCommand) -> Organisation {
    match command.decide(organisation, Some(&StoredApiKey::from(issued())), NOW) {
        Ok(Decision::Happens(event)) => organisation.clone().apply(&event),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_organisation_is_registered_once_and_gets_the_names_that_it_is_given() {
    let open = after(&new(), &register(Some("Büro")));
    assert!(open.is_open() && !new().is_open());
    assert_eq!((open.version.get(), open.registered_at), (1, Some(NOW)));
    for command in [register(None), register(Some("Büro"))] {
        assert_eq!(command.decide(&open, None, NOW), Ok(Decision::Before));
    }
    let renamed = after(&open, &register(Some("Labor")));
    assert_eq!((renamed.version.get(), renamed.name.as_ref().map(OrgName::as_str)), (2, Some("Labor")));
    assert_eq!(renamed.registered_at, open.registered_at);
}

#[test]
fn a_closed_organisation_stays_closed_and_its_api_keys_can_be_revoked() {
    let closed = after(&after(&new(), &register(None)), &OrganisationCommand::Close);
    assert!(!closed.is_open());
    assert_eq!(OrganisationCommand::Close.decide(&closed, None, NOW), Ok(Decision::Before));
    for command in [register(Some("Labor")), OrganisationCommand::IssueApiKey(issued())] {
        assert_eq!(command.decide(&closed, None, NOW), Err(Refusal::Closed));
    }
    after(&closed, &OrganisationCommand::RevokeApiKey(issued().api_key_id));
}

#[test]
fn nothing_but_its_registration_follows_for_an_organisation_that_is_not_registered() {
    let revoke = OrganisationCommand::RevokeApiKey(issued().api_key_id);
    for command in [OrganisationCommand::Close, OrganisationCommand::IssueApiKey(issued()), revoke] {
        assert_eq!(command.decide(&new(), None, NOW), Err(Refusal::NotRegistered));
    }
}

#[test]
fn an_api_key_is_revoked_once() {
    let open = after(&new(), &register(None));
    let revoke = OrganisationCommand::RevokeApiKey(issued().api_key_id);
    assert_eq!(revoke.decide(&open, None, NOW), Err(Refusal::ApiKeyNotFound));
    let mut api_key = StoredApiKey::from(issued());
    assert!(matches!(
        revoke.decide(&open, Some(&api_key), NOW),
        Ok(Decision::Happens(Event::ApiKeyRevoked(_)))
    ));
    api_key.revoked_at = Some(NOW);
    assert_eq!(revoke.decide(&open, Some(&api_key), NOW), Ok(Decision::Before));
}

#[test]
fn what_is_recorded_has_no_name_in_it_and_what_is_disclosed_is_what_happened() {
    let name = OrgName::parse("Büro").ok();
    let event = Event::OrganisationRegistered(OrganisationRegistered {
        org_id: new().org_id,
        name: name.clone(),
        registered_at: NOW,
    });
    let disclosures = Organisation::texts(&event).salted(&Salts::new([7; RANDOM_BYTES_OF_SALTS]));
    let happening = Organisation::recorded(&event, disclosures.digests());
    let Happening::Organisation(recorded) = happening else { panic!("{happening:?}") };
    assert!(!format!("{recorded:?}").contains("Büro"), "{recorded:?}");
    assert_eq!(recorded.clone().disclosed(&disclosures), Ok(event));
    let without = recorded.disclosed(&Disclosures::default());
    assert!(matches!(without, Ok(Event::OrganisationRegistered(OrganisationRegistered { name: None, .. }))));
}
