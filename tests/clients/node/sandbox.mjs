// A running sandbox: the one SANDBOX_URL names, else one of this process's own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

/** Its address, and what ends it. */
export async function startSandbox() {
  const url = process.env.SANDBOX_URL;
  if (url) return { url, stop: async () => {} };
  const process_ = spawn("cargo", ["run", "--quiet", "--package", "sandbox", "--", "--bind", "127.0.0.1:0"], {
    cwd: REPOSITORY,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(process_, "exit");
  for await (const line of createInterface({ input: process_.stdout })) {
    const [, address] = line.match(/^sandbox listening on (\S+)$/) ?? [];
    if (address) return { url: address, stop: () => (process_.kill(), ended) };
  }
  throw new Error("the sandbox did not start");
}
