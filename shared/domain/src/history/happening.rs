//! What happened, in which history, and how both are spelled.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{TextDigest, TextName, Texts};
use crate::audit_log;
use crate::organisation;
use crate::user;
use crate::values::{OrgId, Origin, UserId};

/// Which history: what kind of aggregate, and which one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HistoryId {
    /// A user's.
    User(UserId),
    /// An organisation's: its registration, and who could act for it from when until when.
    Organisation(OrgId),
    /// The log's that all of them are exported to: who signs it, and which tables it comes from.
    AuditLog(Origin),
}

impl HistoryId {
    /// What kind of aggregate, as records and the bus spell it.
    #[must_use]
    pub const fn aggregate_type(&self) -> &'static str {
        match self {
            Self::User(_) => AggregateType::User.as_str(),
            Self::Organisation(_) => AggregateType::Organisation.as_str(),
            Self::AuditLog(_) => AggregateType::AuditLog.as_str(),
        }
    }

    /// Which one of its kind.
    #[must_use]
    pub fn aggregate_id(&self) -> &str {
        match self {
            Self::User(user_id) => user_id.as_str(),
            Self::Organisation(org_id) => org_id.as_str(),
            Self::AuditLog(origin) => origin.as_str(),
        }
    }
}

/// `user "alice"`: the id is quoted, and what cannot be seen in it is escaped.
impl std::fmt::Display for HistoryId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {:?}", self.aggregate_type(), self.aggregate_id())
    }
}

/// What happened, in which kind of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// In a user's.
    User(user::RecordedEvent),
    /// In an organisation's.
    Organisation(organisation::RecordedEvent),
    /// In the log's.
    AuditLog(audit_log::Event),
}

/// What an event says of the organisation that it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SaysIssuer<'a> {
    /// It is this one.
    This(&'a OrgId),
    /// It is one, and the event does not say which.
    Some,
    /// It concerns none.
    None,
}

impl Happening {
    /// Whose history it belongs to.
    #[must_use]
    pub fn history(&self) -> HistoryId {
        match self {
            Self::User(event) => HistoryId::User(event.user_id().clone()),
            Self::Organisation(event) => HistoryId::Organisation(event.org_id().clone()),
            Self::AuditLog(event) => HistoryId::AuditLog(event.origin().clone()),
        }
    }

    /// What kind of aggregate that history is of, as records and the bus spell it.
    #[must_use]
    pub const fn aggregate_type(&self) -> &'static str {
        match self {
            Self::User(_) => AggregateType::User.as_str(),
            Self::Organisation(_) => AggregateType::Organisation.as_str(),
            Self::AuditLog(_) => AggregateType::AuditLog.as_str(),
        }
    }

    /// Which one of its kind.
    #[must_use]
    pub fn aggregate_id(&self) -> &str {
        match self {
            Self::User(event) => event.user_id().as_str(),
            Self::Organisation(event) => event.org_id().as_str(),
            Self::AuditLog(event) => event.origin().as_str(),
        }
    }

    /// The name of the event's type.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.event_type().as_str()
    }

    const fn event_type(&self) -> EventType {
        match self {
            Self::User(event) => match event {
                user::RecordedEvent::PhysicalKeyAdded(_) => EventType::PhysicalKeyAdded,
                user::RecordedEvent::PhysicalKeyRemoved(_) => EventType::PhysicalKeyRemoved,
                user::RecordedEvent::PhysicalKeyTextsErased(_) => EventType::PhysicalKeyTextsErased,
            },
            Self::Organisation(event) => match event {
                organisation::RecordedEvent::OrganisationRegistered(_) => EventType::OrganisationRegistered,
                organisation::RecordedEvent::OrganisationRenamed(_) => EventType::OrganisationRenamed,
                organisation::RecordedEvent::OrganisationClosed(_) => EventType::OrganisationClosed,
                organisation::RecordedEvent::ApiKeyIssued(_) => EventType::ApiKeyIssued,
                organisation::RecordedEvent::ApiKeyRevoked(_) => EventType::ApiKeyRevoked,
            },
            Self::AuditLog(audit_log::Event::SigningKeyChanged(_)) => EventType::SigningKeyChanged,
            Self::AuditLog(audit_log::Event::LogClaimed(_)) => EventType::LogClaimed,
        }
    }

    /// What the event itself says of the organisation that it concerns.
    pub(super) const fn says_issuer(&self) -> SaysIssuer<'_> {
        match self {
            Self::User(user::RecordedEvent::PhysicalKeyAdded(added)) => SaysIssuer::This(&added.org_id),
            Self::User(
                user::RecordedEvent::PhysicalKeyRemoved(_) | user::RecordedEvent::PhysicalKeyTextsErased(_),
            ) => SaysIssuer::Some,
            Self::Organisation(event) => SaysIssuer::This(event.org_id()),
            Self::AuditLog(_) => SaysIssuer::None,
        }
    }

    /// The digests of the texts that somebody typed, of an event that can have any.
    #[must_use]
    pub fn texts(&self) -> Option<&Texts<TextDigest>> {
        Some(self.texts_and_their_names()?.0)
    }

    /// Whether it has digests of no other texts than an event of its type can have.
    pub(super) fn has_its_own_texts(&self) -> bool {
        let texts = self.texts_and_their_names();
        texts.is_none_or(|(texts, own)| texts.names().all(|name| own.contains(&name)))
    }

    fn texts_and_their_names(&self) -> Option<(&Texts<TextDigest>, &'static [TextName])> {
        Some(match self {
            Self::User(user::RecordedEvent::PhysicalKeyAdded(added)) => {
                (&added.texts, &[TextName::OrgName, TextName::Note])
            }
            Self::User(user::RecordedEvent::PhysicalKeyTextsErased(erased)) => {
                (&erased.texts, &[TextName::Reason])
            }
            Self::Organisation(organisation::RecordedEvent::OrganisationRegistered(event)) => {
                (&event.texts, &[TextName::Name])
            }
            Self::Organisation(organisation::RecordedEvent::OrganisationRenamed(event)) => {
                (&event.texts, &[TextName::Name])
            }
            Self::User(user::RecordedEvent::PhysicalKeyRemoved(_))
            | Self::Organisation(
                organisation::RecordedEvent::OrganisationClosed(_)
                | organisation::RecordedEvent::ApiKeyIssued(_)
                | organisation::RecordedEvent::ApiKeyRevoked(_),
            )
            | Self::AuditLog(audit_log::Event::SigningKeyChanged(_) | audit_log::Event::LogClaimed(_)) => {
                return None;
            }
        })
    }

    pub(super) fn read(event_type: EventType, data: &RawValue) -> Result<Self, serde_json::Error> {
        use organisation::RecordedEvent as OfOrganisation;
        use user::RecordedEvent as OfUser;

        fn of<'a, T: Deserialize<'a>>(data: &'a RawValue) -> Result<T, serde_json::Error> {
            serde_json::from_str(data.get())
        }
        Ok(match event_type {
            EventType::PhysicalKeyAdded => Self::User(OfUser::PhysicalKeyAdded(of(data)?)),
            EventType::PhysicalKeyRemoved => Self::User(OfUser::PhysicalKeyRemoved(of(data)?)),
            EventType::PhysicalKeyTextsErased => Self::User(OfUser::PhysicalKeyTextsErased(of(data)?)),
            EventType::OrganisationRegistered => {
                Self::Organisation(OfOrganisation::OrganisationRegistered(of(data)?))
            }
            EventType::OrganisationRenamed => {
                Self::Organisation(OfOrganisation::OrganisationRenamed(of(data)?))
            }
            EventType::OrganisationClosed => {
                Self::Organisation(OfOrganisation::OrganisationClosed(of(data)?))
            }
            EventType::ApiKeyIssued => Self::Organisation(OfOrganisation::ApiKeyIssued(of(data)?)),
            EventType::ApiKeyRevoked => Self::Organisation(OfOrganisation::ApiKeyRevoked(of(data)?)),
            EventType::SigningKeyChanged => Self::AuditLog(audit_log::Event::SigningKeyChanged(of(data)?)),
            EventType::LogClaimed => Self::AuditLog(audit_log::Event::LogClaimed(of(data)?)),
        })
    }
}

/// Declares an enum of words, each spelled in JSON as it is told here.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub(super) enum $name {
            $(#[serde(rename = $word)] $variant,)*
        }

        impl $name {
            pub(super) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

words! {
    /// The kinds of aggregates.
    AggregateType {
        User = "user",
        Organisation = "organisation",
        AuditLog = "log",
    }
}

words! {
    /// The types of events, in the histories of all kinds of aggregates.
    EventType {
        PhysicalKeyAdded = "PhysicalKeyAdded",
        PhysicalKeyRemoved = "PhysicalKeyRemoved",
        PhysicalKeyTextsErased = "PhysicalKeyTextsErased",
        OrganisationRegistered = "OrganisationRegistered",
        OrganisationRenamed = "OrganisationRenamed",
        OrganisationClosed = "OrganisationClosed",
        ApiKeyIssued = "ApiKeyIssued",
        ApiKeyRevoked = "ApiKeyRevoked",
        SigningKeyChanged = "SigningKeyChanged",
        LogClaimed = "LogClaimed",
    }
}
