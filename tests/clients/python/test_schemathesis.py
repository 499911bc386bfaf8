"""Every operation of the API document, called with generated input, good and bad.

No answer is a server error, every answer is one the document names, and nothing that the document
protects answers without a token.
"""

import httpx
import pytest
import schemathesis
from conftest import TOKEN, Arrange
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS
from server import REPOSITORY, Patchbay

EXAMPLES_PER_OPERATION = 20
# Here another operation takes an id, and takes other methods too.
PLACE_OF_AN_ID = ("/api/v1/integrations/connectors/check", "/api/v1/workspaces/stats")

document = schemathesis.openapi.from_path(REPOSITORY / "openapi" / "patchbay.yaml")

# Ids that exist, so that generated calls get further than "not found". Deletes and updates keep
# their generated ids: they would take the ground from under the calls after them.
known: dict[str, str] = {}
CALLS = [("users", "list"), ("pages", "list"), ("search", "search"), ("me", "get"), ("*", "check"), ("", "describe")]


@document.hook
def map_path_parameters(context, path_parameters):
    if context.operation.method.upper() in ("GET", "POST"):
        for name in path_parameters or {}:
            path_parameters[name] = known.get(name, path_parameters[name])
    return path_parameters


@document.hook
def map_body(context, body):
    """Every second well-formed call names something that the sandbox has."""
    if context.operation.path.endswith("/execute") and isinstance(body, dict) and isinstance(body.get("entity"), str):
        pick = len(str(body)) % (2 * len(CALLS))
        if pick < len(CALLS):
            body["entity"], body["action"] = CALLS[pick]
    return body


@pytest.fixture(scope="module", autouse=True)
def ids_that_exist(arrange: Arrange) -> None:
    connector = arrange.connector("generated", TOKEN)
    known["connector_id"] = connector
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
    path = operation.path
    for name in ("connector_id", "workspace_id", "execution_id", "definition_id"):
        path = path.replace(f"{{{name}}}", known.get(name, "0193a1b2-0000-7000-8000-000000000000"))
    headers = {"Authorization": authorization} if authorization else {}
    answer = httpx.request(operation.method, patchbay.url + path, headers=headers, json={})
    assert answer.status_code == 401, answer.text
