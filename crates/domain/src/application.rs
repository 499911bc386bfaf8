//! Applications, and the caller that a verified token speaks for.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ApplicationId, CustomerId, OrganizationId, Tenant, Timestamp};

/// A program of one or several organizations; it exchanges its secret for bearer tokens.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Application {
    #[serde(rename = "client_id")]
    pub id: ApplicationId,
    pub name: String,
    /// In order of joining; never empty.
    pub organizations: Vec<OrganizationId>,
    /// What it may do beyond what every application may.
    pub allowed: Vec<Permission>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// What an application may do only when the operator said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Permission {
    /// Reading the stored credential of a connector in clear.
    #[serde(rename = "credentials:read")]
    CredentialsRead,
}

impl Permission {
    /// Every permission, for texts that list them.
    pub const ALL: [Self; 1] = [Self::CredentialsRead];

    /// Its name on the command line and in rows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CredentialsRead => "credentials:read",
        }
    }

    /// The permission of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == name)
    }
}

/// What a caller's token entitles it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerKind {
    /// The application itself: everything in its organizations.
    Application,
    /// A token narrowed to one customer: that customer's connectors, nothing else.
    Scoped(CustomerId),
}

/// Who presented the bearer token, and what it may do.
#[derive(Debug, Clone)]
pub struct Caller {
    application: ApplicationId,
    kind: CallerKind,
    organizations: Vec<OrganizationId>,
    allowed: Vec<Permission>,
}

/// Why a caller could not be given the organization it asked for, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceRefused {
    /// It belongs to several and named none.
    #[error("this application belongs to several organizations")]
    Ambiguous,
    /// It does not belong to the one it named.
    #[error(
        "this token does not reach that organization: leave out X-Organization-Id, or name one its application belongs to"
    )]
    NotAMember,
}

impl Caller {
    /// For `control/access.rs` alone, after the token was verified.
    ///
    /// `organizations` are those the token reaches: the application's living ones, or the single
    /// one a token is bound to.
    #[must_use]
    pub fn verified(
        application: ApplicationId,
        kind: CallerKind,
        organizations: Vec<OrganizationId>,
    ) -> Self {
        Self { application, kind, organizations, allowed: Vec::new() }
    }

    /// The same caller with what its application was allowed; a token narrowed to one customer has
    /// none of it.
    #[must_use]
    pub fn allowed(mut self, permissions: Vec<Permission>) -> Self {
        if self.kind == CallerKind::Application {
            self.allowed = permissions;
        }
        self
    }

    /// Whether its application was allowed this.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.allowed.contains(&permission)
    }

    /// The application that acts, for the log.
    #[must_use]
    pub fn application(&self) -> ApplicationId {
        self.application
    }

    /// Whether the token speaks for the application or for one customer of it.
    #[must_use]
    pub fn kind(&self) -> CallerKind {
        self.kind
    }

    /// The organizations this token reaches.
    #[must_use]
    pub fn organizations(&self) -> &[OrganizationId] {
        &self.organizations
    }

    /// The tenant for a call that asked for `requested` (`X-Organization-Id`), or for none.
    ///
    /// # Errors
    /// [`ChoiceRefused::Ambiguous`] when it must choose, [`ChoiceRefused::NotAMember`] when it may not.
    pub fn tenant(&self, requested: Option<OrganizationId>) -> Result<Tenant, ChoiceRefused> {
        let organization = match (requested, self.organizations.as_slice()) {
            (Some(wanted), own) if own.contains(&wanted) => wanted,
            (Some(_), _) | (None, []) => return Err(ChoiceRefused::NotAMember),
            (None, [only]) => *only,
            (None, _) => return Err(ChoiceRefused::Ambiguous),
        };
        let customer = match self.kind {
            CallerKind::Application => None,
            CallerKind::Scoped(customer) => Some(customer),
        };
        Ok(Tenant::new(organization, customer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(organizations: Vec<OrganizationId>) -> Caller {
        #[expect(clippy::disallowed_methods, reason = "the test stands in for a verified token")]
        Caller::verified(ApplicationId::new(), CallerKind::Application, organizations)
    }

    #[test]
    fn one_organization_needs_no_header() {
        let own = OrganizationId::new();
        let caller = caller(vec![own]);
        assert_eq!(caller.tenant(None).unwrap().organization(), own);
        assert_eq!(caller.tenant(Some(own)).unwrap().organization(), own);
        assert_eq!(caller.tenant(Some(OrganizationId::new())), Err(ChoiceRefused::NotAMember));
    }

    #[test]
    fn several_organizations_must_choose() {
        let (a, b) = (OrganizationId::new(), OrganizationId::new());
        let caller = caller(vec![a, b]);
        assert_eq!(caller.tenant(None), Err(ChoiceRefused::Ambiguous));
        assert_eq!(caller.tenant(Some(b)).unwrap().organization(), b);
    }

    #[test]
    fn no_organization_left_reaches_nothing() {
        assert_eq!(caller(vec![]).tenant(None), Err(ChoiceRefused::NotAMember));
    }

    #[test]
    fn a_narrowed_token_has_no_permission_of_its_application() {
        for (kind, may) in [(CallerKind::Application, true), (CallerKind::Scoped(CustomerId::new()), false)] {
            #[expect(clippy::disallowed_methods, reason = "the test stands in for a verified token")]
            let caller = Caller::verified(ApplicationId::new(), kind, vec![OrganizationId::new()]);
            let caller = caller.allowed(vec![Permission::CredentialsRead]);
            assert_eq!(caller.may(Permission::CredentialsRead), may);
        }
    }
}
