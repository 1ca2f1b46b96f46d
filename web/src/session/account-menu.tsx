import { Button, Menu, Text } from "@mantine/core";
import { ExitIcon, PersonIcon } from "@radix-ui/react-icons";
import { memberCredential } from "./member.ts";
import { organizationOf, useViewer } from "./use-viewer.ts";

/** Who is signed in, and the way out. */
export function AccountMenu() {
  const viewer = useViewer();
  const organization = organizationOf(viewer);
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<PersonIcon />}
          aria-label={`Account: ${organization}`}
          maw={200}
        >
          <Text span size="sm" truncate visibleFrom="xs">
            {organization}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {viewer?.name ?? viewer?.email ?? "Signed in"} · {viewer?.role} of {organization}
          {viewer?.apiKeyId == null ? null : ", by an API key"}
        </Menu.Label>
        <Menu.Item leftSection={<ExitIcon />} onClick={() => memberCredential.signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
