//! The API versions the sandbox speaks; a request names one in `Notion-Version`.

/// In order of publication, so that versions compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    /// A database is its one table.
    V2022,
    /// A database holds data sources.
    V2025,
    /// `position` for `after`, `in_trash` for `archived`, `meeting_notes` for `transcription`.
    V2026,
}

impl Version {
    pub(crate) const OLDEST: Self = Self::V2022;
    pub(crate) const NEWEST: Self = Self::V2026;

    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "2022-06-28" => Some(Self::V2022),
            "2025-09-03" => Some(Self::V2025),
            "2026-03-11" => Some(Self::V2026),
            _ => None,
        }
    }
}
