"""One Patchbay for the whole run, two organizations in it, and plain HTTP for arranging."""

import os
import uuid
from collections.abc import Iterator

import httpx
import pytest

from server import OPERATORS_APP, Application, Patchbay

NOTION = "6e00b415-b02e-4160-bf02-58176a0ae687"

# What the sandbox knows: two workspaces with internal tokens, one of them with OAuth too.
TOKEN = {"token": "ntn_sandbox_acme"}
OTHER_TOKEN = {"token": "ntn_sandbox_globex"}
EMPTY_TOKEN = {"token": "ntn_sandbox_empty"}
NO_USERS_TOKEN = {"token": "ntn_sandbox_no_users"}
WRONG_TOKEN = {"token": "ntn_of_nobody"}
CONSENT = {"workspace_name": "consents", "definition_id": NOTION, "redirect_url": "https://product.example/?a=b"}
OAUTH = OPERATORS_APP | {"access_token": "sandbox_oauth_access_acme"}


@pytest.fixture(scope="session")
def patchbay() -> Iterator[Patchbay]:
    patchbay = Patchbay()
    try:
        patchbay.organizations = [patchbay.application("acme"), patchbay.application("globex")]
        patchbay.start()
        try:
            yield patchbay
        finally:
            patchbay.stop()
    finally:
        patchbay.discard()


@pytest.fixture(scope="session", autouse=True)
def only_the_host_is_set(patchbay: Patchbay) -> Iterator[None]:
    """The clients are unmodified: one variable points them here, and no other speaks to them."""
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("AIRBYTE_")]:
            environment.delenv(name)
        environment.setenv("SDK_DEV_ADP_API_HOST", patchbay.url)
        yield


@pytest.fixture(scope="session")
def acme(patchbay: Patchbay) -> Application:
    return patchbay.organizations[0]


@pytest.fixture(scope="session")
def globex(patchbay: Patchbay) -> Application:
    return patchbay.organizations[1]


@pytest.fixture
def customer() -> str:
    return f"customer-{uuid.uuid4().hex[:12]}"


class Arrange:
    """Makes what a test needs by plain HTTP, where the client under test has no call for it."""

    def __init__(self, url: str, application: Application) -> None:
        self.http = httpx.Client(base_url=url, timeout=30)
        pair = {"client_id": application.client_id, "client_secret": application.client_secret}
        answer = self.http.post("/api/v1/account/applications/token", json=pair)
        self.http.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"

    def connector(self, customer: str, credentials: dict[str, str], **more: object) -> str:
        body = {"workspace_name": customer, "definition_id": NOTION, "credentials": credentials} | more
        return self.http.post("/api/v1/integrations/connectors", json=body).raise_for_status().json()["id"]

    def sandbox(self, path: str, body: dict) -> dict:
        """One call of the sandbox's control door, which is where consent is."""
        door = httpx.URL(self.consent_url()).copy_with(raw_path=f"/_control/{path}".encode())
        return httpx.post(door, json=body).raise_for_status().json()

    def consent_url(self) -> str:
        begun = self.http.post("/api/v1/integrations/connectors/oauth/initiate", json=CONSENT).raise_for_status()
        return begun.json()["consent_url"]

    def execute(self, connector: str, entity: str, action: str, params: dict) -> httpx.Response:
        call = {"entity": entity, "action": action, "params": params}
        return self.http.post(f"/api/v1/integrations/connectors/{connector}/execute", json=call)


@pytest.fixture(scope="session")
def arrange(patchbay: Patchbay, acme: Application) -> Iterator[Arrange]:
    arrange = Arrange(patchbay.url, acme)
    yield arrange
    arrange.http.close()
