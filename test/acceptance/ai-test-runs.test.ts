import { test } from "node:test";
import { capacity } from "./ai-test-runs/capacity.ts";
import { inCi } from "./ai-test-runs/ci.ts";
import { comparedRuns } from "./ai-test-runs/compare.ts";
import { conversations } from "./ai-test-runs/conversations.ts";
import { endpointFaults } from "./ai-test-runs/faults.ts";
import { gsm8kRescored } from "./ai-test-runs/gsm8k.ts";
import { newcomer } from "./ai-test-runs/newcomer.ts";
import { secretNowhere } from "./ai-test-runs/secret.ts";
import { line } from "./line.ts";
import { withoutGsm8k } from "./spine/gsm8k.ts";

test(
  ...line(1, "GSM8K over HTTP, judged, then rescored without a call", { long: true }, async (context) => {
    if (withoutGsm8k === false) return await gsm8kRescored();
    context.skip(withoutGsm8k);
    return "not measured";
  }),
);

test(...line(2, "an endpoint that takes only so many calls at once", { long: true }, capacity));

test(...line(3, "an endpoint with every fault, by chance", { long: true }, endpointFaults));

test(
  ...line(
    4,
    "conversations with a scripted user, workers killed in the middle",
    { long: true },
    conversations,
  ),
);

test(...line(5, "two runs compared: the flips are exactly those planted", {}, comparedRuns));

test(...line(6, "the command line in a CI job: gate, exit codes, JUnit report", {}, inCi));

test(...line(7, "a secret planted in an endpoint appears nowhere", {}, secretNowhere));

test(
  ...line(
    8,
    "from nothing to a gated run in the five commands of docs/ai-test-runs.md",
    { long: true },
    newcomer,
  ),
);
