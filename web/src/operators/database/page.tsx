import { Alert, Stack } from "@mantine/core";
import { Answer } from "../../ui/answer.tsx";
import { FigureList } from "../../ui/figure-list.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useOperatorQuery } from "../door.ts";
import { DatabaseHealthQueryText } from "../graphql.generated.ts";
import { bytes, count, seconds } from "./figures.ts";
import { Connections, PoolWaits, Replicas, Tables } from "./tables.tsx";

/** The queue and the database below it: what grows when something is wrong. */
export function Page() {
  const { data, error, refetch } = useOperatorQuery(DatabaseHealthQueryText, {});
  return (
    <Stack gap="md">
      <PageHeader title="Database" description="The figures of this moment" />
      <Answer
        query={{ data: data?.databaseHealth ?? undefined, error, refetch }}
        what="the database's health"
      >
        {(health) => (
          <>
            {health.complete === false ? (
              <Alert variant="default" title="Not all of it can be seen">
                Rowlock lacks the rights of pg_read_all_stats here: sessions of other logins are missing.
              </Alert>
            ) : null}
            <Panel title="Queue">
              <FigureList
                wide
                figures={[
                  ["Deliveries", count(health.queue?.deliveries), `${count(health.queue?.locked)} in hands`],
                  [
                    "Oldest delivery",
                    seconds(health.queue?.oldestSeconds),
                    "old and in nobody's hands: no worker takes anything",
                  ],
                  [
                    "Dispatcher",
                    health.dispatcher?.pid == null ? "none" : `session ${health.dispatcher.pid}`,
                    health.dispatcher?.busy === true ? "shares out a backlog" : "has nothing to share out",
                  ],
                ]}
              />
            </Panel>
            <Panel title="Rows and locks">
              <FigureList
                wide
                figures={[
                  ["Live rows", count(health.liveRows)],
                  ["Dead rows", count(health.deadRows), "vacuum has yet to clear them"],
                  ["Size", bytes(health.bytes), "with indexes"],
                  ["Wait for a lock", count(health.lockWaits), "above 0 for long: somebody holds one"],
                  [
                    "Oldest transaction",
                    seconds(health.oldestTransaction?.seconds),
                    holder(health.oldestTransaction),
                  ],
                  [
                    "Oldest rows kept",
                    health.oldestXmin?.xminAge == null
                      ? "—"
                      : `${count(health.oldestXmin.xminAge)} transactions`,
                    health.oldestXmin == null
                      ? "nothing keeps dead rows"
                      : `by ${health.oldestXmin.holder} ${health.oldestXmin.application ?? ""}`,
                  ],
                ]}
              />
            </Panel>
            <Tables tables={health.tables} />
            <Connections connections={health.connections} most={health.maxConnections} />
            <PoolWaits pools={health.poolWaits} />
            <Replicas replicas={health.replicas} />
          </>
        )}
      </Answer>
    </Stack>
  );
}

type Session = {
  pid: number | null;
  login: string | null;
  application: string | null;
  statement: string | null;
};

function holder(session: Session | null | undefined): string {
  if (session == null) return "none is open";
  const { pid, login, application, statement } = session;
  return `${application === null || application === "" ? "a session" : application}, ${login ?? "another login"}, pid ${pid}${statement === null ? "" : `: ${statement}`}`;
}
