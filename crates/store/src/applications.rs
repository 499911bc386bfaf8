//! Applications: who may call, found by client id. These queries find tenants instead of taking
//! one, because a caller has none before it is known.

use domain::{Application, ApplicationId, OrganizationId, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

use crate::engine::on;
use crate::error::{corrupt, must_hit, reading, unique};
use crate::text::{document, read_document, storable};
use crate::{Result, Store, StoreError};

const TABLE: &str = "applications";

/// One row for each living organization of the application, or one without when none is left.
#[derive(FromRow)]
struct MembershipRow {
    id: Uuid,
    name: String,
    secret_hash: Vec<u8>,
    allowed: String,
    created_at: i64,
    revoked_at: Option<i64>,
    organization_id: Option<Uuid>,
}

impl TryFrom<MembershipRow> for Application {
    type Error = StoreError;

    fn try_from(row: MembershipRow) -> Result<Self> {
        Ok(Self {
            id: ApplicationId::from_uuid(row.id),
            name: row.name,
            organizations: row.organization_id.map(OrganizationId::from_uuid).into_iter().collect(),
            allowed: read_document(&row.allowed, (TABLE, "allowed"), row.id)?,
            created_at: Timestamp::from_micros(row.created_at),
            revoked_at: row.revoked_at.map(Timestamp::from_micros),
        })
    }
}

/// Puts together the rows of each application, which follow one another.
fn gather(rows: Vec<MembershipRow>) -> Result<Vec<Application>> {
    let mut applications: Vec<Application> = Vec::new();
    for row in rows {
        let next = Application::try_from(row)?;
        match applications.last_mut() {
            Some(last) if last.id == next.id => last.organizations.extend(next.organizations),
            _ => applications.push(next),
        }
    }
    Ok(applications)
}

impl Store {
    /// Adds an application to its organizations, in their order.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when one of them is no living organization, or there is none.
    pub async fn create_application(&self, application: &Application, secret_hash: &[u8; 32]) -> Result<()> {
        const APPLICATION: &str = "INSERT INTO applications (id, name, secret_hash, allowed, created_at)
            VALUES ($1, $2, $3, $4, $5)";
        const MEMBERSHIP: &str =
            "INSERT INTO application_organizations (application_id, organization_id, position)
            SELECT $1, id, $3 FROM organizations WHERE id = $2 AND deleted_at IS NULL";
        storable("application name", &application.name)?;
        if application.organizations.is_empty() {
            return Err(StoreError::NotFound("organization"));
        }
        let mut transaction = self.engine.begin().await?;
        on!(transaction, c => sqlx::query(APPLICATION)
            .bind(application.id.uuid())
            .bind(&application.name)
            .bind(secret_hash.as_slice())
            .bind(document(&application.allowed))
            .bind(application.created_at.micros())
            .execute(c).await.map(|_| ()))
        .map_err(unique("application id"))?;
        for (position, organization) in (0_i64..).zip(&application.organizations) {
            let joined = on!(transaction, c => sqlx::query(MEMBERSHIP)
                .bind(application.id.uuid())
                .bind(organization.uuid())
                .bind(position)
                .execute(c).await.map(|done| done.rows_affected()))
            .map_err(unique("organization of the application"))?;
            must_hit(joined, "organization")?;
        }
        transaction.commit().await
    }

    /// Every application, revoked ones too, oldest first; each with its living organizations.
    pub async fn applications(&self) -> Result<Vec<Application>> {
        const SQL: &str =
            "SELECT a.id, a.name, a.secret_hash, a.allowed, a.created_at, a.revoked_at, o.id AS organization_id
            FROM applications a
            LEFT JOIN (application_organizations m
                JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL)
                ON m.application_id = a.id
            ORDER BY a.id, m.position";
        let rows: Vec<MembershipRow> =
            on!(self.engine, c => sqlx::query_as(SQL).fetch_all(c).await).map_err(reading(TABLE))?;
        gather(rows)
    }

    /// Revokes an application; it is not found by [`Store::application`] from then on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for one already revoked.
    pub async fn revoke_application(&self, id: ApplicationId, now: Timestamp) -> Result<()> {
        const SQL: &str = "UPDATE applications SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
        let revoked = on!(self.engine, c => sqlx::query(SQL)
            .bind(id.uuid())
            .bind(now.micros())
            .execute(c).await.map(|done| done.rows_affected()))?;
        must_hit(revoked, "application")
    }

    /// An application that is not revoked, with its living organizations and its secret's hash.
    pub async fn application_login(&self, id: ApplicationId) -> Result<Option<(Application, [u8; 32])>> {
        const SQL: &str =
            "SELECT a.id, a.name, a.secret_hash, a.allowed, a.created_at, a.revoked_at, o.id AS organization_id
            FROM applications a
            LEFT JOIN (application_organizations m
                JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL)
                ON m.application_id = a.id
            WHERE a.id = $1 AND a.revoked_at IS NULL
            ORDER BY m.position";
        let rows: Vec<MembershipRow> =
            on!(self.engine, c => sqlx::query_as(SQL).bind(id.uuid()).fetch_all(c).await)
                .map_err(reading(TABLE))?;
        let Some(first) = rows.first() else { return Ok(None) };
        let hash = <[u8; 32]>::try_from(first.secret_hash.as_slice())
            .map_err(|_| corrupt(TABLE, "secret_hash", first.id))?;
        Ok(gather(rows)?.pop().map(|application| (application, hash)))
    }

    /// An application that is not revoked, with its living organizations, which may be none.
    pub async fn application(&self, id: ApplicationId) -> Result<Option<Application>> {
        let found = self.application_login(id).await?;
        Ok(found.map(|(application, _)| application))
    }
}
