-- What goes on after a deletion was answered, and what applications are told.

-- A job of a whole organization has no customer.
CREATE TABLE jobs (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organizations (id),
    customer_id UUID,
    kind TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, customer_id) REFERENCES customers (organization_id, id)
);

CREATE INDEX jobs_by_age ON jobs (created_at);

-- What is to be revoked upstream, one row for each connector of a job. Its connector is gone, so
-- connector_id has no foreign key. The credential stays as it was sealed for the connector until the
-- revocation is over, and no longer: the last line says so.
CREATE TABLE revocations (
    job_id UUID NOT NULL,
    connector_id UUID NOT NULL,
    organization_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    definition_id UUID NOT NULL,
    environment TEXT NOT NULL,
    replication_config TEXT NOT NULL,
    status TEXT NOT NULL,
    detail TEXT,
    version BIGINT NOT NULL,
    sealed BYTEA,
    attempts BIGINT NOT NULL,
    next_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (job_id, connector_id),
    FOREIGN KEY (organization_id, job_id) REFERENCES jobs (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, customer_id) REFERENCES customers (organization_id, id),
    CHECK ((status = 'pending') = (sealed IS NOT NULL))
);

-- For the cascade, and for a connector's newest.
CREATE INDEX revocations_of_job ON revocations (organization_id, job_id);
CREATE INDEX revocations_of_connector ON revocations (organization_id, connector_id);
CREATE INDEX revocations_to_try ON revocations (next_at) WHERE status = 'pending';
CREATE INDEX revocations_pending ON revocations (organization_id) WHERE status = 'pending';

-- The outbox. newest is the last number given in an organization; its row is locked from there to the
-- commit, so that the numbers become visible in their order.
CREATE TABLE event_sequences (
    organization_id UUID NOT NULL PRIMARY KEY REFERENCES organizations (id),
    newest BIGINT NOT NULL
);

CREATE TABLE events (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL,
    sequence BIGINT NOT NULL,
    kind TEXT NOT NULL,
    customer_id UUID NOT NULL,
    connector_id UUID,
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, sequence),
    FOREIGN KEY (organization_id, customer_id) REFERENCES customers (organization_id, id)
);

CREATE INDEX events_by_age ON events (created_at);
