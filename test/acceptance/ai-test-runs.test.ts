import { test } from "node:test";
import { comparedRuns } from "./ai-test-runs/compare.ts";
import { gsm8kRescored } from "./ai-test-runs/gsm8k.ts";
import { line } from "./line.ts";
import { withoutGsm8k } from "./spine/gsm8k.ts";

test(
  ...line(1, "GSM8K over HTTP, judged, then rescored without a call", { long: true }, async (context) => {
    if (withoutGsm8k === false) return await gsm8kRescored();
    context.skip(withoutGsm8k);
    return "not measured";
  }),
);

test(...line(5, "two runs compared: the flips are exactly those planted", {}, comparedRuns));
