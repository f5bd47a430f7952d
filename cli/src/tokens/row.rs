//! What a step of the walk over a token came to.

/// What a step came to.
pub(super) struct Row {
    /// Unless nobody knows.
    pub(super) holds: Option<bool>,
    pub(super) name: &'static str,
    pub(super) found: String,
}

impl std::fmt::Display for Row {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { holds, name, found } = self;
        let verdict = match holds {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "?",
        };
        write!(formatter, "  {verdict:<3}  {name:<12}  {found}")
    }
}
