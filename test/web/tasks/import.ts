import { z } from "zod";
import { Discard, defineTask } from "../../../src/index.ts";

export default defineTask({
  name: "import",
  description: "Reads a file that no one can read.",
  input: z.object({ file: z.string(), line: z.int().default(1) }),
  run({ file, line }) {
    throw new Discard(`Line ${line} of ${file} has 4 columns and not 5. Mend the file and import it again.`);
  },
});
