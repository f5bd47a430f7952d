//! Who may do what: each credential is a restriction, and all that are present apply (contract, "Who may do what").
//!
//! Pure. This type is the whole of authorisation; the handlers only ask it.

use crate::values::{OrgId, UserId};

/// What one verified credential confines its bearer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restriction {
    /// A person's token: that user's inventory, and if it names an organisation, that organisation's physical keys in it.
    ToUser(UserId, Option<OrgId>),
    /// An API key, or a service's or a key manager's token: that organisation's physical keys. It is the organisation itself
    /// that acts.
    ToOrganisation(OrgId),
}

/// Everything a caller is confined to. There is always at least one restriction: a caller without a credential
/// does not get this far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confinement {
    user: Option<UserId>,
    organisation: Option<OrgId>,
    /// Whether the organisation itself acts.
    acts_for_organisation: bool,
}

/// Why a caller with good credentials may not do this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// The token and the API key name different organisations, or the API key was bound to another subject.
    #[error("the bearer token and the API key do not belong together")]
    CredentialsDisagree,
    /// The organisation that the token names is not registered, or was closed.
    #[error("the organisation of the bearer token is not registered here, or was closed")]
    UnknownOrganisation,
    /// No credential is an organisation's own, or it is not said of which.
    #[error("the credentials are not an organisation's own")]
    OrganisationRequired,
    /// A person's token, and somebody else's inventory.
    #[error("the bearer token is for another user's inventory")]
    AnotherUsersInventory,
    /// A physical key is to be added in another organisation's name.
    #[error("the credentials are for another organisation than `orgId`")]
    AnotherOrganisation,
    /// A person's token, and a list over all users.
    #[error("the bearer token is for one user's inventory")]
    OneUserOnly,
}

impl Confinement {
    /// What a first restriction confines to.
    #[must_use]
    pub fn to(restriction: Restriction) -> Self {
        match restriction {
            Restriction::ToUser(user, organisation) => {
                Self { user: Some(user), organisation, acts_for_organisation: false }
            }
            Restriction::ToOrganisation(organisation) => {
                Self { user: None, organisation: Some(organisation), acts_for_organisation: true }
            }
        }
    }

    /// Adds a restriction. Two that name different organisations leave nothing to do, so they are refused.
    pub fn and(self, restriction: Restriction) -> Result<Self, Forbidden> {
        let other = Self::to(restriction);
        if matches!((&self.user, &other.user), (Some(one), Some(other)) if one != other) {
            return Err(Forbidden::AnotherUsersInventory);
        }
        if matches!((&self.organisation, &other.organisation), (Some(one), Some(other)) if one != other) {
            return Err(Forbidden::CredentialsDisagree);
        }
        Ok(Self {
            user: self.user.or(other.user),
            organisation: self.organisation.or(other.organisation),
            acts_for_organisation: self.acts_for_organisation || other.acts_for_organisation,
        })
    }

    /// Whether the caller may command anything at all: a person's token alone reads.
    pub const fn may_command(&self) -> Result<(), Forbidden> {
        if self.acts_for_organisation { Ok(()) } else { Err(Forbidden::OrganisationRequired) }
    }

    /// Whether the caller may act on the inventory of `owner` at all.
    pub fn may_act_on(&self, owner: &UserId) -> Result<(), Forbidden> {
        match &self.user {
            Some(user) if user != owner => Err(Forbidden::AnotherUsersInventory),
            _ => Ok(()),
        }
    }

    /// Whether the caller may add a physical key that `issuer` issued.
    pub fn may_issue_for(&self, issuer: &OrgId) -> Result<(), Forbidden> {
        match &self.organisation {
            Some(organisation) if organisation != issuer => Err(Forbidden::AnotherOrganisation),
            _ => Ok(()),
        }
    }

    /// Whether the caller may list what `issuer` issued, over all users.
    pub fn may_list_all_of(&self, issuer: &OrgId) -> Result<(), Forbidden> {
        match (&self.user, &self.organisation) {
            (Some(_), _) => Err(Forbidden::OneUserOnly),
            (None, Some(organisation)) if organisation == issuer => Ok(()),
            (None, _) => Err(Forbidden::AnotherOrganisation),
        }
    }

    /// Whether a physical key that `issuer` issued exists for the caller.
    #[must_use]
    pub fn sees(&self, issuer: &OrgId) -> bool {
        self.organisation.as_ref().is_none_or(|organisation| organisation == issuer)
    }

    /// The organisation the caller is confined to, if any.
    #[must_use]
    pub const fn organisation(&self) -> Option<&OrgId> {
        self.organisation.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        UserId::parse(id).unwrap()
    }

    fn org(id: &str) -> OrgId {
        OrgId::parse(id).unwrap()
    }

    fn to_user(id: &str) -> Restriction {
        Restriction::ToUser(user(id), None)
    }

    fn to_org(id: &str) -> Restriction {
        Restriction::ToOrganisation(org(id))
    }

    /// Every caller × every owner and issuer: may command, may act, may issue, sees.
    #[test]
    fn the_matrix_in_full() {
        use Forbidden::{AnotherOrganisation, AnotherUsersInventory, OrganisationRequired};
        let alice = Confinement::to(to_user("alice"));
        let alice_of_acme = Confinement::to(Restriction::ToUser(user("alice"), Some(org("acme"))));
        let acme = Confinement::to(to_org("acme"));
        let alice_at_acme = Confinement::to(to_user("alice")).and(to_org("acme")).unwrap();
        let (yes, only_reads) = (Ok(()), Err(OrganisationRequired));
        for (caller, owner, issuer, command, act, issue, sees) in [
            (&alice, "alice", "acme", only_reads, yes, yes, true),
            (&alice, "alice", "umbrella", only_reads, yes, yes, true),
            (&alice, "bob", "acme", only_reads, Err(AnotherUsersInventory), yes, true),
            (&alice, "bob", "umbrella", only_reads, Err(AnotherUsersInventory), yes, true),
            (&alice_of_acme, "alice", "acme", only_reads, yes, yes, true),
            (&alice_of_acme, "alice", "umbrella", only_reads, yes, Err(AnotherOrganisation), false),
            (&alice_of_acme, "bob", "acme", only_reads, Err(AnotherUsersInventory), yes, true),
            (&acme, "alice", "acme", yes, yes, yes, true),
            (&acme, "alice", "umbrella", yes, yes, Err(AnotherOrganisation), false),
            (&acme, "bob", "acme", yes, yes, yes, true),
            (&acme, "bob", "umbrella", yes, yes, Err(AnotherOrganisation), false),
            (&alice_at_acme, "alice", "acme", yes, yes, yes, true),
            (&alice_at_acme, "alice", "umbrella", yes, yes, Err(AnotherOrganisation), false),
            (&alice_at_acme, "bob", "acme", yes, Err(AnotherUsersInventory), yes, true),
            (
                &alice_at_acme,
                "bob",
                "umbrella",
                yes,
                Err(AnotherUsersInventory),
                Err(AnotherOrganisation),
                false,
            ),
        ] {
            let case = format!("{caller:?}, {owner}, {issuer}");
            assert_eq!(caller.may_command(), command, "{case}");
            assert_eq!(caller.may_act_on(&user(owner)), act, "{case}");
            assert_eq!(caller.may_issue_for(&org(issuer)), issue, "{case}");
            assert_eq!(caller.sees(&org(issuer)), sees, "{case}");
        }
    }

    #[test]
    fn a_list_over_all_users_is_for_its_organisation_alone() {
        use Forbidden::{AnotherOrganisation, OneUserOnly};
        let acme = Confinement::to(to_org("acme"));
        let alice = Confinement::to(to_user("alice"));
        let alice_at_acme = alice.clone().and(to_org("acme")).unwrap();
        for (caller, issuer, expected) in [
            (&acme, "acme", Ok(())),
            (&acme, "umbrella", Err(AnotherOrganisation)),
            (&alice, "acme", Err(OneUserOnly)),
            (&alice_at_acme, "acme", Err(OneUserOnly)),
            (&alice_at_acme, "umbrella", Err(OneUserOnly)),
        ] {
            assert_eq!(caller.may_list_all_of(&org(issuer)), expected, "{caller:?}, {issuer}");
        }
    }

    #[test]
    fn a_caller_is_of_the_organisation_that_any_credential_names() {
        let alice = Confinement::to(to_user("alice"));
        assert_eq!(alice.organisation(), None);
        for caller in [
            alice.and(to_org("acme")).unwrap(),
            Confinement::to(to_org("acme")),
            Confinement::to(Restriction::ToUser(user("alice"), Some(org("acme")))),
        ] {
            assert_eq!(caller.organisation(), Some(&org("acme")), "{caller:?}");
        }
    }

    #[test]
    fn restrictions_apply_in_either_order() {
        let one = Confinement::to(to_user("alice")).and(to_org("acme"));
        let other = Confinement::to(to_org("acme")).and(to_user("alice"));
        assert_eq!(one, other);
    }

    #[test]
    fn a_restriction_twice_is_the_restriction() {
        assert_eq!(Confinement::to(to_org("acme")).and(to_org("acme")), Ok(Confinement::to(to_org("acme"))));
        assert_eq!(Confinement::to(to_user("a")).and(to_user("a")), Ok(Confinement::to(to_user("a"))));
    }

    #[test]
    fn a_person_of_an_organisation_brings_no_other_organisations_api_key() {
        let of_acme = Confinement::to(Restriction::ToUser(user("alice"), Some(org("acme"))));
        assert_eq!(of_acme.clone().and(to_org("umbrella")), Err(Forbidden::CredentialsDisagree));
        let at_acme = Confinement::to(to_user("alice")).and(to_org("acme"));
        assert_eq!(of_acme.and(to_org("acme")), at_acme);
    }

    #[test]
    fn restrictions_that_leave_nothing_are_refused() {
        assert_eq!(
            Confinement::to(to_org("acme")).and(to_org("umbrella")),
            Err(Forbidden::CredentialsDisagree)
        );
        assert_eq!(Confinement::to(to_user("a")).and(to_user("b")), Err(Forbidden::AnotherUsersInventory));
    }

    #[test]
    fn ids_that_differ_by_case_or_look_alike_are_different() {
        let acme = Confinement::to(to_org("acme"));
        assert!(!acme.sees(&org("Acme")));
        assert!(!acme.sees(&org("acme\u{301}x")));
        assert!(!acme.sees(&org("асме")));
    }
}
