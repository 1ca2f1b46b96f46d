import { z } from "zod";
import { defineTask } from "../../../../src/index.ts";

/** Asks the outside once for each step, and between them whether it may go on. */
export default defineTask({
  name: "ten-steps",
  kind: "long",
  input: z.object({ url: z.url(), steps: z.int() }),
  async run({ url, steps }, { step, signal }) {
    for (let n = 1; n <= steps; n += 1) {
      await step(`step ${n}`, async ({ idempotencyKey }) => {
        const headers = { "idempotency-key": idempotencyKey };
        const answer = await fetch(`${url}?step=${n}`, { signal, headers });
        return await answer.text();
      });
      await fetch(`${url}?gate=${n}`, { signal });
    }
  },
});
