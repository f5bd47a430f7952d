//! Rules of the export, each of which can be left out.

/// A rule that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Cursors are read before the checkpoint, once a run.
    CursorsBeforeCheckpoint,
    /// The checkpoint moves before the cursors.
    CheckpointMovesFirst,
    /// Cursors are written whether or not they were further already.
    CursorsMoveBack,
    /// Whoever finds the file there moves cursors to what it had planned itself.
    LoserKeepsItsPlan,
    /// Somebody takes a file away by a delete marker, and `If-None-Match` succeeds over it.
    DeleteMarker,
    /// The index is listed for the closed hour alone.
    ListsTheClosedHourAlone,
    /// Who was stopped by a missing version, or whose plan goes beyond the file, is not noted.
    NobodyIsLeftBehind,
    /// Where a file had no room for all, it is not noted since when the index has to be listed.
    TheRestIsForgotten,
    /// A version that is missing is passed over.
    PassesOverAMissingVersion,
}

impl Fault {
    /// Each of them.
    pub const ALL: [Self; 9] = [
        Self::CursorsBeforeCheckpoint,
        Self::CheckpointMovesFirst,
        Self::CursorsMoveBack,
        Self::LoserKeepsItsPlan,
        Self::DeleteMarker,
        Self::ListsTheClosedHourAlone,
        Self::NobodyIsLeftBehind,
        Self::TheRestIsForgotten,
        Self::PassesOverAMissingVersion,
    ];
}
