"""airbyte-agent-notion 0.1.35: consent and OAuth apps, by the SDK's own functions.

A person is played by httpx, which posts the consent page's form and follows the redirects.
"""

import uuid
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from airbyte_agent_notion import AirbyteAuthConfig, NotionConnector
from airbyte_agent_notion.models import NotionOAuthCredentials
from conftest import Arrange
from server import OPERATORS_APP, Application

PRODUCT = "https://product.example/connected?user_id=7"
HOME = "ac3e0000-0000-4000-8000-020000000001"
HANDBOOK = "ac3e0000-0000-4000-8000-020000000002"


def hosted(application: Application, **where: str) -> AirbyteAuthConfig:
    return AirbyteAuthConfig(
        airbyte_client_id=application.client_id, airbyte_client_secret=application.client_secret, **where
    )


async def consent_url(application: Application, customer: str, redirect_url: str = PRODUCT, **more: object) -> str:
    config = hosted(application, customer_name=customer)
    return await NotionConnector.get_consent_url(airbyte_config=config, redirect_url=redirect_url, **more)


def client_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["client_id"][0]


def walk(url: str, *pages: str, decision: str = "allow") -> dict[str, str]:
    """What the product finds in the query when the person is back."""
    form = {"page": list(pages), "decision": decision}
    answer = httpx.post(url, data=form)
    while not (landed := answer.headers["location"]).startswith("https://product.example/"):
        answer = httpx.get(landed)
        assert answer.is_redirect, answer.text
    query = dict(parse_qsl(urlsplit(landed).query))
    assert query.pop("user_id") == "7"
    return query


@pytest.fixture
async def own_app(acme: Application, arrange: Arrange) -> AsyncIterator[NotionOAuthCredentials]:
    """An app of the organization's that the sandbox knows too, set by the SDK and reset by it."""
    own = {"client_id": f"own-{uuid.uuid4()}", "client_secret": str(uuid.uuid4())}
    uris = arrange.http.get("/api/v1/oauth/redirect_uri", params={"connector_type": "notion"}).raise_for_status()
    registered = own | {"redirect_uris": [uris.json()["redirect_uri"]], "any_loopback": False}
    arrange.sandbox("oauth/apps", registered)
    credentials = NotionOAuthCredentials(**own)
    await NotionConnector.configure_oauth_app_parameters(airbyte_config=hosted(acme), credentials=credentials)
    yield credentials
    await NotionConnector.configure_oauth_app_parameters(airbyte_config=hosted(acme), credentials=None)


async def test_consent_ends_with_a_connector_that_the_sdk_calls(acme, customer):
    query = walk(await consent_url(acme, customer), HANDBOOK)
    assert set(query) == {"connector_id"}
    notion = NotionConnector(auth_config=hosted(acme, connector_id=query["connector_id"]))
    assert (await notion.users.list()).data
    assert HANDBOOK in {page.id for page in (await notion.pages.list()).data}
    with pytest.raises(httpx.HTTPStatusError, match="object_not_found"):
        await notion.pages.get(page_id=HOME)
    by_customer = NotionConnector(auth_config=hosted(acme, customer_name=customer))
    assert (await by_customer.users.list()).data


async def test_what_the_sdk_gives_beside_the_customer_is_used(acme, arrange: Arrange, customer):
    config = hosted(acme, customer_name=customer, organization_id=acme.organization_id)
    url = await NotionConnector.get_consent_url(
        airbyte_config=config, redirect_url=PRODUCT, name="By the SDK", replication_config={}
    )
    connector = walk(url, HANDBOOK)["connector_id"]
    found = arrange.http.get(f"/api/v1/integrations/connectors/{connector}").raise_for_status().json()
    assert found["name"] == "By the SDK"


async def test_a_person_who_cancels_comes_back_with_an_error(acme, customer):
    query = walk(await consent_url(acme, customer), decision="cancel")
    assert query.pop("error") == "access_denied" and query.pop("error_description")
    assert query == {}
    with pytest.raises(ValueError, match="No connector found"):
        await NotionConnector(auth_config=hosted(acme, customer_name=customer)).users.list()


@pytest.mark.parametrize(
    "redirect_url", ["javascript:alert(1)", "//evil.example/", "/relative", "https://a@evil.example/"]
)
async def test_r14_a_return_url_that_leads_astray_is_refused_at_once(acme, customer, redirect_url):
    with pytest.raises(httpx.HTTPStatusError, match="redirect_url") as refused:
        await consent_url(acme, customer, redirect_url)
    assert refused.value.response.status_code == 422


async def test_an_own_app_is_used_until_it_is_taken_back(acme, customer, own_app: NotionOAuthCredentials):
    url = await consent_url(acme, customer)
    assert client_of(url) == own_app.client_id
    connector = walk(url, HANDBOOK)["connector_id"]

    await NotionConnector.configure_oauth_app_parameters(airbyte_config=hosted(acme), credentials=None)
    assert client_of(await consent_url(acme, customer)) == OPERATORS_APP["client_id"]
    notion = NotionConnector(auth_config=hosted(acme, connector_id=connector))
    assert (await notion.users.list()).data


async def test_taking_back_what_is_not_there_succeeds(acme):
    for _ in range(2):
        await NotionConnector.configure_oauth_app_parameters(airbyte_config=hosted(acme), credentials=None)


async def test_an_own_app_is_of_one_organization_only(globex, customer, own_app: NotionOAuthCredentials):
    assert client_of(await consent_url(globex, customer)) == OPERATORS_APP["client_id"]


async def test_another_organization_does_not_find_the_connector(acme, globex, customer):
    connector = walk(await consent_url(acme, customer), HANDBOOK)["connector_id"]
    stolen = NotionConnector(auth_config=hosted(globex, connector_id=connector))
    with pytest.raises(httpx.HTTPStatusError) as refused:
        await stolen.users.list()
    assert refused.value.response.status_code == 404
