-- Consent, connector states, refreshing, revoking and events.
-- Every column added here has a default or may be null, so that a release which knows none of them
-- can go on writing while this one replaces it.

-- return_origins is a JSON list. rekeyed_at says when what outlived a deleted organization was sealed
-- anew under a data key of its own.
ALTER TABLE organizations ADD COLUMN at_first_start BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE organizations ADD COLUMN confirm_connectors BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE organizations ADD COLUMN return_origins TEXT NOT NULL DEFAULT '[]';
ALTER TABLE organizations ADD COLUMN rekeyed_at BIGINT;

-- The first start has always made the organization `default`. Deleted ones count: another of that
-- name, made later, is somebody else's.
UPDATE organizations SET at_first_start = TRUE
    WHERE id = (SELECT id FROM organizations WHERE name = 'default' ORDER BY created_at, id LIMIT 1);

-- A JSON list of permissions.
ALTER TABLE applications ADD COLUMN allowed TEXT NOT NULL DEFAULT '[]';

-- status_since is null until the status changes for the first time: since created_at. The
-- confirmation is there while the application has yet to confirm: until confirm_before, after which
-- the connector is removed, or only waits for a new consent.
ALTER TABLE connectors ADD COLUMN status TEXT NOT NULL DEFAULT 'active';
ALTER TABLE connectors ADD COLUMN status_since BIGINT;
ALTER TABLE connectors ADD COLUMN status_reason TEXT;
ALTER TABLE connectors ADD COLUMN credential_source TEXT NOT NULL DEFAULT 'given';
ALTER TABLE connectors ADD COLUMN account TEXT;
ALTER TABLE connectors ADD COLUMN granted_scopes TEXT;
ALTER TABLE connectors ADD COLUMN confirmation_hash BYTEA;
ALTER TABLE connectors ADD COLUMN confirm_before BIGINT;
ALTER TABLE connectors ADD COLUMN confirmation_removes BOOLEAN;

CREATE INDEX connectors_unconfirmed ON connectors (confirm_before) WHERE confirm_before IS NOT NULL;

-- What is known in clear of a token set, and who is refreshing it: fence counts the claims, claimed_at
-- is null when nobody holds one, and unsettled counts the attempts with the present refresh token
-- whose outcome is not known.
ALTER TABLE credentials ADD COLUMN refreshable BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE credentials ADD COLUMN obtained_at BIGINT;
ALTER TABLE credentials ADD COLUMN expires_at BIGINT;
ALTER TABLE credentials ADD COLUMN refresh_due_at BIGINT;
ALTER TABLE credentials ADD COLUMN keep_alive_at BIGINT;
ALTER TABLE credentials ADD COLUMN ends_at BIGINT;
ALTER TABLE credentials ADD COLUMN retry_at BIGINT;
ALTER TABLE credentials ADD COLUMN fence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE credentials ADD COLUMN claimed_at BIGINT;
ALTER TABLE credentials ADD COLUMN unsettled BIGINT NOT NULL DEFAULT 0;
ALTER TABLE credentials ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;

CREATE INDEX credentials_to_keep_alive ON credentials (keep_alive_at) WHERE keep_alive_at IS NOT NULL;

-- One trip of a person through an authorization page. connector_id has no foreign key: a connector
-- that is deleted meanwhile is noticed at the end of the trip, and the person is told.
CREATE TABLE consents (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    application_id UUID NOT NULL,
    definition_id UUID NOT NULL,
    own_app BOOLEAN NOT NULL,
    connector_id UUID,
    return_url TEXT NOT NULL,
    state_hash BYTEA NOT NULL UNIQUE,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    FOREIGN KEY (organization_id, customer_id) REFERENCES customers (organization_id, id)
);

CREATE INDEX consents_by_expiry ON consents (expires_at);

-- Organizations' own OAuth apps.
CREATE TABLE oauth_apps (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organizations (id),
    definition_id UUID NOT NULL,
    version BIGINT NOT NULL,
    client_id_masked TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, definition_id)
);
