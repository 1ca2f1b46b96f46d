import { createServer } from "node:http";
import { reply } from "./bot.ts";
import { listening } from "./listening.ts";

/** A bot as docs/conversations.md has it: it keeps its threads itself. */
export async function serveThreads(answer: (text: string) => string) {
  const threads: (string | null)[] = [];
  const server = await listening(
    createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { text, thread } = JSON.parse(Buffer.concat(chunks).toString()) as {
        text: string;
        thread: string | null;
      };
      threads.push(thread);
      reply(response, { reply: answer(text), thread: thread ?? `thread ${threads.length}` });
    }),
  );
  return Object.assign(server, { threads });
}
