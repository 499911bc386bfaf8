-- Connectors, and what opens them: apart, because a listing never needs the credential.

CREATE TABLE connectors (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    definition_id UUID NOT NULL,
    name TEXT NOT NULL,
    auth_scheme TEXT NOT NULL,
    environment TEXT NOT NULL,
    replication_config TEXT NOT NULL,
    entities TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, customer_id) REFERENCES customers (organization_id, id)
);

CREATE INDEX connectors_of_customer ON connectors (organization_id, customer_id, id);

CREATE TABLE credentials (
    connector_id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL,
    version BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    FOREIGN KEY (organization_id, connector_id) REFERENCES connectors (organization_id, id) ON DELETE CASCADE
);

-- For the cascade: finding a deleted connector's credential by the foreign key.
CREATE INDEX credentials_of_connector ON credentials (organization_id, connector_id);
