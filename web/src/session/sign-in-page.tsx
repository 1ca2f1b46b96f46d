import { Alert, Button, Paper, PasswordInput, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { queryClient } from "../api/query-client.ts";
import { PageHeader } from "../ui/page-header.tsx";
import { useCredential } from "./credential.ts";
import { memberCredential } from "./member.ts";
import { readOffers } from "./offers.ts";
import classes from "./sign-in-page.module.css";
import { useSignIn } from "./use-sign-in.ts";

export function SignInPage() {
  const { ended } = useCredential(memberCredential);
  const { data } = useQuery({ queryKey: ["sign-in offers"], queryFn: readOffers, staleTime: Infinity });
  const { token, setToken, error, busy, signIn } = useSignIn();
  return (
    <main className={classes.page}>
      <Paper className={classes.card ?? ""} withBorder p="xl">
        <Stack>
          <img src="/dashboard/favicon.svg" alt="" width={36} height={36} />
          <PageHeader title="Sign in to Rowlock" />
          {ended === undefined ? null : (
            <Alert variant="default" role="status" title="You were signed out">
              {ended}
            </Alert>
          )}
          {(data?.offers ?? []).map((offer) => (
            <Button key={offer.label} size="sm" loading={busy} onClick={() => void signIn(offer.token)}>
              Sign in to {offer.organization} as {offer.label}
            </Button>
          ))}
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void signIn(token);
            }}
          >
            <Stack gap="sm">
              <PasswordInput
                label="API key or token"
                description="It is kept in this tab only, until you close it or sign out."
                placeholder="rlk_…"
                value={token}
                onChange={(event) => setToken(event.currentTarget.value)}
                error={error}
                autoComplete="off"
                data-autofocus
                required
                size="sm"
              />
              <Button
                type="submit"
                size="sm"
                loading={busy}
                variant={(data?.offers ?? []).length > 0 ? "default" : "filled"}
              >
                Sign in
              </Button>
            </Stack>
          </form>
          <Text size="sm" c="dimmed">
            Keys are made by members on the page of keys, or by <code>createApiKey</code>; whoever runs the
            server makes tokens with <code>rowlock token</code>.
          </Text>
        </Stack>
      </Paper>
    </main>
  );
}

/** Everything that was read belongs to who was signed in. */
memberCredential.subscribe(() => {
  if (memberCredential.get().token === undefined) queryClient.removeQueries({ predicate: isAnswer });
});

function isAnswer({ queryKey }: { queryKey: readonly unknown[] }): boolean {
  return queryKey[0] !== "sign-in offers";
}
