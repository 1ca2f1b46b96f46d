-- Tests of several turns: a simulated user talks with the endpoint, and the whole conversation is judged.

alter table evals.tests
  alter input drop not null,
  add goal text check (length(goal) between 1 and 20000),
  add instructions text check (length(instructions) between 1 and 20000),
  add restrictions text check (length(restrictions) between 1 and 20000),
  add max_turns int check (max_turns between 1 and 50),
  add simulated_user_model_id uuid,
  add constraint tests_kind check (
    case when goal is null
      then input is not null and num_nonnulls(instructions, restrictions, max_turns, simulated_user_model_id) = 0
      else input is null and instructions is not null end),
  add constraint tests_simulated_user foreign key (organization_id, simulated_user_model_id)
    references evals.models on delete set null (simulated_user_model_id);
comment on table evals.tests is
  'One input with the output that is expected, or a goal that a simulated user is to reach in a conversation. A test may belong to several sets.';
comment on column evals.tests.goal is 'What a conversation is to reach. Tests with a goal are multi-turn, those without have an input.';
comment on column evals.tests.instructions is 'Who the simulated user is, what it wants and how it begins.';
comment on column evals.tests.restrictions is 'What neither the product nor the simulated user may do.';
comment on column evals.tests.max_turns is 'How many messages the simulated user sends at most. Null: 10.';
comment on column evals.tests.simulated_user_model_id is
  'Which model plays the user. Null: the organization''s default for simulated_user.';
comment on constraint tests_simulated_user on evals.tests is '@fieldName simulatedUserModel
@foreignFieldName testsAsSimulatedUser';
create index tests_simulated_user on evals.tests (organization_id, simulated_user_model_id)
  where simulated_user_model_id is not null;

create function evals.conversation_settings(test evals.tests) returns jsonb
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when test.goal is not null then jsonb_build_object('goal', test.goal, 'instructions', test.instructions,
    'restrictions', test.restrictions, 'maxTurns', coalesce(test.max_turns, 10), 'modelId', test.simulated_user_model_id) end
$$;
comment on function evals.conversation_settings(evals.tests) is
  '@behavior -*
A multi-turn test as results keep it; null for any other.';

create function evals.tests_kind(test evals.tests) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when test.goal is null then 'single_turn' else 'multi_turn' end
$$;
comment on function evals.tests_kind(evals.tests) is
  'single_turn: an input is asked once. multi_turn: a conversation with a goal.';
grant execute on function evals.tests_kind(evals.tests) to rowlock_tenant;

alter table evals.test_results
  add conversation jsonb check (jsonb_typeof(conversation) = 'object'),
  add conversation_end jsonb check (jsonb_typeof(conversation_end) = 'object');
comment on column evals.test_results.input is 'What the endpoint is asked; of a multi-turn test its goal.';
comment on column evals.test_results.output is 'What the endpoint answered; in a conversation its last message.';
comment on column evals.test_results.duration_ms is
  'How long the endpoint took, in milliseconds; in a conversation for the answer that took longest.';
comment on column evals.test_results.attempts is
  'How often the endpoint was called. Counted before each call; while a conversation is under way, for its next message alone.';
comment on column evals.test_results.conversation is
  'What a multi-turn test was when its run was launched: goal, instructions, restrictions, maxTurns, modelId.';
comment on column evals.test_results.conversation_end is
  'Why a conversation ended: by is user (it reached its goal or gave up), max_turns or length; with the reason in words.';

create function evals.test_results_kind(test_result evals.test_results) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when test_result.conversation is null then 'single_turn' else 'multi_turn' end
$$;
comment on function evals.test_results_kind(evals.test_results) is 'single_turn or multi_turn, as the test was.';
grant execute on function evals.test_results_kind(evals.test_results) to rowlock_tenant;

create table evals.turns (
  organization_id uuid not null default rowlock.claimed_organization(),
  test_result_id uuid not null,
  position int not null check (position between 0 and 99),
  role text not null check (role in ('user', 'assistant')),
  content text not null,
  context jsonb,
  tool_calls jsonb,
  conversation_id text,
  duration_ms int,
  attempts int,
  input_tokens int,
  output_tokens int,
  cost numeric,
  created_at timestamptz not null default clock_timestamp(),
  primary key (organization_id, test_result_id, position),
  foreign key (organization_id, test_result_id) references evals.test_results on delete cascade,
  check ((position % 2 = 0) = (role = 'user'))
);
comment on table evals.turns is
  '@behavior -insert -update -delete
What was said in a conversation, in order: the simulated user and the endpoint (assistant) by turns. Stored as it is said.';
comment on column evals.turns.position is 'From 0. Even: the user. Turn n of a conversation is the positions 2n - 2 and 2n - 1.';
comment on column evals.turns.conversation_id is 'The endpoint''s own name for the conversation, sent along with the next message.';
comment on column evals.turns.duration_ms is 'How long the endpoint took for this answer.';
comment on column evals.turns.attempts is 'How often the endpoint was called for this answer.';
select rowlock.protect_table('evals.turns', write_role => null);
create policy tasks_write on evals.turns for insert to rowlock_tenant
  with check ((select current_setting('rowlock.job_id', true)) <> '');
grant select, insert on evals.turns to rowlock_tenant;
