// The official client against the sandbox: every endpoint it has for what the sandbox offers.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import {
  APIErrorCode, collectAllDataSourceRows, collectDataSourceTemplates, collectPaginatedAPI, isFullBlock,
  isFullComment, isFullDatabase, isFullDataSource, isFullPage, isFullPageOrDataSource, isFullUser,
  isFullView, iteratePaginatedAPI,
} from "@notionhq/client";

import {
  EVERY_BLOCK, FIRST_TASK, HANDBOOK, HOME, NESTED, PROJECTS_PROPERTY, TASKS, TASKS_DATABASE, TEAM_DATABASE,
  client, newPage, notion, paragraph, plain, refused, text,
} from "./kit.mjs";

describe("users", () => {
  test("me is the token's bot", async () => {
    const me = await notion.users.me({});
    assert.equal(me.type, "bot");
    assert.equal(me.bot.workspace_name, "Acme");
  });

  test("all are listed and each can be read", async () => {
    const users = await collectPaginatedAPI(notion.users.list, { page_size: 2 });
    assert.ok(users.length >= 3);
    for (const user of users) {
      assert.ok(isFullUser(user));
      assert.equal((await notion.users.retrieve({ user_id: user.id })).id, user.id);
    }
  });
});

describe("search", () => {
  test("finds by title, by kind, and page by page", async () => {
    const found = await notion.search({ query: "handbook", filter: { property: "object", value: "page" } });
    assert.ok(found.results.some((page) => page.id === HANDBOOK));
    const sources = await notion.search({ filter: { property: "object", value: "data_source" } });
    assert.ok(sources.results.length > 0 && sources.results.every(isFullDataSource));
    const all = await collectPaginatedAPI(notion.search, { page_size: 100 });
    assert.ok(all.length > 250 && all.every(isFullPageOrDataSource));
    assert.equal(new Set(all.map((object) => object.id)).size, all.length);
  });
});

describe("blocks", () => {
  test("250 children come in three pages, each once", async () => {
    const seen = new Set();
    for await (const block of iteratePaginatedAPI(notion.blocks.children.list, { block_id: HANDBOOK })) {
      assert.ok(isFullBlock(block));
      assert.equal(block.type, "paragraph");
      seen.add(block.id);
    }
    assert.equal(seen.size, 250);
  });

  test("blocks nest five levels deep", async () => {
    let [block] = (await notion.blocks.children.list({ block_id: NESTED })).results;
    let depth = 1;
    while (block.has_children) {
      [block] = (await notion.blocks.children.list({ block_id: block.id })).results;
      depth += 1;
    }
    assert.equal(depth, 5);
  });

  test("every kind of block can be read, known or not", async () => {
    const blocks = await collectPaginatedAPI(notion.blocks.children.list, { block_id: EVERY_BLOCK });
    const kinds = new Set(blocks.map((block) => block.type));
    for (const kind of ["unsupported", "hologram", "meeting_notes", "column_list", "table", "child_page", "image"]) {
      assert.ok(kinds.has(kind), kind);
    }
    for (const block of blocks) assert.ok(block[block.type] !== undefined, block.type);
  });

  test("can be appended, changed and deleted", async () => {
    const page = await newPage("Blocks");
    const toggle = { type: "toggle", toggle: { rich_text: text("outer"), children: [paragraph("inner")] } };
    const first = await notion.blocks.children.append({ block_id: page.id, children: [toggle, paragraph("last")] });
    assert.equal(first.results.length, 2);
    await notion.blocks.children.append({
      block_id: page.id,
      children: [paragraph("between")],
      position: { type: "after_block", after_block: { id: first.results[0].id } },
    });
    const listed = (await notion.blocks.children.list({ block_id: page.id })).results;
    assert.deepEqual(listed.map((block) => plain(block[block.type].rich_text)), ["outer", "between", "last"]);
    const changed = await notion.blocks.update({ block_id: listed[1].id, paragraph: { rich_text: text("changed") } });
    assert.equal(plain(changed.paragraph.rich_text), "changed");
    assert.equal((await notion.blocks.delete({ block_id: listed[2].id })).in_trash, true);
    assert.equal((await notion.blocks.retrieve({ block_id: listed[2].id })).in_trash, true);
    assert.equal((await notion.blocks.children.list({ block_id: page.id })).results.length, 2);
  });
});

describe("pages", () => {
  test("are made, read, changed, moved and thrown away", async () => {
    const title = `Made ${randomUUID()}`;
    const page = await newPage(title, { children: [paragraph("hello")], icon: { type: "emoji", emoji: "🚀" } });
    assert.ok(isFullPage(page));
    const read = await notion.pages.retrieve({ page_id: page.id.replaceAll("-", "") });
    assert.equal(plain(read.properties.title.title), title);
    const moved = await notion.pages.move({ page_id: page.id, parent: { page_id: HANDBOOK } });
    assert.equal(moved.parent.page_id, HANDBOOK);
    const trashed = await notion.pages.update({ page_id: page.id, in_trash: true });
    assert.equal(trashed.in_trash, true);
  });

  test("a long relation is cut, and read in full property by property", async () => {
    const page = await notion.pages.retrieve({ page_id: FIRST_TASK });
    const relation = Object.values(page.properties).find((property) => property.type === "relation");
    assert.equal(relation.relation.length, 25);
    assert.equal(relation.has_more, true);
    assert.equal(relation.id, PROJECTS_PROPERTY);
    const items = await collectPaginatedAPI(notion.pages.properties.retrieve, {
      page_id: FIRST_TASK,
      property_id: relation.id,
      page_size: 30,
    });
    assert.equal(new Set(items.map((item) => item.relation.id)).size, 40);
    const number = await notion.pages.properties.retrieve({ page_id: FIRST_TASK, property_id: "esti" });
    assert.deepEqual([number.object, number.type, number.number], ["property_item", "number", 1]);
  });

  test("only the wanted properties come", async () => {
    const page = await notion.pages.retrieve({ page_id: FIRST_TASK, filter_properties: ["title", "esti"] });
    assert.deepEqual(Object.keys(page.properties).sort(), ["Estimate", "Name"]);
  });

  test("can be read and changed as Markdown", async () => {
    const page = await newPage("Markdown", { markdown: "# Title\n\n- [x] done\n\nold words" });
    const before = await notion.pages.retrieveMarkdown({ page_id: page.id });
    assert.equal(before.markdown, "# Title\n- [x] done\nold words\n");
    const after = await notion.pages.updateMarkdown({
      page_id: page.id,
      type: "update_content",
      update_content: { content_updates: [{ old_str: "old", new_str: "new" }] },
    });
    assert.match(after.markdown, /new words/);
  });
});

describe("databases and data sources", () => {
  test("a database names its data sources", async () => {
    const database = await notion.databases.retrieve({ database_id: TEAM_DATABASE });
    assert.ok(isFullDatabase(database));
    assert.equal(database.data_sources.length, 2);
  });

  test("a schema has every type", async () => {
    const source = await notion.dataSources.retrieve({ data_source_id: TASKS });
    assert.ok(isFullDataSource(source));
    assert.ok(new Set(Object.values(source.properties).map((property) => property.type)).size >= 24);
  });

  test("rows are filtered, sorted, and all there", async () => {
    const done = await notion.dataSources.query({
      data_source_id: TASKS,
      filter: { and: [{ property: "Done", checkbox: { equals: true } }, { property: "Estimate", number: { less_than: 9 } }] },
      sorts: [{ property: "Estimate", direction: "descending" }],
    });
    assert.deepEqual(done.results.map((row) => row.properties.Estimate.number), [8, 6, 4, 2]);
    const rows = await collectAllDataSourceRows(notion, { data_source_id: TASKS });
    assert.ok(rows.length >= 230);
  });

  test("templates are listed", async () => {
    const templates = await collectDataSourceTemplates(notion, { data_source_id: TASKS, page_size: 1 });
    assert.equal(templates.length, 2);
  });

  test("can be made, changed and filled", async () => {
    const database = await notion.databases.create({
      parent: { type: "page_id", page_id: HOME },
      title: text("Made by the client"),
      initial_data_source: { properties: { Name: { title: {} }, Size: { number: { format: "number" } } } },
    });
    const renamed = await notion.databases.update({ database_id: database.id, title: text("Renamed") });
    assert.equal(plain(renamed.title), "Renamed");
    const data_source_id = database.data_sources[0].id;
    await notion.dataSources.update({ data_source_id, properties: { Size: { name: "Length" } } });
    const row = await notion.pages.create({
      parent: { data_source_id },
      properties: { Name: { title: text("A row") }, Length: { number: 3 } },
    });
    assert.equal(row.properties.Length.number, 3);
    const second = await notion.dataSources.create({
      parent: { database_id: database.id },
      properties: { Name: { title: {} } },
      title: text("Second"),
    });
    assert.ok(isFullDataSource(second));
    assert.equal((await notion.databases.retrieve({ database_id: database.id })).data_sources.length, 2);
  });
});

describe("comments", () => {
  test("are listed oldest first, written, changed and deleted", async () => {
    const listed = await notion.comments.list({ block_id: HANDBOOK });
    assert.ok(listed.results.every(isFullComment) && listed.results.length >= 2);
    const page = await newPage("Discussed");
    const first = await notion.comments.create({ parent: { page_id: page.id }, rich_text: text("first") });
    const second = await notion.comments.create({ discussion_id: first.discussion_id, markdown: "second" });
    assert.equal(second.discussion_id, first.discussion_id);
    await notion.comments.update({ comment_id: second.id, rich_text: text("changed") });
    assert.equal(plain((await notion.comments.retrieve({ comment_id: second.id })).rich_text), "changed");
    await notion.comments.delete({ comment_id: second.id });
    const left = (await notion.comments.list({ block_id: page.id })).results;
    assert.deepEqual(left.map((comment) => comment.id), [first.id]);
  });
});

describe("file uploads", () => {
  test("a small file is sent, attached and served from a signed URL", async () => {
    const upload = await notion.fileUploads.create({ filename: "note.txt", content_type: "text/plain" });
    assert.equal(upload.status, "pending");
    const data = new Blob(["hello file"], { type: "text/plain" });
    const sent = await notion.fileUploads.send({ file_upload_id: upload.id, file: { filename: "note.txt", data } });
    assert.deepEqual([sent.status, sent.content_length], ["uploaded", 10]);
    const page = await newPage("With a file");
    const file = { type: "file", file: { type: "file_upload", file_upload: { id: upload.id } } };
    const added = await notion.blocks.children.append({ block_id: page.id, children: [file] });
    assert.equal(await (await fetch(added.results[0].file.file.url)).text(), "hello file");
    const attached = await notion.fileUploads.retrieve({ file_upload_id: upload.id });
    assert.equal(attached.expiry_time, null);
    const listed = await collectPaginatedAPI(notion.fileUploads.list, { status: "uploaded" });
    assert.ok(listed.some((other) => other.id === upload.id));
  });

  test("a large file comes in parts and is completed", async () => {
    const file_upload_id = (
      await notion.fileUploads.create({ mode: "multi_part", number_of_parts: 2, filename: "large.bin" })
    ).id;
    const large = new Blob([new Uint8Array(5 * 1024 * 1024)]);
    await notion.fileUploads.send({ file_upload_id, part_number: "1", file: { data: large } });
    await refused(notion.fileUploads.complete({ file_upload_id }), APIErrorCode.ValidationError);
    const half = await notion.fileUploads.send({ file_upload_id, part_number: "2", file: { data: new Blob(["end"]) } });
    assert.deepEqual(half.number_of_parts, { total: 2, sent: 2 });
    const whole = await notion.fileUploads.complete({ file_upload_id });
    assert.deepEqual([whole.status, whole.content_length], ["uploaded", 5 * 1024 * 1024 + 3]);
  });
});

describe("views and emojis", () => {
  test("views are listed, made, changed, asked and deleted", async () => {
    const listed = await notion.views.list({ database_id: TASKS_DATABASE });
    assert.ok(isFullView(await notion.views.retrieve({ view_id: listed.results[0].id })));
    const filter = { property: "Estimate", number: { greater_than: 225 } };
    const view = await notion.views.create({ data_source_id: TASKS, name: "Large", type: "table", filter });
    const view_id = view.id;
    assert.equal((await notion.views.update({ view_id, name: "Largest" })).name, "Largest");
    const query = await notion.views.queries.create({ view_id, page_size: 3 });
    assert.deepEqual([query.total_count, query.results.length, query.has_more], [5, 3, true]);
    const rest = await notion.views.queries.results({ view_id, query_id: query.id, start_cursor: query.next_cursor });
    assert.equal(rest.results.length, 2);
    assert.equal((await notion.views.queries.delete({ view_id, query_id: query.id })).deleted, true);
    await notion.views.delete({ view_id });
    await refused(notion.views.retrieve({ view_id }), APIErrorCode.ObjectNotFound, 404);
  });

  test("custom emojis are listed", async () => {
    assert.equal((await notion.customEmojis.list({ name: "shipit" })).results.length, 1);
  });
});
