import { Button, Menu } from "@mantine/core";
import { download } from "./download.ts";
import { tellRefusal } from "./notify.ts";

/** Keeps a set or a run as a file, in either format. `path` is below /api. */
export function DownloadMenu({ path, name }: { path: string; name: string }) {
  const get = (format: "jsonl" | "csv") => () => {
    download(`${path}?format=${format}`, `${name}.${format}`).catch((error: unknown) => {
      tellRefusal("Not exported", error);
    });
  };
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default">Export</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={get("jsonl")}>As JSONL</Menu.Item>
        <Menu.Item onClick={get("csv")}>As CSV</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
