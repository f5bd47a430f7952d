//! Which column is what. A name is found however it is written; what is only nearly one is asked about.

use domain::values::is_invisible;

use crate::export::COLUMNS;
use crate::fault::Unreadable;
use crate::lookalike::folded;

/// What the columns are called, where somebody said it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnNames {
    /// The users' ids; `user` or `userId` unless given.
    pub user: Option<String>,
    /// The organisation's display name; `orgName` unless given.
    pub org_name: Option<String>,
    /// The notes; `note` unless given.
    pub note: Option<String>,
    /// Columns that are not looked at, whatever they are called.
    pub ignored: Vec<String>,
}

/// A column that may be what is missing. Only a person knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The column, as it is spelled.
    pub column: String,
    /// The option that says yes.
    pub option: &'static str,
}

/// Where the columns are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) user: usize,
    pub(crate) org_name: Option<usize>,
    pub(crate) note: Option<usize>,
    pub(crate) org_id: Option<usize>,
    /// Whether the columns are those of an export of an inventory.
    pub(crate) is_export: bool,
    /// Columns of which nothing is used, as they are spelled.
    pub(crate) unused: Vec<String>,
    pub(crate) questions: Vec<Question>,
}

const NOTE_OPTION: &str = "--note-column";
const ORG_NAME_OPTION: &str = "--org-name-column";

/// A name without what nobody sees or means: case, invisible characters, spaces at its ends, and several of them as one.
fn plain(name: &str) -> String {
    let seen =
        |character: char| !is_invisible(character) && (!character.is_control() || character.is_whitespace());
    let seen: String = name.chars().filter(|character| seen(*character)).collect();
    let words: Vec<_> = seen.split_whitespace().map(folded).collect();
    words.join(" ")
}

impl Layout {
    /// Finds the columns in a header.
    pub(crate) fn of(header: &[String], names: &ColumnNames) -> Result<Self, Unreadable> {
        let header = Header::of(header, &names.ignored)?;
        let user = match &names.user {
            Some(wanted) => header.find(wanted).ok_or_else(|| header.missing(wanted, "--user-column"))?,
            None => header.user()?,
        };
        let org_name = header.column(names.org_name.as_ref(), "orgName", ORG_NAME_OPTION)?;
        let note = header.column(names.note.as_ref(), "note", NOTE_OPTION)?;
        let org_id = header.find("orgId");
        let taken = [Some(user), org_name, note, org_id];
        let unused: Vec<_> =
            (0..header.spelled.len()).filter(|place| !taken.contains(&Some(*place))).collect();
        let mut questions = Vec::new();
        if note.is_none() {
            questions.extend(header.near(&unused, NOTE_OPTION, &["note"]));
        }
        if org_name.is_none() {
            let words = ["orgname", "organisationname", "organizationname"];
            questions.extend(header.near(&unused, ORG_NAME_OPTION, &words));
        }
        let is_there = |column: &&str| header.spelled.iter().any(|name| name.trim() == *column);
        let spellings = unused.into_iter().map(|place| header.spelled[place].clone());
        Ok(Self {
            user,
            org_name,
            note,
            org_id,
            is_export: COLUMNS.iter().all(is_there),
            unused: spellings.filter(|name| !name.trim().is_empty()).collect(),
            questions,
        })
    }
}

/// The names of the columns, as they are spelled and as they are compared.
struct Header<'a> {
    spelled: &'a [String],
    plain: Vec<String>,
    ignored: Vec<String>,
}

impl<'a> Header<'a> {
    fn of(spelled: &'a [String], ignored: &[String]) -> Result<Self, Unreadable> {
        let all_plain = |names: &[String]| names.iter().map(|name| plain(name)).collect::<Vec<_>>();
        let header = Self { spelled, plain: all_plain(spelled), ignored: all_plain(ignored) };
        if let Some(wanted) = ignored.iter().find(|name| !header.plain.contains(&plain(name))) {
            return Err(header.missing(wanted, "--ignore-column"));
        }
        check_equal(header.spelled, &header.plain, &header.ignored)?;
        Ok(header)
    }

    fn missing(&self, wanted: &str, option: &'static str) -> Unreadable {
        Unreadable::NoColumn { wanted: wanted.to_owned(), option, columns: self.spelled.to_vec() }
    }

    fn find(&self, wanted: &str) -> Option<usize> {
        let wanted = plain(wanted);
        self.plain.iter().position(|name| *name == wanted && !self.ignored.contains(name))
    }

    /// A column that may be missing, unless somebody named it.
    fn column(
        &self,
        given: Option<&String>,
        usual: &str,
        option: &'static str,
    ) -> Result<Option<usize>, Unreadable> {
        match given {
            None => Ok(self.find(usual)),
            Some(wanted) => self.find(wanted).map(Some).ok_or_else(|| self.missing(wanted, option)),
        }
    }

    /// The users by one of the names that they usually have.
    fn user(&self) -> Result<usize, Unreadable> {
        match (self.find("user"), self.find("userId")) {
            (Some(one), Some(other)) => {
                let columns = vec![self.spelled[one].clone(), self.spelled[other].clone()];
                Err(Unreadable::EqualColumns { columns })
            }
            (Some(user), None) | (None, Some(user)) => Ok(user),
            (None, None) => {
                Err(Unreadable::NoUsers { wanted: "user".to_owned(), columns: self.spelled.to_vec() })
            }
        }
    }

    /// Columns of which nothing is used and that are nearly called like this.
    fn near(&self, unused: &[usize], option: &'static str, words: &[&str]) -> Vec<Question> {
        let is_asked = |place: &&usize| {
            let name = &self.plain[**place];
            is_near(name, words) && !self.ignored.contains(name)
        };
        let asked = unused.iter().filter(is_asked);
        asked.map(|place| Question { column: self.spelled[*place].clone(), option }).collect()
    }
}

/// Two columns of one name: which of them is meant?
fn check_equal(header: &[String], plain_names: &[String], ignored: &[String]) -> Result<(), Unreadable> {
    for (place, name) in plain_names.iter().enumerate() {
        let before = plain_names[..place].iter().position(|other| other == name);
        if let Some(before) = before.filter(|_| !name.is_empty() && !ignored.contains(name)) {
            return Err(Unreadable::EqualColumns {
                columns: vec![header[before].clone(), header[place].clone()],
            });
        }
    }
    Ok(())
}

/// Whether a name has one of these words in it, or differs from it by a letter.
fn is_near(name: &str, words: &[&str]) -> bool {
    let letters: String = name.chars().filter(|character| character.is_alphanumeric()).collect();
    words.iter().any(|word| letters.contains(word) || is_misspelled(&letters, word))
}

/// Whether two words differ by one letter that is another, is missing, or is too much.
fn is_misspelled(one: &str, other: &str) -> bool {
    let (one, other): (Vec<_>, Vec<_>) = (one.chars().collect(), other.chars().collect());
    let same_front = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[same_front..], &other[same_front..]);
    match (one, other) {
        ([_, one @ ..], [_, other @ ..]) if one == other => true,
        ([_, shorter @ ..], other) if shorter == other => true,
        (one, [_, shorter @ ..]) => shorter == one,
        _ => false,
    }
}
