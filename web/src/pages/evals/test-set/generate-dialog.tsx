import { NumberInput, TagsInput, Textarea } from "@mantine/core";
import { useState } from "react";
import { numberOr } from "../../../forms/number-or.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import { useRest } from "../shared/rest.ts";

/** Has a model write tests, as drafts. `launched` is told the job. */
export function GenerateDialog(props: {
  opened: boolean;
  close(): void;
  testSetId: string;
  launched(jobId: string): void;
}) {
  const { opened, close, testSetId, launched } = props;
  const [description, setDescription] = useState("");
  const [material, setMaterial] = useState("");
  const [count, setCount] = useState<string | number>(10);
  const [categories, setCategories] = useState<string[]>([]);
  const { mutateAsync } = useRest<{ jobId: string }>();
  async function save(): Promise<void> {
    const json = {
      description,
      count: numberOr(count, undefined),
      ...(material === "" ? {} : { documents: [{ name: "material", text: material }] }),
      ...(categories.length === 0 ? {} : { categories }),
    };
    const { jobId } = await mutateAsync({ method: "POST", path: `/test-sets/${testSetId}/generate`, json });
    launched(jobId);
  }
  return (
    <FormDialog
      opened={opened}
      close={close}
      title="Have a model write tests"
      verb="Write drafts"
      save={save}
      fields={["description", "count", "documents", "categories"]}
    >
      {(errors) => (
        <>
          <Textarea
            label="Description"
            description="What the product does, and what is to be tested."
            autosize
            minRows={3}
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
            error={errors.description}
          />
          <NumberInput label="How many" value={count} onChange={setCount} error={errors.count} />
          <Textarea
            label="Material"
            description="What tests are drawn from, such as terms or a manual."
            autosize
            minRows={3}
            maxRows={10}
            value={material}
            onChange={(event) => setMaterial(event.currentTarget.value)}
            error={errors.documents}
          />
          <TagsInput
            label="Categories"
            description="Each test has one of these; none: whatever the model says."
            value={categories}
            onChange={setCategories}
            error={errors.categories}
          />
        </>
      )}
    </FormDialog>
  );
}
