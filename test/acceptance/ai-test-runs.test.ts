import { test } from "node:test";
import { inCi } from "./ai-test-runs/ci.ts";
import { newcomer } from "./ai-test-runs/newcomer.ts";
import { line } from "./line.ts";

test(...line(6, "the command line in a CI job: gate, exit codes, JUnit report", {}, inCi));

test(...line(8, "from nothing to a gated run in the five commands of docs/ai-test-runs.md", {}, newcomer));
