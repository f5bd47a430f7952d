//! Whom a token names, and what it is good for, in words. What it confines to is the domain's to say.

use api::auth::RequiredCredentials;
use api::auth::identity::{TokenIdentity, TokenKind};
use domain::confinement::Confinement;

/// Whom a token names.
pub(super) fn named(identity: &TokenIdentity) -> String {
    let who = match identity.kind {
        TokenKind::Person => "a person",
        TokenKind::KeyManager => "a key manager",
        TokenKind::Service => "a service",
    };
    let organisation = identity.organisation.as_ref();
    let organisation = organisation
        .map_or_else(|| "of no organisation".to_owned(), |id| format!("of the organisation {id}"));
    format!("{who}, {}, {organisation}", identity.subject)
}

/// How it is spelled which credentials are required.
pub(super) const fn mode(required: RequiredCredentials) -> &'static str {
    match required {
        RequiredCredentials::Both => "both",
        RequiredCredentials::Either => "either",
    }
}

/// What whoever has the token may do.
pub(super) fn rights(identity: &TokenIdentity, required: RequiredCredentials) -> Vec<String> {
    let TokenIdentity { kind, subject, organisation, .. } = identity;
    let mode = mode(required);
    let mut lines = vec![format!("What it is good for, with REQUIRED_CREDENTIALS={mode}:")];
    let Some(restriction) = identity.restriction() else {
        lines.push(
            "  By itself for nothing (403 organisation_required), as it names no organisation.".to_owned(),
        );
        lines.push(format!(
            "  With an API key that was issued for it (api-key issue ORG --for {subject}): that organisation's physical keys."
        ));
        return lines;
    };
    let confinement = Confinement::to(restriction);
    let own = match organisation {
        Some(organisation) => format!("the physical keys of {organisation}"),
        None => "physical keys".to_owned(),
    };
    let at = if *kind == TokenKind::Person {
        format!("in the inventory of {subject}")
    } else {
        "in any inventory".to_owned()
    };
    lines.push(if required.ask_for_an_api_key_beside(*kind) {
        "  By itself for nothing (401): an API key has to be sent, too.".to_owned()
    } else if confinement.may_command().is_ok() {
        format!("  By itself: adds, removes and lists {own} {at}.")
    } else {
        format!("  By itself: lists {own} {at}; a command is refused (403 organisation_required).")
    });
    let api_key = organisation.as_ref().map_or_else(
        || "an organisation's API key: adds, removes and lists that organisation's physical keys".to_owned(),
        |organisation| format!("an API key of {organisation}: adds, removes and lists {own}"),
    );
    lines.push(format!("  With {api_key} {at}."));
    if let Some(organisation) = organisation {
        lines.push(format!(
            "  {organisation} has to be registered and open (403 unknown_organisation otherwise), which is not looked at here."
        ));
    }
    lines
}
