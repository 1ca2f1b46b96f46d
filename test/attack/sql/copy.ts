import type { EventEmitter } from "node:events";
import pg from "pg";
import { sqlstateOf } from "../../../src/sdk/index.ts";
import { type Arena, readerOf } from "../arena.ts";
import { markIn, type Report } from "../report.ts";
import { member } from "../session.ts";
import { denied } from "./check.ts";
import { selectList } from "./statements.ts";

/** COPY … TO STDOUT of every table: what comes over the wire is read as it comes. */
export async function attackByCopy(arena: Arena, report: Report): Promise<void> {
  const client = new pg.Client({ connectionString: arena.db.urls.api });
  await client.connect();
  let copied = "";
  // The driver drops copied data; the protocol's own events have it.
  const { connection } = client as unknown as { connection: EventEmitter };
  connection.on("copyData", ({ chunk }: { chunk: Buffer }) => {
    copied += chunk.toString();
  });
  try {
    for (const target of arena.targets) {
      const reader = readerOf(target);
      const columns = selectList(target);
      const texts = [
        ...(target.kind === "table" ? [`copy ${target.name} (${columns}) to stdout`] : []),
        `copy (select ${columns} from ${target.name}) to stdout`,
      ];
      for (const text of texts) {
        copied = "";
        const failure = await copyAs(client, arena, reader ?? "owner", text);
        const mark = markIn(copied, arena.south.marks);
        if (mark !== undefined) report.add("S", target.name, `copy to: shows ${mark}`);
        if (failure !== undefined && failure !== denied) {
          report.add("S", target.name, `copy to: failed in another way than refused (${failure})`);
        }
        if (copied === "" && failure === undefined && target.own.length > 0 && text.includes("(select")) {
          report.add("S", target.name, "control: copy to shows no row of one's own");
        }
      }
    }
  } finally {
    await client.end();
  }
}

async function copyAs(
  client: pg.Client,
  arena: Arena,
  reader: "viewer" | "owner",
  text: string,
): Promise<string | undefined> {
  try {
    await client.query("begin");
    for (const one of member(arena.north, reader).opening) await client.query(one.text, one.values);
    await client.query(text);
    return undefined;
  } catch (error) {
    return sqlstateOf(error) ?? String(error);
  } finally {
    await client.query("rollback");
  }
}
