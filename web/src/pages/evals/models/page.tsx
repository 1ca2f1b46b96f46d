import { Button, Stack } from "@mantine/core";
import { useMemo, useState } from "react";
import { ModelListQueryText } from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";
import { present } from "../../../lib/nodes-of.ts";
import { useMayWrite } from "../../../session/use-viewer.ts";
import { type Column, DataTable } from "../../../ui/data-table.tsx";
import { PageHeader } from "../../../ui/page-header.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { Empty, ErrorState, LoadingState } from "../../../ui/states.tsx";
import { Costs } from "./costs.tsx";
import { Defaults } from "./defaults.tsx";
import { ModelDialog, type ModelLine } from "./model-dialog.tsx";

type Asked = { model: ModelLine | undefined };

function columnsOf(mayWrite: boolean, ask: (asked: Asked) => void): Column<ModelLine>[] {
  return [
    { id: "name", header: "Name", cell: (model) => <strong>{model.name}</strong> },
    { id: "provider", header: "Provider", cell: (model) => model.provider },
    { id: "model", header: "Model id", hideBelow: "sm", cell: (model) => model.model },
    { id: "key", header: "Key", hideBelow: "sm", cell: (model) => (model.keyId ? "stored" : "none") },
    {
      id: "prices",
      header: "Price in / out",
      hideBelow: "md",
      align: "right",
      cell: (model) => `${price(model.inputPrice)} / ${price(model.outputPrice)}`,
    },
    {
      id: "do",
      header: "Change",
      width: "80px",
      cell: (model) =>
        mayWrite ? (
          <Button variant="subtle" size="compact-xs" onClick={() => ask({ model })}>
            Edit
          </Button>
        ) : null,
    },
  ];
}

/** A price without the zeros that the database keeps. */
const price = (given: string | null) => (given === null ? "—" : String(Number(given)));

/** The models that the organization brings, what each is taken for, and what they cost. */
export function Page() {
  const [asked, setAsked] = useState<Asked>();
  const mayWrite = useMayWrite();
  const { data, error, refetch } = useQueryOf(ModelListQueryText, {});
  const rows = useMemo(() => present(data?.models?.nodes), [data]);
  const columns = useMemo(() => columnsOf(mayWrite, setAsked), [mayWrite]);
  const create = mayWrite ? (
    <Button onClick={() => setAsked({ model: undefined })}>Add a model</Button>
  ) : null;
  return (
    <Stack gap="md">
      <PageHeader
        title="Models"
        description="AI models of the organization: to judge, to write tests, to play users, or to be tested."
        actions={create}
      />
      {error === null ? null : <ErrorState error={error} retry={() => void refetch()} />}
      {data === undefined && error === null ? <LoadingState what="the models" /> : null}
      {data === undefined ? null : (
        <>
          <Panel title="All models" flush>
            <DataTable
              caption="Models"
              columns={columns}
              rows={rows}
              rowId={(model) => model.id}
              empty={
                <Empty title="No model yet" action={create}>
                  Add one by its provider, its id and a key, which nobody is shown again.
                </Empty>
              }
            />
          </Panel>
          {rows.length === 0 ? null : <Defaults data={data} />}
          <Costs />
        </>
      )}
      <ModelDialog
        key={asked === undefined ? "none" : (asked.model?.id ?? "new")}
        opened={asked !== undefined}
        close={() => setAsked(undefined)}
        model={asked?.model}
      />
    </Stack>
  );
}
