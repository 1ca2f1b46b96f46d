import { test } from "node:test";
import { line } from "./line.ts";
import { clientScript } from "./live/client-script.ts";

test(
  ...line(
    6,
    "the client in a script of ten lines; a wrong payload does not compile, and is refused",
    {},
    clientScript,
  ),
);
