import { z } from "zod";
import { defineTask } from "../../../../src/index.ts";

export default defineTask({
  name: "nap",
  description: "Holds its transaction open for a while.",
  input: z.object({ seconds: z.number() }),
  async run({ seconds }, { tx }) {
    await tx.query("select app.nap($1)", [seconds]);
  },
});
