// Waiting for what can be seen.

const PAUSE_MS = 25;
const PATIENCE_MS = 20_000;

/** The first truthy answer of `look`. */
export async function until(look, what, patienceMs = PATIENCE_MS) {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > giveUpAt) throw new Error(`waited in vain: ${what}`);
    await new Promise((resume) => setTimeout(resume, PAUSE_MS));
  }
}
