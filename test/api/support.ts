import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { type ApiExtension, type ApiOptions, type RunningApi, startApi } from "../../src/api/index.ts";
import { createPool } from "../../src/db/index.ts";
import { createLogger } from "../../src/log.ts";
import { readSettings, type Settings } from "../../src/sdk/index.ts";
import { issueToken, withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase, withClient } from "../helpers/database.ts";

export const secret = "a secret of tests, long enough for HS256";

export type Person = { userId: string; organizationId: string; token: string };
export type Organization = { id: string; owner: Person; member: Person; viewer: Person };

export type Answer = { status: number; headers: Headers; body: unknown; text: string };

export type World = {
  db: TestDatabase;
  settings: Settings;
  api: RunningApi;
  north: Organization;
  south: Organization;
  /** Lines of the log so far, parsed. */
  logged(): Record<string, unknown>[];
  /** A request with a person's token, or with headers of one's own. */
  send(method: string, path: string, options?: SendOptions): Promise<Answer>;
  graphql(who: Person, query: string, variables?: Record<string, unknown>): Promise<GraphqlAnswer>;
  /** Runs SQL as the owner of the schemas. */
  asOwner<Row>(sql: string, values?: unknown[]): Promise<Row[]>;
  stop(): Promise<void>;
};

export type SendOptions = {
  as?: Person;
  headers?: Record<string, string>;
  json?: unknown;
  body?: string;
};

export type GraphqlError = {
  message: string;
  path?: (string | number)[];
  extensions?: { code?: string; issues?: { path: string; message: string }[]; requestId?: string };
};
export type GraphqlAnswer = { status: number; data: Record<string, unknown> | null; errors: GraphqlError[] };

/** Tasks of the tests' catalogue. */
const tasks = [
  task("greet", "member", {
    type: "object",
    properties: { name: { type: "string", minLength: 1 }, often: { type: "integer" } },
    required: ["name"],
    additionalProperties: false,
  }),
  task("reports/tidy", "admin", { $ref: "#/$defs/anything", $defs: { anything: { type: "object" } } }),
  task("only-system", "system", {}),
];

/** Tables such as a customer would have: one under the other, with the organization in both keys. */
const customerTables = `
  create table app.notes (
    organization_id uuid not null default rowlock.claimed_organization(),
    id uuid not null default rowlock.uuid7(),
    title text not null check (title <> ''),
    mood jsonb,
    primary key (organization_id, id),
    unique (organization_id, title)
  );
  create table app.remarks (
    organization_id uuid not null default rowlock.claimed_organization(),
    id uuid not null default rowlock.uuid7(),
    note_id uuid not null,
    body text not null,
    primary key (organization_id, id),
    foreign key (organization_id, note_id) references app.notes on delete cascade
  );
  create index remarks_note on app.remarks (organization_id, note_id);
  select rowlock.protect_table(t) from unnest('{app.notes,app.remarks}'::regclass[]) t;
  grant select, insert, update, delete on app.notes, app.remarks to rowlock_tenant;
  create function app.explode() returns text language plpgsql as $$
  begin raise exception 'a private detail: %', current_setting('rowlock.user_id') using errcode = 'XX000'; end $$;
  grant execute on function app.explode() to rowlock_tenant;
  create function app.nap(seconds float8) returns int language sql volatile as 'select 1 from pg_sleep(seconds)';
  grant execute on function app.nap(float8) to rowlock_tenant;
`;

/** A database with two organizations, a customer's tables and a catalogue, and an API over it. */
export async function startWorld(
  options: {
    env?: Record<string, string>;
    extensions?: ApiExtension[];
    sql?: string;
    /** With the operators' door. */
    ops?: boolean;
    signInOffers?: ApiOptions["signInOffers"];
    /** The way of the API to its database, such as one that counts. */
    through?: (url: string) => Promise<string>;
  } = {},
): Promise<World> {
  const db = await createTestDatabase();
  const asOwner = async <Row>(sql: string, values: unknown[] = []) =>
    await withClient(db.urls.admin, async (client) => {
      await client.query("set role rowlock_owner");
      const { rows } = await client.query(sql, values);
      return rows as Row[];
    });
  await withClient(db.urls.admin, (client) =>
    client.query(
      "create schema if not exists app authorization rowlock_owner; grant usage on schema app to rowlock_tenant",
    ),
  );
  await withClient(db.urls.admin, async (client) => {
    await client.query("set role rowlock_owner");
    await client.query(customerTables + (options.sql ?? ""));
  });
  await db.pool("task").query("select rowlock_private.sync_tasks($1)", [JSON.stringify(tasks)]);

  const settings = readSettings({
    NODE_ENV: "test",
    API_PORT: "0",
    JWT_SECRET: secret,
    SQL_DIR: "/nonexistent",
    LOG_FORMAT: "json",
    ...options.env,
  });
  const lines: string[] = [];
  const logger = createLogger({
    level: "debug",
    format: "json",
    destination: new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    }),
  });
  const url = (await options.through?.(db.urls.api)) ?? db.urls.api;
  const pool = createPool({ url, max: 5, name: "api under test", logger });
  const opsPool =
    options.ops === true
      ? createPool({ url: db.urls.ops, max: 2, name: "operators' door under test", logger })
      : undefined;
  const { extensions = [], signInOffers } = options;
  const api = await startApi({ settings, pool, opsPool, signInOffers, logger, extensions });

  const makeOrganization = async (name: string): Promise<Organization> => {
    const [made] = await asOwner<{ organization_id: string; user_id: string }>(
      "select * from rowlock_private.create_organization($1, $2)",
      [name, `owner@${name}.example`],
    );
    const organizationId = made?.organization_id ?? "";
    const person = async (userId: string): Promise<Person> => ({
      userId,
      organizationId,
      token: await issueToken(settings, { userId, organizationId, expiresIn: "1h" }),
    });
    const owner = await person(made?.user_id ?? "");
    const add = async (role: string) =>
      await withTenant(pool, owner, async (tx) => {
        const { rows } = await tx.query<{ id: string }>("select rowlock.add_member($1, $2) as id", [
          `${role}@${name}.example`,
          role,
        ]);
        return await person(rows[0]?.id ?? "");
      });
    return { id: organizationId, owner, member: await add("member"), viewer: await add("viewer") };
  };
  const [north, south] = [await makeOrganization("north"), await makeOrganization("south")];

  const send = async (method: string, path: string, { as, headers, json, body }: SendOptions = {}) => {
    const response = await fetch(api.url + path, {
      method,
      headers: {
        ...(as === undefined ? {} : { authorization: `Bearer ${as.token}` }),
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parsed(text), text };
  };

  return {
    db,
    settings,
    api,
    north,
    south,
    asOwner,
    send,
    logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    async graphql(who, query, variables) {
      const { status, body } = await send("POST", "/graphql", { as: who, json: { query, variables } });
      const { data = null, errors = [] } = body as Partial<GraphqlAnswer>;
      return { status, data, errors };
    },
    async stop() {
      await api.stop();
      await Promise.all([pool.end(), opsPool?.end()]);
      await db.drop();
    },
  };
}

/** A field of a GraphQL answer's data, which must be there. */
export function fieldOf(data: GraphqlAnswer["data"], name: string): unknown {
  assert.ok(data?.[name], `The answer has no ${name}.`);
  return data[name];
}

export function codeOf(answer: Answer): string | undefined {
  const { error, errors } = (answer.body ?? {}) as {
    error?: { code?: string };
    errors?: GraphqlError[];
  };
  return error?.code ?? errors?.[0]?.extensions?.code;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function task(name: string, launchRole: string, inputSchema: object): Record<string, unknown> {
  return {
    name,
    description: `The task ${name}`,
    kind: "transactional",
    input_schema: inputSchema,
    output_schema: null,
    launch_role: launchRole,
    max_attempts: 3,
    timeout_ms: 60_000,
  };
}
