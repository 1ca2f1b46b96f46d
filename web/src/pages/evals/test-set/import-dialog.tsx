import { Alert, FileInput, Group, List, NativeSelect, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, type Issue, toApiError } from "../../../api/api-error.ts";
import { readError } from "../../../api/read-errors.ts";
import { counted } from "../../../lib/text.ts";
import { memberCredential } from "../../../session/member.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import { tell } from "../shared/notify.ts";
import { type ImportFormat, importFields, readHead } from "./columns-of-file.ts";

type Chosen = { file: File; format: ImportFormat; names: string[] };
type Mapping = Partial<Record<(typeof importFields)[number], string>>;

const types = { jsonl: "application/x-ndjson", csv: "text/csv" };

/** Adds the tests of a file to a set; lines that cannot be used are told one by one, and nothing is stored then. */
export function ImportDialog(props: { opened: boolean; close(): void; testSetId: string }) {
  const { opened, close, testSetId } = props;
  const [chosen, setChosen] = useState<Chosen>();
  const [mapping, setMapping] = useState<Mapping>({});
  const [bad, setBad] = useState<readonly Issue[]>([]);
  const client = useQueryClient();

  async function choose(file: File | null): Promise<void> {
    setBad([]);
    if (file === null) return setChosen(undefined);
    const head = await readHead(file);
    setMapping(
      Object.fromEntries(importFields.filter((name) => head.names.includes(name)).map((n) => [n, n])),
    );
    setChosen({ file, ...head });
  }

  async function save(): Promise<void> {
    setBad([]);
    if (chosen === undefined) {
      throw new ApiError("INVALID_ARGUMENT", "Choose a file first.", [
        { path: "/file", message: "Choose a file first." },
      ]);
    }
    try {
      const imported = await send(testSetId, chosen, mapping);
      tell(`Imported ${counted(imported, "test")}.`);
    } catch (error) {
      const told = toApiError(error);
      if (told.code !== "IMPORT_INVALID") throw told;
      setBad(told.issues);
      throw new ApiError(told.code, told.message, [{ path: "/file", message: told.message }]);
    }
    await client.invalidateQueries();
  }

  return (
    <FormDialog
      opened={opened}
      close={close}
      title="Import tests from a file"
      verb="Import"
      save={save}
      fields={["file"]}
    >
      {(errors) => (
        <>
          <FileInput
            label="File"
            description="JSONL, an object a line, or CSV with a heading row."
            placeholder="Choose a file"
            accept=".jsonl,.ndjson,.csv,application/x-ndjson,text/csv"
            value={chosen?.file ?? null}
            onChange={(file) => void choose(file)}
            error={errors.file}
          />
          {chosen === undefined ? null : (
            <>
              <Text size="sm">Which field of the file is which of a test:</Text>
              <Group grow preventGrowOverflow={false} gap="xs">
                {importFields.map((name) => (
                  <NativeSelect
                    key={name}
                    label={name}
                    miw={150}
                    data={[{ value: "", label: "none" }, ...new Set(chosen.names.filter(Boolean))]}
                    value={mapping[name] ?? ""}
                    onChange={(event) => setMapping({ ...mapping, [name]: event.currentTarget.value })}
                  />
                ))}
              </Group>
            </>
          )}
          {bad.length === 0 ? null : (
            <Alert color="red" title={`${counted(bad.length, "line")} to correct`} role="alert">
              <List size="sm" type="unordered">
                {bad.map((issue) => (
                  <List.Item key={`${issue.path} ${issue.message}`}>{issue.message}</List.Item>
                ))}
              </List>
            </Alert>
          )}
        </>
      )}
    </FormDialog>
  );
}

async function send(testSetId: string, { file, format }: Chosen, mapping: Mapping): Promise<number> {
  const named = Object.entries(mapping).filter(([, column]) => column !== "");
  const query = new URLSearchParams(named);
  const response = await fetch(`/api/test-sets/${testSetId}/import?${query}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${memberCredential.get().token ?? ""}`,
      "content-type": types[format],
    },
    body: file,
  }).catch(() => {
    throw new ApiError("NETWORK", "The API cannot be reached. Send the file again in a moment.");
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    throw readError(body) ?? new ApiError("BAD_ANSWER", `The import answered ${response.status}.`);
  }
  return Number((Object(body) as { imported?: number }).imported ?? 0);
}
