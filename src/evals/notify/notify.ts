import { z } from "zod";
import type { LongContext } from "../../jobs/index.ts";
import { composeMessage, findTarget, type Target } from "./message.ts";

/** The payload of a notification's job. */
export const notice = z.object({ targetId: z.uuid(), runId: z.uuid() });

/**
 * One target, one end of a run. Each attempt sends the same news: it is composed once. What fails to arrive fails this
 * job and no other.
 * @param send is given the message as JSON; throws what another attempt may mend, and Discard for what none will
 */
export async function notify(
  { step, transaction }: LongContext,
  { targetId, runId }: z.output<typeof notice>,
  send: (target: Target, message: string) => Promise<void>,
): Promise<void> {
  // As text: the database keeps JSON with its keys in another order, and a signature is over bytes.
  const message = await step("compose", () =>
    transaction(async (tx) => {
      const target = await findTarget(tx, targetId);
      const composed = target === undefined ? null : await composeMessage(tx, runId, target.notifyOn);
      return composed === null ? null : JSON.stringify(composed);
    }),
  );
  // Where to is looked up each time: a wrong address may have been mended.
  const target = message === null ? undefined : await transaction((tx) => findTarget(tx, targetId));
  if (message === null || target === undefined) return;
  await step("send", () => send(target, message).then(() => null));
}
