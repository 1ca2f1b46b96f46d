import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { namesIn } from "../../scripts/lib/env-example.ts";
import { loginRoles } from "../../src/db/index.ts";
import { readSettings, settingsSchema } from "../../src/sdk/index.ts";
import { repository } from "./temp-tree.ts";

const service = z.object({
  image: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
});
const read = (path: string) => readFileSync(join(repository, path), "utf8");
const text = read("docker-compose.yml");
const { services } = z
  .object({ services: z.record(z.enum(["postgres", "migrate", "api", "worker"]), service) })
  .parse(parse(text, { merge: true }));
const { postgres, ...ours } = services;
const settingNames = Object.keys(settingsSchema.shape);
const secretNames = namesIn(read("deploy/compose.env.example"));

/** The file as Compose reads it: `${NAME:-default}` and `${NAME:?message}` filled from `values`. */
function interpolate(value: string, values: Record<string, string>): string {
  return value.replaceAll(
    /\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (_, name: string, kind: string, rest: string) => {
      const given = values[name] ?? (kind === "-" ? rest : undefined);
      assert.ok(given !== undefined, `${name} has no value`);
      return given;
    },
  );
}

test("every variable of docker-compose.yml is a setting or a secret of deploy/compose.env.example", () => {
  for (const [name, { environment }] of Object.entries(ours)) {
    const unknown = Object.keys(environment).filter((variable) => !settingNames.includes(variable));
    assert.deepEqual(unknown, [], name);
  }
  const filledIn = [...text.matchAll(/\$\{(\w+)/g)].map((match) => match[1] ?? "");
  assert.ok(filledIn.length > 0);
  const unknown = filledIn.filter((name) => !settingNames.includes(name) && !secretNames.includes(name));
  assert.deepEqual(unknown, []);
  assert.deepEqual(
    secretNames.filter((name) => !filledIn.includes(name)),
    [],
  );
});

test("each service's environment is valid settings once the secrets are filled in", () => {
  const secrets = Object.fromEntries(
    secretNames.map((name) => [name, `${name}0123456789abcdef0123456789abcdef`]),
  );
  for (const [name, { environment }] of Object.entries(ours)) {
    const filled = Object.entries(environment).map(([key, value]) => [key, interpolate(value, secrets)]);
    assert.doesNotThrow(() => readSettings(Object.fromEntries(filled)), name);
  }
});

test("only the migrations have the owner's URL; API and worker have their own logins alone", () => {
  const urlsOf = (name: keyof typeof ours) =>
    Object.keys(ours[name].environment).filter((variable) => variable.endsWith("DATABASE_URL"));
  assert.ok(urlsOf("migrate").includes("DATABASE_URL"));
  assert.deepEqual(urlsOf("api"), ["API_DATABASE_URL"]);
  assert.deepEqual(urlsOf("worker").sort(), ["BROKER_DATABASE_URL", "TASK_DATABASE_URL"]);
  for (const [part, role] of Object.entries(loginRoles)) {
    const url = ours.migrate.environment[`${part.toUpperCase()}_DATABASE_URL`];
    assert.equal(new URL(interpolate(url ?? "", fillAll)).username, role);
  }
});

const fillAll: Record<string, string> = Object.fromEntries(secretNames.map((name) => [name, "x"]));

test("every command is one of the command line's", () => {
  const words = [ours.migrate, ours.api, ours.worker].map(({ command }) => command?.[0] ?? "");
  const health = [ours.api, ours.worker].map(({ healthcheck }) => healthcheck?.test.slice(0, 3));
  assert.deepEqual(health, [
    ["CMD", "rowlock", "health"],
    ["CMD", "rowlock", "health"],
  ]);
  assert.deepEqual(words, ["migrate", "api", "worker"]);
  for (const word of [...words, "health"]) {
    // One file a command.
    assert.ok(existsSync(join(repository, `src/cli/${word}.ts`)), `src/cli/${word}.ts`);
  }
});

test("each service waits for what it needs, and each that stays up has a health check of its own port", () => {
  assert.deepEqual(ours.migrate.depends_on, { postgres: { condition: "service_healthy" } });
  for (const name of ["api", "worker"] as const) {
    assert.equal(ours[name].depends_on?.migrate?.condition, "service_completed_successfully");
    assert.equal(ours[name].depends_on?.postgres?.condition, "service_healthy");
  }
  assert.ok(postgres.healthcheck?.test.includes("pg_isready"));
  const portOf = ({ healthcheck }: z.infer<typeof service>) => new URL(healthcheck?.test.at(-1) ?? "").port;
  assert.equal(portOf(ours.api), ours.api.environment.API_PORT);
  assert.equal(portOf(ours.worker), ours.worker.environment.WORKER_HEALTH_PORT);
});

test("the Dockerfile copies only what its context lets through and what is there", () => {
  const admitted = read(".dockerignore")
    .split("\n")
    .flatMap((line) => (line.startsWith("!") ? [line.slice(1)] : []));
  const copies = [...read("Dockerfile").matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap((match) =>
    (match[1] ?? "").split(" "),
  );
  assert.ok(copies.length > 5);
  for (const path of copies) {
    assert.ok(admitted.includes(path), `${path} is kept out by .dockerignore`);
    assert.ok(existsSync(join(repository, path)), `${path} is not there`);
  }
});
