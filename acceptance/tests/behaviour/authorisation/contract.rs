//! What the contract's sentences ("Who may do what") come to for each caller and operation, worked out apart from the code.

use ApiKey::*;
use Operation::*;
use Outcome::*;
use Token::*;
use acceptance::refused::{API_KEY, BEARER, Refused};
use api::auth::RequiredCredentials::{self, Both, Either};

use crate::scene::{DISAGREE, ORGANISATION_REQUIRED, nothing_to_remove, physical_key_not_found};

/// Whose bearer token is presented. "The person" is the one whose inventory it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Absent,
    ThePerson,
    ThePersonOfAcme,
    AnotherPerson,
    AnotherPersonOfAcme,
    ManagerOfAcme,
    ServiceOfAcme,
    ServiceOfNobody,
}

pub(super) const TOKENS: [Token; 8] = [
    Absent,
    ThePerson,
    ThePersonOfAcme,
    AnotherPerson,
    AnotherPersonOfAcme,
    ManagerOfAcme,
    ServiceOfAcme,
    ServiceOfNobody,
];

/// Which API key is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ApiKey {
    Without,
    Acmes,
    /// Acme's, issued for the service that names no organisation.
    AcmesForTheService,
    Umbrellas,
}

pub(super) const API_KEYS: [ApiKey; 4] = [Without, Acmes, AcmesForTheService, Umbrellas];

/// What is asked for. Acme's physical key is number 1, Umbrella's number 2, wherever they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    List,
    History,
    GetAcmes,
    GetUmbrellas,
    ListAllOfAcme,
    ListAllOfUmbrella,
    AddAcmes,
    AddUmbrellas,
    RemoveAcmes,
    RemoveUmbrellas,
}

/// The commands are last, because they change what the others show.
pub(super) const OPERATIONS: [Operation; 10] = [
    List,
    History,
    GetAcmes,
    GetUmbrellas,
    ListAllOfAcme,
    ListAllOfUmbrella,
    AddAcmes,
    AddUmbrellas,
    RemoveAcmes,
    RemoveUmbrellas,
];

/// Whose physical keys the user holds, or has held: Acme's, Umbrella's, or both.
pub(super) const INVENTORIES: [(&str, bool, bool); 3] =
    [("own", true, false), ("foreign", false, true), ("shared", true, true)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    NotFound,
    NothingToRemove,
    TokenMissing,
    ApiKeyMissing,
    AllMissing,
    OneMissing,
    OrganisationRequired,
    Disagree,
    AnothersInventory,
    AnotherOrganisation,
    OneUserOnly,
}

impl Outcome {
    /// As the table shows it.
    pub(super) const fn shown(self) -> &'static str {
        match self {
            Done => "200",
            NotFound | NothingToRemove => "404",
            TokenMissing | ApiKeyMissing | AllMissing | OneMissing => "401",
            OrganisationRequired => "403 organisation",
            Disagree => "403 disagree",
            AnothersInventory => "403 user",
            AnotherOrganisation => "403 orgId",
            OneUserOnly => "403 one user",
        }
    }

    /// The refusal as a whole, if it is one.
    pub(super) fn refused(self) -> Option<Refused> {
        let missing =
            |message, challenge| Some(Refused::unauthenticated("credentials_missing", &[message], challenge));
        let forbidden = |code, message: &str| Some(Refused::new(403, code, message));
        match self {
            Done => None,
            NotFound => Some(physical_key_not_found()),
            NothingToRemove => Some(nothing_to_remove()),
            TokenMissing => missing("A bearer token is required: `Authorization: Bearer <JWT>`.", BEARER),
            ApiKeyMissing => missing("An API key is required: `X-API-Key: <API key>`.", API_KEY),
            AllMissing => Some(Refused::without_credentials()),
            OneMissing => missing(
                "A bearer token (`Authorization: Bearer <JWT>`) or an API key (`X-API-Key`) is required.",
                &format!("{BEARER}, {API_KEY}"),
            ),
            OrganisationRequired => forbidden("organisation_required", ORGANISATION_REQUIRED),
            Disagree => forbidden("credentials_disagree", DISAGREE),
            AnothersInventory => {
                forbidden("another_users_inventory", "The bearer token is for another user's inventory.")
            }
            AnotherOrganisation => forbidden(
                "another_organisation",
                "The credentials are for another organisation than `orgId`.",
            ),
            OneUserOnly => forbidden(
                "one_user_only",
                "The bearer token is for one user's inventory, and this list is over all users.",
            ),
        }
    }
}

/// What a caller is confined to, or why nothing is right for it.
pub(super) struct Confined {
    pub(super) organisation: Option<&'static str>,
    person: bool,
    to_another: bool,
    commands: bool,
}

/// "Each credential is a restriction, and all that are present apply."
pub(super) fn confinement_of(
    required: RequiredCredentials,
    token: Token,
    api_key: ApiKey,
) -> Result<Confined, Outcome> {
    match (required, token, api_key) {
        (Both, Absent, Without) => return Err(AllMissing),
        (Either, Absent, Without) => return Err(OneMissing),
        (Both, Absent, _) => return Err(TokenMissing),
        // A key manager's token suffices in both modes.
        (Both, ManagerOfAcme, Without) => {}
        (Both, _, Without) => return Err(ApiKeyMissing),
        _ => {}
    }
    // A service token that names no organisation is good only with an API key that was issued for it, and the other
    // way round.
    if token == ServiceOfNobody && api_key != AcmesForTheService {
        return Err(OrganisationRequired);
    }
    if token != ServiceOfNobody && api_key == AcmesForTheService {
        return Err(Disagree);
    }
    let of_token = match token {
        ThePersonOfAcme | AnotherPersonOfAcme | ManagerOfAcme | ServiceOfAcme => Some("acme"),
        Absent | ThePerson | AnotherPerson | ServiceOfNobody => None,
    };
    let of_api_key = match api_key {
        Without => None,
        Acmes | AcmesForTheService => Some("acme"),
        Umbrellas => Some("umbrella"),
    };
    if of_token.is_some_and(|one| of_api_key.is_some_and(|other| one != other)) {
        return Err(Disagree);
    }
    let to_another = matches!(token, AnotherPerson | AnotherPersonOfAcme);
    Ok(Confined {
        organisation: of_token.or(of_api_key),
        person: to_another || matches!(token, ThePerson | ThePersonOfAcme),
        to_another,
        commands: of_api_key.is_some() || matches!(token, ManagerOfAcme | ServiceOfAcme),
    })
}

/// What becomes of an operation on an inventory that holds these organisations' physical keys.
pub(super) fn expected(
    confinement: &Result<Confined, Outcome>,
    operation: Operation,
    held: (bool, bool),
) -> Outcome {
    let caller = match confinement {
        Ok(caller) => caller,
        Err(outcome) => return *outcome,
    };
    let is_command = matches!(operation, AddAcmes | AddUmbrellas | RemoveAcmes | RemoveUmbrellas);
    let issuer = match operation {
        List | History => None,
        GetAcmes | ListAllOfAcme | AddAcmes | RemoveAcmes => Some("acme"),
        GetUmbrellas | ListAllOfUmbrella | AddUmbrellas | RemoveUmbrellas => Some("umbrella"),
    };
    let is_theirs = issuer.is_none() || caller.organisation.is_none() || caller.organisation == issuer;
    let is_held = if issuer == Some("acme") { held.0 } else { held.1 };
    if is_command && !caller.commands {
        return OrganisationRequired;
    }
    if matches!(operation, ListAllOfAcme | ListAllOfUmbrella) {
        return match (caller.person, is_theirs) {
            (true, _) => OneUserOnly,
            (false, true) => Done,
            (false, false) => AnotherOrganisation,
        };
    }
    match operation {
        _ if caller.to_another => AnothersInventory,
        AddAcmes | AddUmbrellas if !is_theirs => AnotherOrganisation,
        GetAcmes | GetUmbrellas if !is_theirs || !is_held => NotFound,
        RemoveAcmes | RemoveUmbrellas if !is_theirs || !is_held => NothingToRemove,
        _ => Done,
    }
}
