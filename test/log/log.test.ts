import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger, type LogOptions } from "../../src/log.ts";

function capture(options: Pick<LogOptions, "level" | "format">) {
  const lines: string[] = [];
  const logger = createLogger({ ...options, destination: { write: (line) => void lines.push(line) } });
  return { logger, lines };
}

test("json lines carry level, time, message, scope and fields", () => {
  const { logger, lines } = capture({ level: "info", format: "json" });
  logger.scope({ worker: "w1" }).warn("Something", { job: 7 });
  logger.debug("Hidden");
  const [line] = lines.map((text) => JSON.parse(text));
  assert.equal(lines.length, 1);
  assert.deepEqual(
    { ...line, time: null },
    { level: "warn", time: null, worker: "w1", job: 7, msg: "Something" },
  );
  assert.match(line.time, /^\d{4}-\d\d-\d\dT/);
});

test("text lines are read by people", () => {
  const { logger, lines } = capture({ level: "debug", format: "text" });
  logger.scope({ worker: "w1" }).info("Started", { port: 80, note: "two words" });
  logger.error("Failed", { error: new Error("broken") });
  assert.match(
    lines[0] ?? "",
    /^\d\d:\d\d:\d\d\.\d{3} INFO {2}Started {2}worker=w1 {2}port=80 {2}note="two words"\n$/,
  );
  assert.match(lines[1] ?? "", /ERROR Failed {2}error="broken"\nError: broken\n {4}at /);
});

test("secrets never reach a line", () => {
  const secrets = [
    "s3cr3tvalue",
    "rlk_live_0123456789abcdef",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
  ];
  const [word, apiKey, jwt] = secrets;
  for (const format of ["json", "text"] as const) {
    const { logger, lines } = capture({ level: "debug", format });
    logger.info(`Authorization: Bearer ${word} and ${apiKey} and ${jwt}`);
    logger.info(`postgres://boss:${word}@db/x?password=${word}&x=1`);
    logger.info("fields", {
      authorization: word,
      headers: { Authorization: word, "x-api-key": apiKey, cookie: word },
      url: `https://u:${word}@example.com/`,
      nested: [{ userPassword: word, accessToken: jwt, database_password: word }],
      error: new Error(`failed with ${apiKey}`, { cause: new Error(`postgres://a:${word}@b/c`) }),
    });
    const all = lines.join("");
    for (const secret of secrets) assert.ok(!all.includes(secret), `${format}: ${all}`);
    assert.match(all, /postgres:\/\/boss:\*\*\*@db\/x\?password=\*\*\*&x=1/);
  }
});

test("huge texts, deep and circular values stay bounded", () => {
  const { logger, lines } = capture({ level: "info", format: "json" });
  const loop: Record<string, unknown> = { big: "x".repeat(100_000), n: 10n, at: new Date(0), none: null };
  loop.self = loop;
  logger.info("bounded", { loop });
  assert.ok((lines[0] ?? "").length < 50_000);
  assert.match(lines[0] ?? "", /\(100000 characters\)/);
});
