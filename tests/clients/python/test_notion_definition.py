"""Every action of the Notion definition, in the order a person would use them.

The published clients know a part of them only, so these are plain calls.
"""

import pytest
from conftest import TOKEN, Arrange


class Notion:
    """One connector, and which of its actions have answered."""

    def __init__(self, arrange: Arrange, connector: str) -> None:
        self._arrange, self.connector = arrange, connector
        self.called: set[tuple[str, str]] = set()

    def __call__(self, entity: str, action: str, **params):
        answer = self._arrange.execute(self.connector, entity, action, params)
        assert answer.status_code == 200, f"{entity} {action}: {answer.text}"
        self.called.add((entity, action))
        return answer.json()["result"]

    def offered(self) -> set[tuple[str, str]]:
        answer = self._arrange.execute(self.connector, "", "describe", {}).raise_for_status().json()["result"]
        return {(entity["entity"], action["action"]) for entity in answer["entities"] for action in entity["actions"]}


@pytest.fixture(scope="module")
def notion(arrange: Arrange) -> Notion:
    return Notion(arrange, arrange.connector("every-action", TOKEN))


@pytest.fixture(scope="module")
def page(notion: Notion) -> dict:
    parent = notion("search", "search", filter={"property": "object", "value": "page"}, page_size=1)[0]
    return notion("pages", "create", parent={"page_id": parent["id"]}, properties=title("Every action"))


@pytest.fixture(scope="module")
def database(notion: Notion, page: dict) -> dict:
    columns = {"Name": {"title": {}}, "Done": {"checkbox": {}}}
    return notion(
        "databases",
        "create",
        parent={"type": "page_id", "page_id": page["id"]},
        title=text("Things"),
        initial_data_source={"properties": columns},
    )


@pytest.fixture(scope="module")
def data_source(notion: Notion, database: dict) -> str:
    return notion("databases", "get", database_id=database["id"])["data_sources"][0]["id"]


def text(content: str) -> list[dict]:
    return [{"type": "text", "text": {"content": content}}]


def title(content: str) -> dict:
    return {"title": {"title": text(content)}}


def paragraph(content: str) -> dict:
    return {"type": "paragraph", "paragraph": {"rich_text": text(content)}}


def ids(records: list[dict]) -> list[str]:
    return [record["id"] for record in records]


def test_people(notion: Notion):
    me = notion("me", "get")
    assert me["type"] == "bot"
    user = notion("users", "list", page_size=1)[0]
    assert notion("users", "get", user_id=user["id"])["name"] == user["name"]


def test_pages(notion: Notion, page: dict):
    assert notion("pages", "list", query="Every action", page_size=5)[0]["object"] == "page"
    icon = {"type": "emoji", "emoji": "🚀"}
    assert notion("pages", "update", page_id=page["id"], icon=icon)["icon"]["emoji"] == "🚀"
    assert notion("pages", "update", page_id=page["id"], icon=None)["icon"] is None
    assert notion("pages", "get", page_id=page["id"])["icon"] is None
    words = notion("page_properties", "get", page_id=page["id"], property_id="title")
    assert words["results"][0]["title"]["plain_text"] == "Every action"


def test_a_page_moves(notion: Notion, page: dict):
    child = notion("pages", "create", parent={"page_id": page["id"]}, properties=title("Child"))
    other = notion("pages", "create", parent={"page_id": page["id"]}, properties=title("Other"))
    moved = notion("page_moves", "create", page_id=child["id"], parent={"page_id": other["id"]})
    assert moved["parent"]["page_id"] == other["id"]


def test_markdown(notion: Notion, page: dict):
    added = {"content": "Some *words*", "position": {"type": "end"}}
    notion("page_markdown", "update", page_id=page["id"], type="insert_content", insert_content=added)
    assert "Some *words*" in notion("page_markdown", "get", page_id=page["id"])["markdown"]


def test_blocks(notion: Notion, page: dict):
    last = notion("blocks", "create", block_id=page["id"], children=[paragraph("last")])[0]
    start = {"type": "start"}
    first = notion("blocks", "create", block_id=page["id"], children=[paragraph("first")], position=start)[0]
    listed = ids(notion("blocks", "list", block_id=page["id"]))
    assert (listed[0], listed[-1]) == (first["id"], last["id"])
    notion("blocks", "update", block_id=last["id"], paragraph={"rich_text": text("changed")})
    assert notion("blocks", "get", block_id=last["id"])["paragraph"]["rich_text"][0]["plain_text"] == "changed"
    assert notion("blocks", "delete", block_id=last["id"])["in_trash"] is True
    assert last["id"] not in ids(notion("blocks", "list", block_id=page["id"]))


def test_a_connector_can_speak_an_older_version(arrange: Arrange, page: dict):
    environment = {"notion_version": "2025-09-03"}
    older = Notion(arrange, arrange.connector("older-version", TOKEN, environment=environment))
    first, last = older("blocks", "create", block_id=page["id"], children=[paragraph("first"), paragraph("last")])
    between = older("blocks", "create", block_id=page["id"], children=[paragraph("between")], after=first["id"])[0]
    listed = ids(older("blocks", "list", block_id=page["id"]))
    assert listed[-3:] == [first["id"], between["id"], last["id"]]
    assert older("pages", "update", page_id=page["id"], archived=False)["archived"] is False


def test_databases_and_data_sources(notion: Notion, database: dict, data_source: str):
    renamed = notion("databases", "update", database_id=database["id"], title=text("Renamed"))
    assert renamed["title"][0]["plain_text"] == "Renamed"
    second = notion(
        "data_sources", "create", parent={"database_id": database["id"]}, properties={"Name": {"title": {}}}
    )
    assert {source["id"] for source in notion("databases", "get", database_id=database["id"])["data_sources"]} == {
        data_source,
        second["id"],
    }
    column = {"Price": {"number": {"format": "euro"}}}
    notion("data_sources", "update", data_source_id=data_source, properties=column)
    assert "Price" in notion("data_sources", "get", data_source_id=data_source)["properties"]
    assert {source["object"] for source in notion("data_sources", "list")} == {"data_source"}
    assert isinstance(notion("data_source_templates", "list", data_source_id=data_source), list)


def test_rows_are_made_and_found(notion: Notion, data_source: str):
    for name, done in [("open", False), ("done", True)]:
        row = {"Name": {"title": text(name)}, "Done": {"checkbox": done}}
        notion("pages", "create", parent={"data_source_id": data_source}, properties=row)
    condition = {"property": "Done", "checkbox": {"equals": True}}
    rows = notion("data_source_rows", "list", data_source_id=data_source, filter=condition)
    assert [row["properties"]["Name"]["title"][0]["plain_text"] for row in rows] == ["done"]


def test_comments(notion: Notion, page: dict):
    comment = notion("comments", "create", parent={"page_id": page["id"]}, rich_text=text("Hm"))
    notion("comments", "update", comment_id=comment["id"], rich_text=text("Aha"))
    assert notion("comments", "get", comment_id=comment["id"])["rich_text"][0]["plain_text"] == "Aha"
    assert ids(notion("comments", "list", block_id=page["id"])) == [comment["id"]]
    notion("comments", "delete", comment_id=comment["id"])
    assert notion("comments", "list", block_id=page["id"]) == []


def test_file_uploads(notion: Notion):
    upload = notion("file_uploads", "create", mode="single_part", filename="a.txt", content_type="text/plain")
    assert notion("file_uploads", "get", file_upload_id=upload["id"])["status"] == "pending"
    assert upload["id"] in ids(notion("file_uploads", "list", status="pending"))


def test_an_upload_is_not_complete_before_its_parts_are_sent(notion: Notion, arrange: Arrange):
    upload = notion("file_uploads", "create", mode="multi_part", filename="a.txt", number_of_parts=2)
    answer = arrange.execute(notion.connector, "file_upload_completions", "create", {"file_upload_id": upload["id"]})
    assert answer.status_code == 422 and "part" in answer.json()["message"], answer.text


def test_views(notion: Notion, database: dict, data_source: str):
    view = notion(
        "views", "create", data_source_id=data_source, database_id=database["id"], name="Open", type="table"
    )
    condition = {"property": "Done", "checkbox": {"equals": False}}
    assert notion("views", "update", view_id=view["id"], filter=condition)["filter"]
    assert notion("views", "get", view_id=view["id"])["name"] == "Open"
    assert notion("views", "update", view_id=view["id"], filter=None)["filter"] is None
    assert view["id"] in ids(notion("views", "list", data_source_id=data_source))
    assert view["id"] in ids(notion("database_views", "list", database_id=database["id"]))
    query = notion("view_queries", "create", view_id=view["id"], page_size=1)
    notion("view_queries", "get", view_id=view["id"], query_id=query["id"])
    notion("view_queries", "delete", view_id=view["id"], query_id=query["id"])
    notion("views", "delete", view_id=view["id"])


def test_emojis(notion: Notion):
    assert all(emoji["name"] for emoji in notion("custom_emojis", "list"))


def test_no_action_is_left_out(notion: Notion):
    """A completion succeeds only after parts that are sent outside; a task comes of a slow write only."""
    assert notion.offered() - notion.called == {("file_upload_completions", "create"), ("async_tasks", "get")}
