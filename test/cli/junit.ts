import { readFileSync } from "node:fs";
import { join } from "node:path";
import { validateXML } from "xmllint-wasm";

const schema = readFileSync(join(import.meta.dirname, "fixtures/junit.xsd"), "utf8");

/** What libxml2 finds wrong with a JUnit report; empty when it is one. */
export async function faultsOf(report: string): Promise<string[]> {
  const { errors } = await validateXML({
    xml: [{ fileName: "report.xml", contents: report }],
    schema: [schema],
  });
  return errors.map(({ message }) => message);
}
