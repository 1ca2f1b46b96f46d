import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { questions } from "./questions.ts";

/** What this product gets wrong, by the question's number: so that the table has something to show. */
const wrong = new Map([
  [3, "Sydney is the capital of Australia."],
  [4, "The capital of Brazil is Rio de Janeiro."],
  [9, "Istanbul."],
  [18, "1000 minus 333 is 677."],
  [24, "Its symbol is Ir."],
  [32, "I am not sure who wrote it."],
  [43, "They pay in euros there."],
]);

const question = z.object({ question: z.string() });

/** The AI product under test: a real HTTP server that answers in 20 to 120 ms, mostly right. */
export async function serveQuizBot(): Promise<{ url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const asked = question.safeParse(JSON.parse(Buffer.concat(chunks).toString()));
    const number = questions.findIndex(([text]) => asked.success && text === asked.data.question);
    await sleep(20 + ((number * 37) % 101));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ reply: { text: answerTo(number) } }));
  });
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", () => resolve());
  await listening;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The quiz bot has no port.");
  return {
    url: `http://127.0.0.1:${address.port}/ask`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answerTo(number: number): string {
  const known = questions[number];
  if (known === undefined) return "I do not know.";
  return wrong.get(number) ?? `The answer is ${known[1]}.`;
}
