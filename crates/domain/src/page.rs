//! Pages of a list, newest first, and the cursor between them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::{OrganizationId, Tenant};

/// Part of a list, and where the next part begins.
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page of at most `limit` from `limit + 1` rows read, so that no count is needed.
    #[must_use]
    pub fn cut(
        mut rows: Vec<T>,
        limit: usize,
        organization: OrganizationId,
        id: impl Fn(&T) -> Uuid,
    ) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|last| Cursor { organization, after: id(last) });
        Self { items: rows, next }
    }
}

/// Where a page ended. Opaque on the wire, and bound to the organization it was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    organization: OrganizationId,
    after: Uuid,
}

/// A cursor that was not made here, or not for this organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this cursor does not belong to this list")]
pub struct CursorError;

impl Cursor {
    /// Reads a cursor that `tenant` sent back.
    ///
    /// # Errors
    /// For text that is no cursor, and for a cursor of another organization.
    pub fn parse(text: &str, tenant: &Tenant) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError)?;
        let (organization, after) = bytes.split_at_checked(16).ok_or(CursorError)?;
        let organization = Uuid::from_slice(organization).map_err(|_| CursorError)?;
        let after = Uuid::from_slice(after).map_err(|_| CursorError)?;
        if organization != tenant.organization().uuid() {
            return Err(CursorError);
        }
        Ok(Self { organization: tenant.organization(), after })
    }

    /// The id of the last row already given.
    #[must_use]
    pub fn after(&self) -> Uuid {
        self.after
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(self.organization.uuid().as_bytes());
        bytes[16..].copy_from_slice(self.after.as_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r52_a_cursor_of_another_organization_is_refused() {
        let (a, b) = (Tenant::new(OrganizationId::new(), None), Tenant::new(OrganizationId::new(), None));
        let page = Page::cut(vec![Uuid::now_v7(), Uuid::now_v7()], 1, a.organization(), |id| *id);
        let cursor = page.next.unwrap();
        assert_eq!(Cursor::parse(&cursor.to_string(), &a), Ok(cursor));
        assert_eq!(Cursor::parse(&cursor.to_string(), &b), Err(CursorError));
        assert_eq!(Cursor::parse("not a cursor", &a), Err(CursorError));
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let page = Page::cut(vec![Uuid::now_v7()], 1, OrganizationId::new(), |id| *id);
        assert!(page.next.is_none());
    }
}
