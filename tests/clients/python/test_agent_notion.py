"""airbyte-agent-notion 0.1.35, the connector package with its own copy of the SDK."""

import uuid

import httpx
import pytest
from airbyte_agent_notion import (
    AirbyteAuthConfig,
    Block,
    Comment,
    DataSource,
    NotionConnector,
    Page,
    User,
)
from airbyte_agent_notion.models import NotionAccessTokenAuthConfig, NotionOauth20AuthConfig
from conftest import EMPTY_TOKEN, NO_USERS_TOKEN, OAUTH, OTHER_TOKEN, TOKEN, WRONG_TOKEN, Arrange
from server import Application

SCHEMES = {
    "internal token": NotionAccessTokenAuthConfig(**TOKEN),
    "oauth": NotionOauth20AuthConfig(**OAUTH),
}


def hosted(application: Application, **where: str) -> AirbyteAuthConfig:
    return AirbyteAuthConfig(
        airbyte_client_id=application.client_id, airbyte_client_secret=application.client_secret, **where
    )


async def created(application: Application, customer: str, scheme: str = "internal token") -> NotionConnector:
    config = hosted(application, customer_name=customer)
    return await NotionConnector.create(airbyte_config=config, auth_config=SCHEMES[scheme])


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_connector_is_created_with_each_auth_scheme_and_works(acme, customer, scheme):
    notion = await created(acme, customer, scheme)
    assert uuid.UUID(notion.connector_id)
    users = await notion.users.list()
    assert users.data


async def test_a_connector_is_found_by_its_customer(acme, customer):
    await created(acme, customer)
    found = NotionConnector(auth_config=hosted(acme, customer_name=customer))
    assert (await found.users.list()).data


async def test_an_unknown_customer_has_no_connector(acme, customer):
    nobody = NotionConnector(auth_config=hosted(acme, customer_name=customer))
    with pytest.raises(ValueError, match="No connector found"):
        await nobody.users.list()


async def test_two_connectors_of_one_customer_are_told_apart_by_id_only(acme, customer):
    first, second = await created(acme, customer), await created(acme, customer)
    assert first.connector_id != second.connector_id
    with pytest.raises(ValueError, match="Multiple connectors found"):
        await NotionConnector(auth_config=hosted(acme, customer_name=customer)).users.list()
    assert (await second.users.list()).data


async def test_the_organization_id_can_be_given(acme, customer):
    await created(acme, customer)
    config = hosted(acme, customer_name=customer, organization_id=acme.organization_id)
    assert (await NotionConnector(auth_config=config).users.list()).data


async def test_users_are_listed_and_fetched(acme, customer):
    notion = await created(acme, customer)
    users = await notion.users.list(page_size=1)
    assert isinstance(users.data[0], User) and users.data[0].object_ == "user"
    user = User.model_validate(await notion.users.get(user_id=users.data[0].id))
    assert user.id == users.data[0].id


async def test_pages_are_listed_and_fetched(acme, customer):
    notion = await created(acme, customer)
    pages = await notion.pages.list()
    assert pages.data and all(isinstance(page, Page) and page.object_ == "page" for page in pages.data)
    page = Page.model_validate(await notion.pages.get(page_id=pages.data[0].id))
    assert page.id == pages.data[0].id and page.properties


async def test_the_filter_and_order_a_caller_gives_are_used(acme, customer):
    notion = await created(acme, customer)
    data_source = {"property": "object", "value": "data_source"}
    oldest_first = {"timestamp": "last_edited_time", "direction": "ascending"}
    found = await notion.pages.list(filter=data_source, sort=oldest_first)
    times = [record.last_edited_time for record in found.data]
    assert {record.object_ for record in found.data} == {"data_source"} and times == sorted(times)


async def test_data_sources_are_listed_and_fetched(acme, customer):
    notion = await created(acme, customer)
    sources = await notion.data_sources.list()
    assert sources.data and all(isinstance(one, DataSource) and one.object_ == "data_source" for one in sources.data)
    source = DataSource.model_validate(await notion.data_sources.get(data_source_id=sources.data[0].id))
    assert source.id == sources.data[0].id and source.properties


async def test_blocks_are_listed_over_pages_and_fetched(acme, customer):
    notion = await created(acme, customer)
    page, first = await page_with_more_blocks(notion)
    assert all(isinstance(block, Block) for block in first.data)
    second = await notion.blocks.list(block_id=page.id, page_size=2, start_cursor=first.meta.next_cursor)
    assert second.data and not {block.id for block in first.data} & {block.id for block in second.data}
    block = Block.model_validate(await notion.blocks.get(block_id=first.data[0].id))
    assert block.id == first.data[0].id and block.type_


async def test_comments_are_listed(acme, customer):
    notion = await created(acme, customer)
    for page in (await notion.pages.list()).data:
        comments = await notion.comments.list(block_id=page.id)
        if comments.data:
            break
    assert comments.data and all(isinstance(one, Comment) and one.rich_text for one in comments.data)


async def test_the_whole_list_comes_page_by_page(acme, customer):
    notion = await created(acme, customer)
    whole = [page.id for page in (await notion.pages.list()).data]
    first = await notion.pages.list(page_size=1)
    second = await notion.pages.list(page_size=1, start_cursor=first.meta.next_cursor)
    assert first.meta.has_more is True
    assert [first.data[0].id, second.data[0].id] == whole[:2]


@pytest.mark.parametrize(
    ("credentials", "status", "says"),
    [
        (TOKEN, "healthy", None),
        (WRONG_TOKEN, "unhealthy", "token is invalid"),
        (EMPTY_TOKEN, "unhealthy", "nothing is shared"),
        (NO_USERS_TOKEN, "unhealthy", "users: "),
    ],
    ids=["good", "refused", "nothing shared", "capability missing"],
)
async def test_check_tells_whether_a_connector_works(acme, arrange: Arrange, customer, credentials, status, says):
    connector = arrange.connector(customer, credentials)
    result = await NotionConnector(auth_config=hosted(acme, connector_id=connector)).check()
    assert (result.status, says is None or says in result.error) == (status, True), result.error
    assert credentials["token"] not in (result.error or "")


async def test_a_wrong_secret_is_refused(acme, customer):
    wrong = Application(acme.organization_id, acme.client_id, "not-the-secret")
    with pytest.raises(httpx.HTTPStatusError) as refused:
        await created(wrong, customer)
    assert refused.value.response.status_code == 401


async def test_what_notion_refuses_is_an_error_with_its_words(acme, customer):
    notion = await created(acme, customer)
    with pytest.raises(httpx.HTTPStatusError, match="object_not_found") as refused:
        await notion.pages.get(page_id=str(uuid.uuid4()))
    assert refused.value.response.status_code == 422


async def test_a_refused_credential_is_not_taken_for_a_bad_bearer_token(acme, arrange: Arrange, customer):
    connector = arrange.connector(customer, WRONG_TOKEN)
    with pytest.raises(httpx.HTTPStatusError, match="connector_auth_failed") as refused:
        await NotionConnector(auth_config=hosted(acme, connector_id=connector)).users.list()
    assert refused.value.response.status_code == 424


async def test_another_organization_finds_neither_the_customer_nor_the_connector(acme, globex, customer):
    notion = await created(acme, customer)
    with pytest.raises(ValueError, match="No connector found"):
        await NotionConnector(auth_config=hosted(globex, customer_name=customer)).users.list()
    stolen = NotionConnector(auth_config=hosted(globex, connector_id=notion.connector_id))
    with pytest.raises(httpx.HTTPStatusError) as refused:
        await stolen.users.list()
    assert refused.value.response.status_code == 404


async def test_each_customer_sees_their_own_workspace(acme, arrange: Arrange, customer):
    ours = await created(acme, customer)
    theirs = NotionConnector(
        auth_config=hosted(acme, connector_id=arrange.connector(f"other-{customer}", OTHER_TOKEN))
    )
    seen = [{user.id for user in (await notion.users.list()).data} for notion in (ours, theirs)]
    assert seen[0] and seen[1] and not seen[0] & seen[1]


async def page_with_more_blocks(notion: NotionConnector):
    for page in (await notion.pages.list()).data:
        blocks = await notion.blocks.list(block_id=page.id, page_size=2)
        if blocks.meta.has_more:
            return page, blocks
    raise AssertionError("no page of the sandbox has more than two blocks")
