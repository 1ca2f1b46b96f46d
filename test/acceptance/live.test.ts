import { test } from "node:test";
import { noBrowser } from "../web/browser.ts";
import { line } from "./line.ts";
import { subscriptionsAttacked } from "./live/attacked.ts";
import { clientScript } from "./live/client-script.ts";
import { readMillionOfOne } from "./live/million.ts";
import { findWhy } from "./live/newcomer.ts";
import { everyPage } from "./live/pages/index.ts";
import { thousandWatch } from "./live/thousand.ts";
import { walkDashboard } from "./live/walk/index.ts";

test(
  ...line(
    1,
    "in a browser: a test run watched, looked into, retried and compared; 1,000 jobs cancelled by filter; a schedule fires; a pause stops one line and not the other",
    { long: true, lacking: noBrowser },
    walkDashboard,
  ),
);

test(
  ...line(
    2,
    "no page has a serious finding of axe; every action works by keyboard; under 300 KB of script for the first page",
    { long: true, lacking: noBrowser },
    everyPage,
  ),
);

test(
  ...line(
    3,
    "1,000,000 jobs in the organization: list, filter, search and overview each answer in under 300 ms at the API (p95)",
    { long: true, lacking: noBrowser },
    readMillionOfOne,
  ),
);

test(...line(4, "1,000 watch while 500 jobs a second end", { long: true }, thousandWatch));

test(...line(5, "subscriptions are attacked, a member removed while watching", {}, subscriptionsAttacked));

test(
  ...line(
    6,
    "the client in a script of ten lines; a wrong payload does not compile, and is refused",
    {},
    clientScript,
  ),
);

test(
  ...line(
    7,
    "a newcomer finds why a given job failed in at most three clicks from the first page",
    { lacking: noBrowser },
    findWhy,
  ),
);
