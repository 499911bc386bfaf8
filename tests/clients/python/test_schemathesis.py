"""Every operation of the API document, called with generated input, good and bad.

No answer is a server error, every answer is one the document names, and nothing that the document
protects answers without a token.
"""

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import schemathesis
from conftest import CONSENT, TOKEN, Arrange
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS
from server import REPOSITORY, Application, Patchbay

EXAMPLES_PER_OPERATION = 20
# Here another operation takes an id, and takes other methods too.
PLACE_OF_AN_ID = ("/api/v1/integrations/connectors/check", "/api/v1/workspaces/stats")

document = schemathesis.openapi.from_path(REPOSITORY / "openapi" / "patchbay.yaml")


class Known(dict[str, str]):
    """Ids that exist, so that generated calls get further than "not found".

    Deletes and updates keep their generated ids: they would take the ground from under the calls
    after them. So would a change of state, which therefore has a connector of its own.
    """

    arrange: Arrange


known = Known()
PLACEHOLDER = "0193a1b2-0000-7000-8000-000000000000"
CHANGES = ("/confirm", "/disable", "/enable")
APP = {"connector_type": "notion", "configuration": {"client_id": "an-app", "client_secret": "its-secret"}}
CALLS = [("users", "list"), ("pages", "list"), ("search", "search"), ("me", "get"), ("*", "check"), ("", "describe")]


@document.hook
def map_path_parameters(context, path_parameters):
    if context.operation.method.upper() in ("GET", "POST"):
        for name in path_parameters or {}:
            path_parameters[name] = known.get(name, path_parameters[name])
        if context.operation.path.endswith(CHANGES):
            path_parameters["connector_id"] = known["changed_connector_id"]
    return path_parameters


@document.hook
def map_headers(context, headers):
    """Every second call is meant for the organization that the token is of."""
    if "X-Organization-Id" in (headers or {}) and len(str(headers)) % 2:
        headers["X-Organization-Id"] = known["organization_id"]
    return headers


@document.hook
def map_query(context, query):
    """Every second callback ends a consent that was begun; every second question is about an API that is there."""
    path, is_second = context.operation.path, len(str(query)) % 2
    if "callback" in path and is_second:
        return (query or {}) | {"state": parse_qs(urlsplit(known.arrange.consent_url()).query)["state"][0]}
    if path.endswith(("/spec", "/redirect_uri")) and is_second:
        return {"connector_type": "notion"}
    return query


@document.hook
def map_body(context, body):
    """Every second well-formed call names something that is there."""
    if not isinstance(body, dict):
        return body
    path, is_second = context.operation.path, len(str(body)) % 2
    if path.endswith("/initiate") and is_second:
        return CONSENT | {name: value for name, value in body.items() if name in ("name", "entities")}
    if path.endswith("/oauth/credentials") and is_second:
        return APP
    if path.endswith("/execute") and isinstance(body.get("entity"), str):
        pick = len(str(body)) % (2 * len(CALLS))
        if pick < len(CALLS):
            body["entity"], body["action"] = CALLS[pick]
    return body


@pytest.fixture(scope="module", autouse=True)
def ids_that_exist(arrange: Arrange, acme: Application) -> None:
    connector = arrange.connector("generated", TOKEN)
    known.arrange = arrange
    known["connector_id"] = connector
    known["changed_connector_id"] = arrange.connector("generated", TOKEN)
    deleted = arrange.connector("generated", TOKEN)
    deletion = arrange.http.delete(f"/api/v1/integrations/connectors/{deleted}").raise_for_status()
    known["job_id"] = deletion.json()["job_id"]
    known["definition"] = known["connector_type"] = "notion"
    known["organization_id"] = acme.organization_id
    known["workspace_id"] = arrange.http.get("/api/v1/workspaces").raise_for_status().json()["data"][0]["id"]


@document.parametrize()
@settings(
    max_examples=EXAMPLES_PER_OPERATION, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
def test_every_answer_is_one_the_document_names(case, patchbay: Patchbay, arrange: Arrange):
    checks = [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "ignored_auth",
    ]
    if case.operation.path not in PLACE_OF_AN_ID:
        checks.append("unsupported_method")
    token = arrange.http.headers["Authorization"]
    case.call_and_validate(
        base_url=patchbay.url, headers={"Authorization": token}, checks=CHECKS.get_by_names(checks)
    )


def protected_operations():
    for result in document.get_all_operations():
        operation = result.ok()
        security = operation.definition.raw.get("security", document.raw_schema.get("security", []))
        if security and {} not in security:
            yield pytest.param(operation, id=operation.label)


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer not-a-token", "Basic dXNlcjpwYXNz"])
@pytest.mark.parametrize("operation", list(protected_operations()))
def test_nothing_protected_answers_without_a_token(operation, authorization, patchbay: Patchbay):
    path = re.sub(r"\{(\w+)\}", lambda name: known.get(name[1], PLACEHOLDER), operation.path)
    headers = {"Authorization": authorization} if authorization else {}
    answer = httpx.request(operation.method, patchbay.url + path, headers=headers, json={})
    assert answer.status_code == 401, answer.text
