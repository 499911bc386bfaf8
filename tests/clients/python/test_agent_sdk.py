"""airbyte-agent-sdk 0.1.380, the SDK for all connectors. It cannot create them; plain HTTP does."""

import uuid

import pytest
from airbyte_agent_sdk import (
    AirbyteAuthConfig,
    AuthenticationError,
    ConnectorAmbiguityError,
    ConnectorNotFoundError,
    ConnectorValidationError,
    HTTPStatusError,
    Workspace,
    connect,
)
from airbyte_agent_sdk.connectors.notion import NotionConnector
from airbyte_agent_sdk.connectors.notion.models import Block, Comment, DataSource, Page, User
from conftest import NO_USERS_TOKEN, OAUTH, TOKEN, WRONG_TOKEN, Arrange
from server import Application


def connected(application: Application, customer: str, **more: str) -> NotionConnector:
    return connect(
        "notion",
        client_id=application.client_id,
        client_secret=application.client_secret,
        workspace_name=customer,
        **more,
    )


def workspace(application: Application, customer: str) -> Workspace:
    return Workspace(
        client_id=application.client_id, client_secret=application.client_secret, workspace_name=customer
    )


@pytest.fixture(params=[TOKEN, OAUTH], ids=["internal token", "oauth"])
def connector(request, arrange: Arrange, customer: str) -> str:
    return arrange.connector(customer, request.param)


async def test_connect_finds_the_connector_by_its_workspace(acme, customer, connector):
    async with connected(acme, customer) as notion:
        assert isinstance(notion, NotionConnector) and notion.connector_id == connector
        assert (await notion.users.list()).data


async def test_the_default_workspace_is_used_when_none_is_named(acme, arrange: Arrange):
    connector = arrange.connector("default", TOKEN)
    try:
        async with connect("notion", client_id=acme.client_id, client_secret=acme.client_secret) as notion:
            assert notion.connector_id == connector
    finally:
        arrange.http.delete(f"/api/v1/integrations/connectors/{connector}").raise_for_status()


async def test_an_unknown_workspace_has_no_connector(acme, customer):
    with pytest.raises(ConnectorNotFoundError):
        connected(acme, customer)


async def test_two_connectors_of_one_workspace_are_ambiguous(acme, arrange: Arrange, customer):
    first = arrange.connector(customer, TOKEN)
    arrange.connector(customer, TOKEN)
    with pytest.raises(ConnectorAmbiguityError):
        connected(acme, customer)
    async with connected(acme, customer, connector_id=first) as notion:
        assert (await notion.users.list()).data


async def test_users_are_listed_and_fetched(acme, customer, connector):
    async with connected(acme, customer) as notion:
        users = await notion.users.list(page_size=1)
        assert isinstance(users.data[0], User) and users.data[0].object_ == "user"
        assert User.model_validate(await notion.users.get(user_id=users.data[0].id)).id == users.data[0].id


async def test_pages_are_listed_and_fetched(acme, customer, connector):
    async with connected(acme, customer) as notion:
        pages = await notion.pages.list()
        assert pages.data and all(isinstance(page, Page) and page.object_ == "page" for page in pages.data)
        assert Page.model_validate(await notion.pages.get(page_id=pages.data[0].id)).id == pages.data[0].id


async def test_data_sources_are_listed_and_fetched(acme, customer, connector):
    async with connected(acme, customer) as notion:
        sources = await notion.data_sources.list()
        assert sources.data and all(isinstance(one, DataSource) for one in sources.data)
        source = await notion.data_sources.get(data_source_id=sources.data[0].id)
        assert DataSource.model_validate(source).object_ == "data_source"


async def test_blocks_and_comments_are_listed_and_fetched(acme, customer, connector):
    async with connected(acme, customer) as notion:
        blocks, comments = [], []
        for page in (await notion.pages.list()).data:
            blocks += (await notion.blocks.list(block_id=page.id, page_size=5)).data
            comments += (await notion.comments.list(block_id=page.id)).data
        assert blocks and all(isinstance(block, Block) for block in blocks)
        assert comments and all(isinstance(comment, Comment) for comment in comments)
        assert Block.model_validate(await notion.blocks.get(block_id=blocks[0].id)).id == blocks[0].id


async def test_what_is_written_is_read_back(acme, customer, connector):
    text = f"Written by {customer}"
    async with connected(acme, customer) as notion:
        parent = (await notion.pages.list()).data[0]
        title = {"title": {"title": [{"text": {"content": text}}]}}
        page = Page.model_validate(await notion.pages.create(parent={"page_id": parent.id}, properties=title))
        paragraph = {"type": "paragraph", "paragraph": {"rich_text": [{"type": "text", "text": {"content": text}}]}}
        appended = await notion.blocks.create(block_id=page.id, children=[paragraph])
        comment = await notion.comments.create(parent={"page_id": page.id}, rich_text=[{"text": {"content": text}}])

        blocks = (await notion.blocks.list(block_id=page.id)).data
        assert [block.id for block in blocks] == [block["id"] for block in appended]
        assert blocks[0].paragraph.rich_text[0].plain_text == text
        assert [one.id for one in (await notion.comments.list(block_id=page.id)).data] == [comment["id"]]

        await notion.blocks.update(block_id=blocks[0].id, paragraph={"rich_text": [{"text": {"content": "Changed"}}]})
        changed = Block.model_validate(await notion.blocks.get(block_id=blocks[0].id))
        assert changed.paragraph.rich_text[0].plain_text == "Changed"
        await notion.pages.update(page_id=page.id, in_trash=True)
        assert Page.model_validate(await notion.pages.get(page_id=page.id)).in_trash is True


async def test_fields_are_selected_and_excluded(acme, customer, connector):
    async with connected(acme, customer) as notion:
        chosen = await notion.execute("users", "list", {}, select_fields=["id", "name"])
        assert chosen.data and all(set(user) <= {"id", "name"} for user in chosen.data)
        rest = await notion.execute("users", "list", {}, exclude_fields=["avatar_url"])
        assert rest.data and not any("avatar_url" in user for user in rest.data)


@pytest.mark.parametrize(
    ("credentials", "status"),
    [(TOKEN, "healthy"), (WRONG_TOKEN, "unhealthy"), (NO_USERS_TOKEN, "unhealthy")],
    ids=["good", "refused", "capability missing"],
)
async def test_check_tells_whether_a_connector_works(acme, arrange: Arrange, customer, credentials, status):
    arrange.connector(customer, credentials)
    async with connected(acme, customer) as notion:
        assert (await notion.check()).status == status


async def test_inspect_describes_the_connector(acme, customer, connector):
    async with connected(acme, customer) as notion:
        seen = await notion.inspect_connector()
    assert seen["connector_id"] == connector
    assert seen["organization_id"] == acme.organization_id
    assert seen["docs_skill_id"]


async def test_a_workspace_lists_and_deletes_its_connectors(acme, customer, connector):
    rooms = workspace(acme, customer)
    listed = await rooms.list_connectors()
    assert [(one.id, one.connector_type) for one in listed] == [(connector, "Notion")]
    assert listed[0].created_at and listed[0].updated_at

    executor = await rooms.get_connector(name="notion")
    assert (await executor.execute("users", "list")).data
    await rooms.delete_connector(connector)
    assert await rooms.list_connectors() == []
    with pytest.raises(HTTPStatusError) as gone:
        await executor.execute("users", "list")
    assert gone.value.status_code == 404
    await executor.close()


async def test_a_workspace_name_is_resolved_exactly(acme, arrange: Arrange, customer):
    for name in [customer, f"{customer}-longer", f"longer-{customer}"]:
        arrange.connector(name, TOKEN)
    listed = arrange.http.get("/api/v1/workspaces", params={"name_contains": customer}).raise_for_status().json()
    exact = next(row["id"] for row in listed["data"] if row["name"] == customer)
    assert await workspace(acme, customer)._resolve_workspace_id() == exact


async def test_a_wrong_secret_is_refused(acme, customer, connector):
    with pytest.raises(AuthenticationError):
        connected(Application(acme.organization_id, acme.client_id, "not-the-secret"), customer)


async def test_what_a_caller_can_mend_is_a_validation_error(acme, customer, connector):
    async with connected(acme, customer) as notion:
        with pytest.raises(ConnectorValidationError, match="user_id"):
            await notion.execute("users", "get", {})
        with pytest.raises(ConnectorValidationError, match="users"):
            await notion.execute("user", "list", {})
        with pytest.raises(ConnectorValidationError, match="Could not find page"):
            await notion.pages.get(page_id=str(uuid.uuid4()))


async def test_another_organization_finds_neither_the_workspace_nor_the_connector(acme, globex, customer, connector):
    with pytest.raises(ConnectorNotFoundError):
        connected(globex, customer)
    config = AirbyteAuthConfig(
        airbyte_client_id=globex.client_id, airbyte_client_secret=globex.client_secret, connector_id=connector
    )
    async with NotionConnector(auth_config=config) as stolen:
        with pytest.raises(HTTPStatusError) as refused:
            await stolen.users.list()
        assert refused.value.status_code == 404
    with pytest.raises(HTTPStatusError) as refused:
        await workspace(globex, customer).delete_connector(connector)
    assert refused.value.status_code == 404
