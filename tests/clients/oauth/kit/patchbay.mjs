// A Patchbay of its own: the real binary with a fresh SQLite store, one organization and its application.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { until } from "./until.mjs";

const REPOSITORY = fileURLToPath(new URL("../../../..", import.meta.url));
const BINARY = resolve(REPOSITORY, process.env.PATCHBAY_BIN ?? "target/debug/patchbay");
const READY_WITHIN_MS = 60_000;

/** `definitions` are added to those compiled in; `environment` is told the server's address. */
export async function startPatchbay({ definitions = [], environment = () => ({}), sandbox = false }) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const folder = mkdtempSync(join(tmpdir(), "patchbay-oauth-"));
  const inherited = Object.entries(process.env).filter(([name]) => !/^(PATCHBAY|NOTION)_/.test(name));
  const env = {
    ...Object.fromEntries(inherited),
    PATCHBAY_DATA_DIR: join(folder, "data"),
    PATCHBAY_BIND: `127.0.0.1:${port}`,
    PATCHBAY_PUBLIC_URL: url,
    PATCHBAY_DEFINITIONS_DIR: join(folder, "definitions"),
    ...environment(url),
  };
  mkdirSync(env.PATCHBAY_DEFINITIONS_DIR);
  for (const one of definitions) {
    const file = join(env.PATCHBAY_DEFINITIONS_DIR, `${one.info["x-airbyte-connector-name"]}.yaml`);
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(one));
  }
  const patchbay = new Patchbay(url, folder, env);
  try {
    patchbay.organization = patchbay.command("organization", "create", "acme");
    const application = patchbay.command("application", "create", "--organization", patchbay.organization.id);
    await patchbay.start(sandbox ? ["serve", "--sandbox"] : ["serve"]);
    const pair = { client_id: application.client_id, client_secret: application.client_secret };
    patchbay.token = (await patchbay.ok("POST", "/account/applications/token", pair)).access_token;
    return patchbay;
  } catch (error) {
    await patchbay.stop();
    throw error;
  }
}

class Patchbay {
  #folder;
  #environment;
  #process;

  constructor(url, folder, environment) {
    this.url = url;
    this.#folder = folder;
    this.#environment = environment;
  }

  /** One command of an operator's; what it prints. */
  command(...words) {
    const place = { env: this.#environment, cwd: this.#folder };
    return JSON.parse(execFileSync(BINARY, words, { ...place, stdio: ["ignore", "pipe", "pipe"] }));
  }

  async start(words) {
    const log = openSync(join(this.#folder, "log"), "a");
    const stdio = ["ignore", log, log];
    this.#process = spawn(BINARY, words, { env: this.#environment, cwd: this.#folder, stdio });
    closeSync(log);
    await until(async () => {
      assert.ok(this.#runs(), `patchbay ended; it said:\n${this.log()}`);
      const answer = await fetch(`${this.url}/health/ready`).catch(() => undefined);
      return answer?.ok;
    }, "patchbay is ready", READY_WITHIN_MS);
  }

  async stop() {
    const log = this.#process && !this.#runs() && this.log();
    if (this.#runs()) {
      const ended = once(this.#process, "exit");
      this.#process.kill("SIGINT");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
    assert.ok(!log, `patchbay ended by itself; it said:\n${log}`);
  }

  #runs() {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  log() {
    return readFileSync(join(this.#folder, "log"), "utf8");
  }

  /** One call of the API, as the application; status and JSON body. */
  async call(method, path, body) {
    const headers = { "content-type": "application/json" };
    if (this.token) headers.authorization = `Bearer ${this.token}`;
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : undefined };
  }

  /** The body of a call that succeeds. */
  async ok(method, path, body) {
    const answer = await this.call(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** The body of a call that is refused with this status and code. */
  async refused(status, code, method, path, body) {
    const answer = await this.call(method, path, body);
    assert.deepEqual([answer.status, answer.body?.code], [status, code], JSON.stringify(answer.body));
    return answer.body;
  }

  async consentUrl(body) {
    const begun = { workspace_name: "customer", redirect_url: PRODUCT, ...body };
    return (await this.ok("POST", "/integrations/connectors/oauth/initiate", begun)).consent_url;
  }

  connector(id) {
    return this.ok("GET", `/integrations/connectors/${id}`);
  }

  async connectors() {
    return (await this.ok("GET", "/integrations/connectors?workspace_name=customer&limit=100")).data;
  }

  execute(id, entity, action, params = {}) {
    return this.call("POST", `/integrations/connectors/${id}/execute`, { entity, action, params });
  }

  /** What an execution answers when it succeeds. */
  async executed(id, entity, action, params = {}) {
    const answer = await this.execute(id, entity, action, params);
    assert.equal(answer.status, 200, `${entity} ${action}: ${JSON.stringify(answer.body)}`);
    return answer.body.result;
  }

  /** The kinds of the events of one connector, in order. */
  async events(connector) {
    const { data } = await this.ok("GET", "/events?limit=100");
    return data.filter((event) => event.connector_id === connector).map((event) => event.type);
  }
}

/** Where the product waits for its users, with a query of its own. Nothing listens there. */
export const PRODUCT = "https://product.example/connected?user_id=a%20b&flag";

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}
