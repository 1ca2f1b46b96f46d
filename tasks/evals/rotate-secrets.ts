import { z } from "zod";
import { type Rotated, readKeyRing, rotateSecrets } from "../../src/evals/index.ts";
import { defineTask } from "../../src/jobs/index.ts";
import { readSettings } from "../../src/sdk/index.ts";

const ring = readKeyRing(readSettings().SECRET_KEYS);

export default defineTask({
  name: "evals/rotate-secrets",
  description: "Encrypts the organization's secrets anew with the first of SECRET_KEYS.",
  kind: "long",
  input: z.object({}),
  output: z.object({ rotated: z.int() }),
  launchRole: "admin",
  async run(_payload, { transaction }) {
    const total = { rotated: 0 };
    for (let after: string | null = null; ; ) {
      const from: string | null = after;
      const { rotated, next }: Rotated = await transaction((tx) => rotateSecrets(tx, ring, from));
      total.rotated += rotated;
      if (next === null) return total;
      after = next;
    }
  },
});
