import { test } from "node:test";
import { line } from "./line.ts";
import { clientScript } from "./live/client-script.ts";
import { readMillionOfOne } from "./live/million.ts";

test(
  ...line(
    3,
    "1,000,000 jobs in the organization: list, filter, search and overview each answer in under 300 ms at the API (p95)",
    { long: true },
    readMillionOfOne,
  ),
);

test(
  ...line(
    6,
    "the client in a script of ten lines; a wrong payload does not compile, and is refused",
    {},
    clientScript,
  ),
);
