import { Anchor, Stack, Text } from "@mantine/core";
import { Link, useLocation } from "react-router";
import { PageHeader } from "../ui/page-header.tsx";

export function NotFound() {
  const { pathname } = useLocation();
  return (
    <Stack>
      <PageHeader title="No such page" />
      <Text>
        There is no page at {pathname}. The{" "}
        <Anchor component={Link} to="/overview">
          overview
        </Anchor>{" "}
        is a good place to start.
      </Text>
    </Stack>
  );
}
