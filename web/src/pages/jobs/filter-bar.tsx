import { Button, MultiSelect, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { LaunchableTasksQueryText } from "../../api/graphql.generated.ts";
import { useQueryOf } from "../../api/hooks.ts";
import { nodesOf } from "../../lib/nodes-of.ts";
import { allStates, type Filters } from "./filters.ts";
import classes from "./jobs.module.css";

const spans = [
  { value: "15", label: "Last 15 minutes" },
  { value: "60", label: "Last hour" },
  { value: "1440", label: "Last day" },
  { value: "10080", label: "Last 7 days" },
];

type Change = (changed: Partial<Filters>) => void;

/** The conditions of the list. What is typed counts once the typing rests. */
export function FilterBar({ filters, change }: { filters: Filters; change: Change }) {
  const { data } = useQueryOf(LaunchableTasksQueryText, {});
  const { states, task, minutes, batch, error } = filters;
  return (
    <search className={classes.filters} aria-label="Filters of the jobs">
      <TypedFilter
        name="text"
        label="Text"
        placeholder="in payload, result, error …"
        {...{ filters, change }}
      />
      <MultiSelect
        label="State"
        size="xs"
        data={allStates}
        value={[...states]}
        onChange={(chosen) => change({ states: chosen })}
        placeholder={states.length === 0 ? "any" : ""}
        clearable
      />
      <Select
        label="Task"
        data={nodesOf(data?.tasks).map(({ name }) => name)}
        value={task === "" ? null : task}
        onChange={(chosen) => change({ task: chosen ?? "" })}
        placeholder="any"
        searchable
        clearable
      />
      <TypedFilter name="tag" label="Tag" placeholder="any" {...{ filters, change }} />
      <TypedFilter name="key" label="Key" placeholder="any" {...{ filters, change }} />
      <Select
        label="Launched"
        data={spans}
        value={minutes === "" ? null : minutes}
        onChange={(chosen) => change({ minutes: chosen ?? "" })}
        placeholder="at any time"
        clearable
      />
      {error === "" ? null : (
        <Button variant="default" onClick={() => change({ error: "" })}>
          Only one error · show all
        </Button>
      )}
      {batch === "" ? null : (
        <Button variant="default" onClick={() => change({ batch: "" })}>
          Only one batch · show all
        </Button>
      )}
    </search>
  );
}

function TypedFilter(props: {
  name: "text" | "tag" | "key";
  label: string;
  placeholder: string;
  filters: Filters;
  change: Change;
}) {
  const { name, label, placeholder, filters, change } = props;
  const [typed, setTyped] = useState(filters[name]);
  const settle = useDebouncedCallback((value: string) => change({ [name]: value.trim() }), 300);
  // The address may change without this field: by a link, or by going back.
  useEffect(() => setTyped(filters[name]), [filters, name]);
  return (
    <TextInput
      label={label}
      placeholder={placeholder}
      value={typed}
      onChange={({ currentTarget: { value } }) => {
        setTyped(value);
        settle(value);
      }}
    />
  );
}
