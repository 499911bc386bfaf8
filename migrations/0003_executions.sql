-- The execution log. Connectors are deleted and their executions stay, so connector_id has no
-- foreign key; customers are only marked deleted, so customer_id has one.

CREATE TABLE executions (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL,
    application_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    connector_id UUID NOT NULL,
    definition_id UUID NOT NULL,
    entity TEXT NOT NULL,
    action TEXT NOT NULL,
    intent TEXT,
    status TEXT NOT NULL,
    error_code TEXT,
    upstream_status INTEGER,
    upstream_request_id TEXT,
    attempts BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    upstream_ms BIGINT NOT NULL,
    response_bytes BIGINT NOT NULL,
    request_id UUID NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    FOREIGN KEY (organization_id, customer_id) REFERENCES customers (organization_id, id)
);

CREATE INDEX executions_of_organization ON executions (organization_id, id);
CREATE INDEX executions_of_connector ON executions (organization_id, connector_id, id);
CREATE INDEX executions_of_customer ON executions (organization_id, customer_id, id);
