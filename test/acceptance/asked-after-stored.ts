import type { TestDatabase } from "../helpers/database.ts";
import { asOwner } from "../helpers/organization.ts";

/** A question as the endpoint's own log has it. */
export type Asked = { input: string; at: number };

/** Writes down from now on the moment at which each output is committed to storage, by the database's clock. */
export async function noteWhenStored(db: TestDatabase): Promise<void> {
  await db.pool("admin").query(`
    create table public.stored (input text not null, at timestamptz not null default clock_timestamp());
    grant insert, select on public.stored to public;
    create function public.note_stored() returns trigger language plpgsql security definer as $$
    begin insert into public.stored (input) values (new.input); return null; end $$;
    create trigger note_stored after update of output on evals.test_results for each row
    when (old.output is null and new.output is not null) execute function public.note_stored();`);
}

/** How many questions were put to the endpoint after their output had been stored. */
export async function askedAfterStored(db: TestDatabase, asked: readonly Asked[]): Promise<number> {
  const rows = await asOwner<{ input: string; at: Date }>(
    db,
    "select input, min(at) as at from public.stored group by input",
  );
  const stored = new Map(rows.map(({ input, at }) => [input, at.getTime()]));
  return asked.filter(({ input, at }) => at > (stored.get(input) ?? Number.POSITIVE_INFINITY)).length;
}
