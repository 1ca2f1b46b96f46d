import { Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { FormDialog } from "../shared/form-dialog.tsx";
import { useRest } from "../shared/rest.ts";

/** Makes an empty test set and goes to it. */
export function CreateSetDialog({ opened, close }: { opened: boolean; close(): void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const { mutateAsync } = useRest();
  const navigate = useNavigate();
  async function save(): Promise<void> {
    const { id } = await mutateAsync({ method: "POST", path: "/test-sets", json: { name, description } });
    await navigate(`/test-sets/${id}`);
  }
  return (
    <FormDialog
      opened={opened}
      close={close}
      title="Create a test set"
      verb="Create"
      save={save}
      fields={["name", "description"]}
    >
      {(errors) => (
        <>
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={errors.name}
            data-autofocus
          />
          <Textarea
            label="Description"
            autosize
            minRows={2}
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
            error={errors.description}
          />
        </>
      )}
    </FormDialog>
  );
}
