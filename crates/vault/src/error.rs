//! What can go wrong with keys and sealed values. No message holds a key or a plaintext.

/// A value or data key that could not be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The bytes are not laid out as a sealed value, or in a format this release does not know.
    #[error("these bytes are not a sealed value of a known format")]
    Malformed,
    /// Altered, moved from another place, an older value put back, or sealed under another key.
    /// Which of these it was cannot be told apart.
    #[error("the sealed value does not open here")]
    DoesNotOpen,
    /// Another data key of the organization is needed.
    #[error("the value was sealed by data key version {sealed}, not {given}")]
    OtherKeyVersion { sealed: i64, given: i64 },
    /// The data key is wrapped by a KEK that is not configured.
    #[error("no key-encryption key `{0}` is configured")]
    UnknownKek(String),
    /// More than is ever sealed.
    #[error("the value is too large to be sealed")]
    TooLarge,
}

/// Why a list of key-encryption keys was refused. Entries are counted from one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    #[error("no key-encryption key is given; it has the form `id:base64 of 32 bytes`")]
    Empty,
    #[error("entry {position} has no `:`; it has the form `id:base64 of 32 bytes`")]
    NoColon { position: usize },
    #[error("entry {position} has a blank id before its `:`")]
    BlankId { position: usize },
    /// The id is not repeated: a key may stand in its place by mistake.
    #[error("the id of entry {position} may have letters, digits, `-`, `_` and `.` only, at most 32")]
    InvalidId { position: usize },
    #[error("the id `{id}` is given twice")]
    DuplicateId { id: String },
    #[error("the key `{id}` is not base64")]
    NotBase64 { id: String },
    #[error("the key `{id}` has {bytes} bytes, not 32; `openssl rand -base64 32` makes one")]
    WrongLength { id: String, bytes: usize },
    #[error("the key `{id}` is an example, not random bytes; `openssl rand -base64 32` makes one")]
    Example { id: String },
    #[error("the keys `{first}` and `{second}` are the same key under two ids")]
    SameKey { first: String, second: String },
}
