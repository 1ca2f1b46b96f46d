import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { exitCodes, Refusal } from "./refusal.ts";

export type Remote = {
  url: string;
  /** The JSON of an answer, read by its schema. @throws Refusal in one line */
  get<Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema>>;
  /** As `get`; undefined when the API says that there is no such thing. */
  find<Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema> | undefined>;
  /** The body of an answer as it comes. A connection that breaks rejects. */
  read(path: string): Promise<ReadableStream<Uint8Array>>;
  post<Schema extends z.ZodType>(schema: Schema, path: string, body: Body): Promise<z.output<Schema>>;
};
type Body = { json: unknown } | { text: string | Blob; type: string };

export type RemoteOptions = { api?: string | undefined; token?: string | undefined };

const longestCallMs = 60_000;
/** Reads go on for so long while nobody answers: an API is away for some seconds when it is deployed. */
const patienceMs = 20_000;
const pauseMs = 500;

const errorBody = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Speaks to the API over HTTP alone, as anybody could. @throws Refusal without a usable URL or a token */
export function connect(options: RemoteOptions, { patience = patienceMs } = {}): Remote {
  const base = readUrl(options.api ?? process.env.ROWLOCK_URL);
  const token = options.token ?? process.env.ROWLOCK_TOKEN ?? "";
  if (token === "")
    throw new Refusal("There is no token. Set ROWLOCK_TOKEN to an API key or a token, or pass --token.");
  /** Whether it was reached before: then a failure may be a deploy, and before it hardly is. */
  let reached = false;

  async function call(path: string, init: RequestInit): Promise<unknown> {
    const answer = await send(path, { ...init, signal: AbortSignal.timeout(longestCallMs) });
    const text = await answer.text();
    if (!answer.ok) throw refused(answer.status, text, base);
    reached = true;
    return parsed(text, base);
  }

  async function send(path: string, init: RequestInit): Promise<Response> {
    const answer = await fetch(base + path, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${token}` },
    }).catch((error: unknown) => {
      throw new Unreached(`The API at ${base} cannot be reached: ${reasonOf(error)}.`);
    });
    if (answer.status >= 502 && answer.status <= 504)
      throw new Unreached(`The API at ${base} answered ${answer.status}.`);
    return answer;
  }

  async function get<Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema>> {
    const until = performance.now() + patience;
    for (;;) {
      try {
        return read(schema, await call(path, { method: "GET" }), base);
      } catch (error) {
        if (!(error instanceof Unreached) || !reached || performance.now() > until) throw error;
        await sleep(pauseMs);
      }
    }
  }

  return {
    url: base,
    get,
    find: (schema, path) =>
      get(schema, path).catch((error: unknown) => {
        if (error instanceof NotThere) return undefined;
        throw error;
      }),
    async read(path) {
      const answer = await send(path, { method: "GET" });
      if (!answer.ok || answer.body === null) throw refused(answer.status, await answer.text(), base);
      return answer.body;
    },
    async post(schema, path, body) {
      const [type, sent] =
        "json" in body ? ["application/json", JSON.stringify(body.json)] : [body.type, body.text];
      return read(
        schema,
        await call(path, { method: "POST", headers: { "content-type": type }, body: sent }),
        base,
      );
    },
  };
}

class NotThere extends Refusal {}

class Unreached extends Refusal {
  constructor(message: string) {
    super(message, exitCodes.notExecuted);
  }
}

function readUrl(given: string | undefined): string {
  if (given === undefined || given === "") {
    throw new Refusal(
      "There is no URL of the API. Set ROWLOCK_URL, such as http://127.0.0.1:5680, or pass --api.",
    );
  }
  const url = URL.parse(given);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new Refusal(`"${given}" is no URL of an API. Write it like http://127.0.0.1:5680.`);
  }
  return url.href.replace(/\/+$/, "");
}

function refused(status: number, text: string, base: string): Refusal {
  const body = errorBody.safeParse(tryJson(text));
  const said = body.success ? `${body.data.error.code}: ${body.data.error.message}` : `it answered ${status}`;
  if (status === 401) return new Refusal(`The API at ${base} does not accept the token. ${said}`);
  if (status === 404 && !body.success) return new Refusal(`There is no Rowlock API at ${base}: ${said}.`);
  if (status === 404) return new NotThere(oneLine(said));
  return new Refusal(oneLine(said), status >= 500 ? exitCodes.notExecuted : exitCodes.usage);
}

function read<Schema extends z.ZodType>(schema: Schema, answer: unknown, base: string): z.output<Schema> {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Refusal(
    `What ${base} answers is not what this version of rowlock knows: /${issue?.path.join("/")} ${issue?.message}. Are both of one version?`,
    exitCodes.notExecuted,
  );
}

function parsed(text: string, base: string): unknown {
  const value = tryJson(text);
  if (value === undefined) throw new Refusal(`There is no Rowlock API at ${base}: the answer is no JSON.`);
  return value;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  return code === "ECONNREFUSED" ? "connection refused" : (code ?? oneLine(cause.message));
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ");
}
