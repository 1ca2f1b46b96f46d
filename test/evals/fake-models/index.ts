import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { anthropic } from "./anthropic.ts";
import type { Asked, Format } from "./format.ts";
import { google } from "./google.ts";
import { groq, mistral, openAi } from "./openai.ts";

/** What one request meets instead of an answer. */
export type Fault =
  | { status: number; headers?: Record<string, string>; message?: string }
  | "cut"
  | "ends-early"
  | "slow"
  | "no-json"
  | "redirect";

export type { Asked } from "./format.ts";

export type Logged = Asked & { path: string; idempotencyKey: string | undefined };

export type FakeModels = AsyncDisposable & {
  /** The server's root; a provider's base URL is below it: `${url}/openai`. */
  url: string;
  log: Logged[];
  /** What the next requests meet, in order; null for an answer. */
  faults: (Fault | null)[];
  /** What a request meets; by default the next of `faults`. */
  fault: (asked: Asked) => Fault | null;
  answer: (asked: Asked) => string | Promise<string>;
  close(): Promise<void>;
};

const formats: [RegExp, Format][] = [
  [/^\/(openai|local)\/chat\/completions$/, openAi],
  [/^\/mistral\/chat\/completions$/, mistral],
  [/^\/groq\/chat\/completions$/, groq],
  [/^\/anthropic\/messages$/, anthropic],
  [/^\/google\/models\/[^:]+:(generateContent|streamGenerateContent)/, google],
];

/** Local servers that speak the providers' wire formats. By default a model repeats the last thing it was told. */
export async function serveModels(
  answer: FakeModels["answer"] = ({ turns }) => turns.at(-1) ?? "",
): Promise<FakeModels> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url ?? "";
    const format = formats.find(([pattern]) => pattern.test(path))?.[1];
    if (format === undefined) return void response.writeHead(404).end("{}");
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
    const asked = format.asked(body, request.headers, path);
    const idempotencyKey = request.headers["idempotency-key"];
    fake.log.push({
      ...asked,
      path,
      idempotencyKey: idempotencyKey === undefined ? undefined : String(idempotencyKey),
    });
    // Before the answer, which may take its time.
    const fault = fake.fault(asked);
    send(response, format, asked, await fake.answer(asked), fault);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the models have no port");
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  const fake: FakeModels = {
    url: `http://127.0.0.1:${address.port}`,
    log: [],
    faults: [],
    fault: () => fake.faults.shift() ?? null,
    answer,
    close,
    [Symbol.asyncDispose]: close,
  };
  return fake;
}

function send(
  response: ServerResponse,
  format: Format,
  asked: Asked,
  text: string,
  fault: Fault | null,
): void {
  const type = asked.stream ? "text/event-stream" : "application/json";
  const pieces = asked.stream ? format.stream(text, asked) : [JSON.stringify(format.answer(text, asked))];
  if (typeof fault === "object" && fault !== null) {
    response.writeHead(fault.status, { "content-type": "application/json", ...fault.headers });
    response.end(JSON.stringify(format.error(fault.status, fault.message ?? "no")));
    return;
  }
  switch (fault) {
    case "slow":
      return; // until the server closes
    case "redirect":
      response.writeHead(307, { location: "/elsewhere" }).end();
      return;
    case "no-json":
      response.writeHead(200, { "content-type": type }).end("<html>Welcome</html>");
      return;
    case "cut":
      response.writeHead(200, { "content-type": type, "content-length": 100_000 });
      response.write((pieces[0] ?? "").slice(0, asked.stream ? undefined : 20), () => response.destroy());
      return;
    case "ends-early":
      response.writeHead(200, { "content-type": type }).end(pieces[0]);
      return;
    default:
      response.writeHead(200, { "content-type": type });
      for (const piece of pieces) response.write(piece);
      response.end();
  }
}
