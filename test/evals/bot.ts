import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";

/** An AI product under test: a real HTTP server, with a log of what it was asked. */
export type Bot = AsyncDisposable & {
  url: string;
  /** Inputs in the order they came. */
  asked: string[];
  close(): Promise<void>;
};

/** Answers one question; `times` is how often this very one was asked, 1 at first. */
export type Answering = (input: string, response: ServerResponse, times: number) => void | Promise<void>;

/** Sends JSON, by default 200. */
export function reply(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

/** Answers with what it was asked: `{ output: input }`. */
export const echo: Answering = (input, response) => reply(response, { output: input });

/** Starts a bot that reads `{ input }` and answers as told. */
export async function serveBot(answer: Answering = echo): Promise<Bot> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { input } = JSON.parse(Buffer.concat(chunks).toString()) as { input: string };
    asked.push(input);
    await answer(input, response, asked.filter((other) => other === input).length);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the bot has no port");
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { url: `http://127.0.0.1:${address.port}/ask`, asked, close, [Symbol.asyncDispose]: close };
}
