import { z } from "zod";
import { defineTask } from "../../../src/index.ts";
import { leaveEffect } from "../effect.ts";

/** The common small job: a backlog of them runs in bundles. */
export default defineTask({
  name: "bundled",
  input: z.object({ key: z.string() }),
  run: ({ key }, { tx, job }) => leaveEffect(tx, job, key),
});
