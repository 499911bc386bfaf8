-- Organizations, their data keys and customers, and the applications that act for them.
-- Valid on SQLite and PostgreSQL alike: documents are TEXT, instants BIGINT microseconds since 1970 UTC.

CREATE TABLE organizations (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT
);

-- Deleting an organization's rows here makes everything sealed for it unreadable, backups included.
CREATE TABLE data_keys (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    version BIGINT NOT NULL,
    kek_id TEXT NOT NULL,
    wrapped BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, version)
);

-- One value for each KEK ever used, which tells whether a KEK given at start is the same one.
CREATE TABLE key_checks (
    kek_id TEXT NOT NULL PRIMARY KEY,
    check_value BYTEA NOT NULL
);

-- The pair (organization_id, id) is the target of foreign keys, so that no row can name another
-- organization's customer. name_folded is the name in lower case, made by the program: the
-- engines fold only ASCII, or by locale.
CREATE TABLE customers (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    status TEXT NOT NULL,
    cache_enabled BOOLEAN,
    visibility TEXT NOT NULL,
    color TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    UNIQUE (organization_id, id)
);

CREATE UNIQUE INDEX customers_living_name ON customers (organization_id, name) WHERE deleted_at IS NULL;

CREATE TABLE applications (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE application_organizations (
    application_id UUID NOT NULL REFERENCES applications (id),
    organization_id UUID NOT NULL REFERENCES organizations (id),
    position BIGINT NOT NULL,
    PRIMARY KEY (application_id, organization_id)
);
