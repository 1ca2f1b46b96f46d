import { z } from "zod";
import { defineTask } from "../../../src/index.ts";

/** Tells its progress, and goes on when somebody has written a note with the title it waits for. */
export default defineTask({
  name: "count",
  kind: "long",
  input: z.object({ steps: z.int().min(1), until: z.string() }),
  output: z.object({ counted: z.number() }),
  async run({ steps, until }, { progress, transaction, signal }) {
    for (let step = 1; step <= steps; step += 1) {
      await progress(step / steps, `step ${step}`);
      for (let open = false; !open; ) {
        signal.throwIfAborted();
        const { rows } = await transaction((tx) =>
          tx.query("select from app.notes where title = $1", [`${until} ${step}`]),
        );
        open = rows.length > 0;
        if (!open) await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    return { counted: steps };
  },
});
