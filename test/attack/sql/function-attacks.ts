import type { Arena } from "../arena.ts";
import { member, type Outcome, role, type Stand, task } from "../session.ts";
import { newId, type Side } from "../side.ts";
import { denied } from "./check.ts";
import type { FunctionAttack } from "./functions.ts";

const countedAll = `select (select sum(jobs) from rowlock.count_jobs()) = (select count(*) from rowlock.jobs) as v`;
const unauthenticated = ["RL401"];
const notAllowed = ["RL403"];
const notFound = ["RL404"];
const notMember = ["RL405"];
const inactive = ["RL406"];
const noClaims = ["RL407"];
const mismatch = ["RL408"];
const claimsSet = ["RL409"];
const lost = ["RL430"];

/** For each function, calls with another's ids. "internal": nobody but our own functions may call it. */
export function functionAttacks(arena: Arena): Record<string, FunctionAttack[] | "internal"> {
  const { north, south } = arena;
  const at =
    (login: FunctionAttack["login"], stand: Stand) =>
    (
      attack: string,
      expect: FunctionAttack["expect"],
      text: string,
      values: unknown[] = [],
    ): FunctionAttack => ({ attack, login, stand, text, values, expect });
  const owner = at("api", member(north, "owner"));
  const viewer = at("api", member(north, "viewer"));
  const unclaimed = at("api", role("rowlock_tenant"));
  const api = at("api", role(undefined));
  const worker = at("task", role(undefined));
  const begun = at("task", inJob(north));
  const asTask = at("task", task(north));
  const operator = at("admin", role("rowlock_operator"));
  const trusted = at("admin", role("rowlock_owner"));
  const trustedClaimed = at("admin", role("rowlock_owner", { "rowlock.organization_id": north.id }));

  return {
    "rowlock_private.register_worker": [
      worker(
        "enter",
        "works",
        "select rowlock_private.register_worker(gen_random_uuid()::text, 'host', 1, '1', 1, false)",
      ),
      owner("enter", [denied], "select rowlock_private.register_worker('w', 'host', 1, '1', 1, false)"),
    ],
    "rowlock_private.worker_seen": [
      worker(
        "of one not entered",
        firstIs(null),
        "select rowlock_private.worker_seen('nobody', now(), 0) as v",
      ),
      owner("call", [denied], "select rowlock_private.worker_seen('nobody', now(), 0)"),
    ],
    "rowlock_private.tell_changes": [
      worker(
        "of both",
        "works",
        "select rowlock_private.tell_changes(array[$1, $2]::uuid[], array[null, null]::uuid[])",
        [north.id, south.id],
      ),
      owner("call", [denied], "select rowlock_private.tell_changes(array[$1]::uuid[], array[null]::uuid[])", [
        south.id,
      ]),
    ],
    "rowlock_private.check_subscribers": [
      api(
        "a member of another organization",
        firstIs("RL405"),
        "select problem as v from rowlock_private.check_subscribers(array[$1]::uuid[], array[$2]::uuid[], array[null]::uuid[])",
        [south.id, north.users.owner],
      ),
      api(
        "another organization's key",
        firstIs("RL401"),
        "select problem as v from rowlock_private.check_subscribers(array[$1]::uuid[], array[$2]::uuid[], array[$3]::uuid[])",
        [north.id, north.users.owner, south.apiKey.id],
      ),
      api(
        "a member of one's own",
        firstIs("owner"),
        "select role as v from rowlock_private.check_subscribers(array[$1]::uuid[], array[$2]::uuid[], array[null]::uuid[])",
        [north.id, north.users.owner],
      ),
      owner("call", [denied], "select * from rowlock_private.check_subscribers('{}', '{}', '{}')"),
    ],
    "rowlock_private.changes_of": [
      owner("call", [denied], "select * from rowlock_private.changes_of(0, '{}')"),
      worker("call", [denied], "select * from rowlock_private.changes_of(0, '{}')"),
    ],
    "rowlock_private.newest_change": [
      owner("call", [denied], "select rowlock_private.newest_change()"),
      worker("call", [denied], "select rowlock_private.newest_change()"),
    ],
    "rowlock.current_share": [
      owner(
        "one's own",
        firstIs(true),
        "select (rowlock.current_share()).weight = coalesce((select p.weight from rowlock.policies p), 1) as v",
      ),
      unclaimed("without claims", noClaims, "select rowlock.current_share()"),
    ],
    "rowlock_private.unregister_worker": [
      worker("of one not entered", firstIs(0), "select rowlock_private.unregister_worker('nobody') as v"),
      owner("call", [denied], "select rowlock_private.unregister_worker('nobody')"),
    ],
    "rowlock_private.rescue": [
      worker("look for the dead", "works", "select count(*) from rowlock_private.rescue(true)"),
      owner("call", [denied], "select rowlock_private.rescue(true)"),
    ],
    "rowlock_private.return_strays": [
      worker("of one not entered", firstIs(0), "select rowlock_private.return_strays('nobody', '{}') as v"),
      owner("call", [denied], "select rowlock_private.return_strays('nobody', '{}')"),
    ],
    "rowlock_private.suspect_job": [
      owner("another's job", [denied], "select rowlock_private.suspect_job($1, 'note', 0)", [
        south.ids.ended,
      ]),
      worker("one that has ended", firstIs(false), "select rowlock_private.suspect_job($1, 'x', 3) as v", [
        north.ids.ended,
      ]),
    ],
    "rowlock_private.acquit_job": [
      owner("another's job", [denied], "select rowlock_private.acquit_job($1, 'note')", [south.ids.ended]),
      worker("one that has ended", "works", "select rowlock_private.acquit_job($1, 'x')", [north.ids.ended]),
    ],
    "rowlock_private.give_back_strays": "internal",
    "rowlock_private.release_workers": "internal",
    "rowlock_private.unknown_lockers": "internal",
    "rowlock.uuid7": [owner("is an id", "works", "select rowlock.uuid7()")],
    "rowlock.moment_of": [owner("is a time", "works", "select rowlock.moment_of($1)", [north.ids.ended])],
    "rowlock.claimed_organization": [
      owner("is one's own", firstIs(north.id), "select rowlock.claimed_organization() as v"),
      unclaimed("is nobody's", firstIs(null), "select rowlock.claimed_organization() as v"),
    ],
    "rowlock.claimed_user": [
      owner("is oneself", firstIs(north.users.owner), "select rowlock.claimed_user() as v"),
      unclaimed("is nobody", firstIs(null), "select rowlock.claimed_user() as v"),
    ],
    "rowlock.protect_table": [owner("call", [denied], "select rowlock.protect_table('rowlock.live')")],
    "rowlock.require_role": [
      owner("gives one's own", firstIs(north.id), "select rowlock.require_role('owner') as v"),
      viewer("more than one is", notAllowed, "select rowlock.require_role('member')"),
      unclaimed("without claims", noClaims, "select rowlock.require_role('viewer')"),
    ],
    "rowlock.create_api_key": [
      owner("make one", "works", "select rowlock.create_api_key('k', 'owner')"),
      viewer("as a viewer", notAllowed, "select rowlock.create_api_key('k', 'viewer')"),
      at("api", member(north, "member"))(
        "of a role above one's own",
        notAllowed,
        "select rowlock.create_api_key('k', 'owner')",
      ),
      owner("of the system's role", notAllowed, "select rowlock.create_api_key('k', 'system')"),
      unclaimed("without claims", noClaims, "select rowlock.create_api_key('k')"),
    ],
    "rowlock.revoke_api_key": [
      owner("one's own", "works", "select rowlock.revoke_api_key($1)", [north.apiKey.id]),
      owner("another's", notFound, "select rowlock.revoke_api_key($1)", [south.apiKey.id]),
      at("api", member(north, "member"))(
        "someone else's, as a member",
        notFound,
        "select rowlock.revoke_api_key($1)",
        [north.apiKey.id],
      ),
    ],
    "rowlock.add_member": [
      owner("a newcomer", "works", "select rowlock.add_member('new@north.example')"),
      at("api", member(north, "member"))(
        "as a member",
        notAllowed,
        "select rowlock.add_member('new@north.example')",
      ),
      owner("as the system", ["RL423"], "select rowlock.add_member('new@north.example', 'system')"),
    ],
    "rowlock.remove_member": [
      owner("one's own", "works", "select rowlock.remove_member($1)", [north.users.viewer]),
      owner("another's", notFound, "select rowlock.remove_member($1)", [south.users.viewer]),
      owner("the last owner", ["RL425"], "select rowlock.remove_member($1)", [north.users.owner]),
    ],
    "rowlock.launch_jobs": [
      owner("launch", "works", "select rowlock.launch_jobs('canary-everyone', '{\"{}\"}')"),
      viewer("as a viewer", notAllowed, "select rowlock.launch_jobs('canary-everyone', '{\"{}\"}')"),
      owner("a system task", notAllowed, "select rowlock.launch_jobs('attack/system', '{\"{}\"}')"),
      asTask(
        "a system task, from a task",
        "works",
        "select rowlock.launch_jobs('attack/system', '{\"{}\"}')",
      ),
      unclaimed("without claims", noClaims, "select rowlock.launch_jobs('canary-everyone', '{\"{}\"}')"),
    ],
    "rowlock.launch_job": [
      owner(
        "another's key",
        // The other has an unfinished job of this key: ours must be another one.
        (outcome) => (first(outcome) === south.live.id ? "gives the other's job" : undefined),
        "select rowlock.launch_job('canary-everyone', key => $1) as v",
        [south.canary],
      ),
      unclaimed("without claims", noClaims, "select rowlock.launch_job('canary-everyone')"),
    ],
    "rowlock.cancel_job": [
      owner("another's", notFound, "select rowlock.cancel_job($1)", [south.live.id]),
      owner("one's own that has ended", ["RL425"], "select rowlock.cancel_job($1)", [north.ids.ended]),
      viewer("as a viewer", notAllowed, "select rowlock.cancel_job($1)", [north.live.id]),
      unclaimed("without claims", noClaims, "select rowlock.cancel_job($1)", [south.live.id]),
    ],
    "rowlock.retry_job": [
      owner("another's", notFound, "select rowlock.retry_job($1)", [south.ids.ended]),
      owner("one that succeeded", ["RL425"], "select rowlock.retry_job($1)", [north.ids.ended]),
      viewer("as a viewer", notAllowed, "select rowlock.retry_job($1)", [north.ids.ended]),
      unclaimed("without claims", noClaims, "select rowlock.retry_job($1)", [south.ids.ended]),
    ],
    "rowlock.count_matching_jobs": [
      owner("another's", firstIs("0"), "select rowlock.count_matching_jobs(ids => array[$1::uuid]) as v", [
        south.live.id,
      ]),
      viewer(
        "one's own, as a viewer",
        firstIs("1"),
        "select rowlock.count_matching_jobs(ids => array[$1::uuid]) as v",
        [north.live.id],
      ),
      unclaimed("without claims", noClaims, "select rowlock.count_matching_jobs()"),
    ],
    "rowlock.cancel_jobs": [
      owner("another's", firstIs(0), "select jobs as v from rowlock.cancel_jobs(9, ids => array[$1::uuid])", [
        south.live.id,
      ]),
      owner("more than agreed to", ["RL425"], "select rowlock.cancel_jobs(0, ids => array[$1::uuid])", [
        north.live.id,
      ]),
      viewer("as a viewer", notAllowed, "select rowlock.cancel_jobs(9)"),
      unclaimed("without claims", noClaims, "select rowlock.cancel_jobs(9)"),
    ],
    "rowlock.retry_jobs": [
      owner("another's", firstIs(0), "select jobs as v from rowlock.retry_jobs(9, ids => array[$1::uuid])", [
        south.ids.ended,
      ]),
      viewer("as a viewer", notAllowed, "select rowlock.retry_jobs(9)"),
      unclaimed("without claims", noClaims, "select rowlock.retry_jobs(9)"),
    ],
    "rowlock_private.cancel_held": [
      worker("one nobody cancelled", firstIs(false), "select rowlock_private.cancel_held($1) as v", [
        south.live.id,
      ]),
      begun("from a task", claimsSet, "select rowlock_private.cancel_held($1)", [south.live.id]),
      owner("another's", [denied], "select rowlock_private.cancel_held($1)", [south.live.id]),
    ],
    "rowlock_private.stopped_jobs": [
      worker(
        "one that goes on",
        firstIs(undefined),
        "select rowlock_private.stopped_jobs(array[$1::uuid]) as v",
        [south.live.id],
      ),
      begun("from a task", claimsSet, "select rowlock_private.stopped_jobs(array[$1::uuid])", [
        south.live.id,
      ]),
      owner("another's", [denied], "select rowlock_private.stopped_jobs(array[$1::uuid])", [south.live.id]),
    ],
    "rowlock_private.forget_cancellations": [
      worker("call", "works", "select rowlock_private.forget_cancellations()"),
      begun("from a task", claimsSet, "select rowlock_private.forget_cancellations()"),
      owner("call", [denied], "select rowlock_private.forget_cancellations()"),
    ],
    "rowlock_private.stored_steps": [
      worker("of a job it does not hold", lost, "select rowlock_private.stored_steps($1, 1)", [
        south.live.id,
      ]),
      begun("of another's job", mismatch, "select rowlock_private.stored_steps($1, $2)", [
        south.live.id,
        south.live.fence,
      ]),
      owner("another's", [denied], "select rowlock_private.stored_steps($1, 7)", [south.live.id]),
    ],
    "rowlock_private.store_step": [
      worker("of a job it does not hold", lost, "select rowlock_private.store_step($1, 1, 's', '1')", [
        south.live.id,
      ]),
      begun("of another's job", mismatch, "select rowlock_private.store_step($1, $2, 's', '1')", [
        south.live.id,
        south.live.fence,
      ]),
      owner("another's", [denied], "select rowlock_private.store_step($1, 7, 's', '1')", [south.live.id]),
    ],
    "rowlock_private.left_of_sleep": [
      worker("of a job it does not hold", lost, "select rowlock_private.left_of_sleep($1, 1, 's', null, 1)", [
        south.live.id,
      ]),
      begun("of another's job", mismatch, "select rowlock_private.left_of_sleep($1, $2, 's', null, 1)", [
        south.live.id,
        south.live.fence,
      ]),
      owner("another's", [denied], "select rowlock_private.left_of_sleep($1, 7, 's', null, 1)", [
        south.live.id,
      ]),
    ],
    "evals.read_secret": [
      asTask("another's", firstIs("0"), "select count(*) as v from evals.read_secret($1)", [
        south.ids.secret,
      ]),
      owner("one's own, outside a task", notAllowed, "select evals.read_secret($1)", [north.ids.secret]),
      unclaimed("without claims", noClaims, "select evals.read_secret($1)", [south.ids.secret]),
    ],
    "evals.reencrypt_secret": [
      asTask("another's", firstIs(false), reencrypt, [south.ids.secret]),
      owner("one's own, outside a task", notAllowed, reencrypt, [north.ids.secret]),
      viewer("as a viewer", notAllowed, reencrypt, [north.ids.secret]),
      unclaimed("without claims", noClaims, reencrypt, [south.ids.secret]),
    ],
    "evals.remove_endpoint_secrets": [
      trusted(
        "an endpoint deleted takes no other organization's secrets along",
        firstIs(1),
        endpointGone(north, south),
      ),
    ],
    "evals.endpoint_settings": [
      owner("another's", none, "select evals.endpoint_settings(e) from evals.endpoints e where e.id = $1", [
        south.ids.endpoint,
      ]),
    ],
    "evals.endpoints_secrets": [
      owner("another's", none, "select evals.endpoints_secrets(e) from evals.endpoints e where e.id = $1", [
        south.ids.endpoint,
      ]),
    ],
    "rowlock.clock": [owner("what time it is", "works", "select rowlock.clock()")],
    "rowlock.create_schedule": [
      owner("make one", "works", "select rowlock.create_schedule('s', 'canary-everyone', '0 0 * * *')"),
      owner(
        "of a system task",
        notAllowed,
        "select rowlock.create_schedule('s', 'attack/system', '0 0 * * *')",
      ),
      viewer(
        "as a viewer",
        notAllowed,
        "select rowlock.create_schedule('s', 'canary-everyone', '0 0 * * *')",
      ),
      unclaimed(
        "without claims",
        noClaims,
        "select rowlock.create_schedule('s', 'canary-everyone', '@daily')",
      ),
    ],
    "rowlock.update_schedule": [
      owner("another's", notFound, "select rowlock.update_schedule($1, '{}')", [south.ids.schedule]),
      owner("whose it is", ["RL423"], `select rowlock.update_schedule($1, '{"user_id": "x"}')`, [
        north.ids.schedule,
      ]),
      owner(
        "to a system task",
        notAllowed,
        `select rowlock.update_schedule($1, '{"task": "attack/system", "name": "s", "expression": "@daily", "time_zone": "UTC", "catch_up": "last", "overlap": "allow"}')`,
        [north.ids.schedule],
      ),
      viewer("as a viewer", notAllowed, "select rowlock.update_schedule($1, '{}')", [north.ids.schedule]),
      unclaimed("without claims", noClaims, "select rowlock.update_schedule($1, '{}')", [south.ids.schedule]),
    ],
    "rowlock.delete_schedule": [
      owner("another's", notFound, "select rowlock.delete_schedule($1)", [south.ids.schedule]),
      viewer("as a viewer", notAllowed, "select rowlock.delete_schedule($1)", [north.ids.schedule]),
      unclaimed("without claims", noClaims, "select rowlock.delete_schedule($1)", [south.ids.schedule]),
    ],
    "rowlock.run_schedule": [
      owner("another's", notFound, "select rowlock.run_schedule($1)", [south.ids.schedule]),
      viewer("as a viewer", notAllowed, "select rowlock.run_schedule($1)", [north.ids.schedule]),
      unclaimed("without claims", noClaims, "select rowlock.run_schedule($1)", [south.ids.schedule]),
    ],
    "rowlock.pause_jobs": [
      owner("a task nobody has", ["RL410"], "select rowlock.pause_jobs('nothing')"),
      viewer("as a viewer", notAllowed, "select rowlock.pause_jobs()"),
      unclaimed("without claims", noClaims, "select rowlock.pause_jobs()"),
    ],
    "rowlock.resume_jobs": [
      owner("another's", firstIs(false), "select rowlock.resume_jobs($1) as v", [south.canary]),
      viewer("as a viewer", notAllowed, "select rowlock.resume_jobs()"),
      unclaimed("without claims", noClaims, "select rowlock.resume_jobs()"),
    ],
    "rowlock_private.due_schedules": [
      worker("when all are off", firstIs("0"), "select count(*) as v from rowlock_private.due_schedules(1)"),
      begun("from a task", claimsSet, "select rowlock_private.due_schedules(1)"),
      owner("look", [denied], "select rowlock_private.due_schedules(1)"),
    ],
    "rowlock_private.run_ticks": [
      // One that is off does not tick, whatever a worker says.
      worker(
        "of one that is off",
        firstIs("0"),
        "select count(*) as v from rowlock_private.run_ticks(jsonb_build_array(jsonb_build_object('organization_id', $1::uuid, 'id', $2::uuid, 'ticks', '{2027-01-01}'::timestamptz[])))",
        [south.id, south.ids.schedule],
      ),
      begun("from a task", claimsSet, "select rowlock_private.run_ticks('[]')"),
      owner("another's", [denied], "select rowlock_private.run_ticks('[]')"),
    ],
    "rowlock_private.begin_system_tick": [
      worker(
        "of one that is not there",
        firstIs(false),
        "select rowlock_private.begin_system_tick($1, null, null, null, null) as v",
        [newId()],
      ),
      begun(
        "from a task",
        claimsSet,
        "select rowlock_private.begin_system_tick($1, null, null, now(), null)",
        [newId()],
      ),
      owner("call", [denied], "select rowlock_private.begin_system_tick($1, null, null, now(), null)", [
        newId(),
      ]),
    ],
    "rowlock_private.fan_out": [
      worker("with nothing to do", firstIs(null), "select rowlock_private.fan_out(1) as v"),
      begun("from a task", claimsSet, "select rowlock_private.fan_out(1)"),
      owner("call", [denied], "select rowlock_private.fan_out(1)"),
    ],
    "rowlock_private.forget_launch_requests": [
      worker("nothing is that old", firstIs(0), "select rowlock_private.forget_launch_requests() as v"),
      begun("from a task", claimsSet, "select rowlock_private.forget_launch_requests()"),
      owner("call", [denied], "select rowlock_private.forget_launch_requests()"),
    ],
    "rowlock.begin_launch_request": [
      owner(
        "of nobody",
        firstIs(0),
        `select count(*)::int as v from rowlock.begin_launch_request('mine', '\\x00')`,
      ),
      viewer("as a viewer", notAllowed, "select rowlock.begin_launch_request('mine', '\\x00')"),
      unclaimed("without claims", noClaims, "select rowlock.begin_launch_request('mine', '\\x00')"),
      api("call", [denied], "select rowlock.begin_launch_request('mine', '\\x00')"),
    ],
    "rowlock.end_launch_request": [
      owner(
        "with a foreign job",
        "works",
        "select rowlock.end_launch_request('theirs', sha256('x'), array[$1::uuid])",
        [newId()],
      ),
      viewer("as a viewer", notAllowed, "select rowlock.end_launch_request('v', sha256('x'), '{}')"),
      unclaimed("without claims", noClaims, "select rowlock.end_launch_request('u', sha256('x'), '{}')"),
      api("call", [denied], "select rowlock.end_launch_request('a', sha256('x'), '{}')"),
    ],
    "rowlock_private.forget_audit": [
      worker("nothing is that old", firstIs(0), "select rowlock_private.forget_audit('2000-01-01') as v"),
      begun("from a task", claimsSet, "select rowlock_private.forget_audit(now())"),
      owner("call", [denied], "select rowlock_private.forget_audit(now())"),
    ],
    "rowlock.create_batch": [
      owner("make one", "works", "select rowlock.create_batch('b', 'canary-everyone', '{}')"),
      owner(
        "with a system task at its end",
        notAllowed,
        "select rowlock.create_batch('b', 'attack/system', '{}')",
      ),
      viewer("as a viewer", notAllowed, "select rowlock.create_batch()"),
      unclaimed("without claims", noClaims, "select rowlock.create_batch()"),
    ],
    "rowlock.batches_progress": [
      owner(
        "of another",
        firstIs("0"),
        "select (rowlock.batches_progress(row($1, $2, '', null, null, null, null, now(), null)::rowlock.batches)).jobs as v",
        [south.id, newId()],
      ),
    ],
    "rowlock_private.unblock_unmarked": [
      worker("call", firstIs(0), "select rowlock_private.unblock_unmarked() as v"),
      begun("from a task", claimsSet, "select rowlock_private.unblock_unmarked()"),
      owner("call", [denied], "select rowlock_private.unblock_unmarked()"),
    ],
    "rowlock_private.fail_overdue_jobs": [
      worker("call", firstIs(0), "select rowlock_private.fail_overdue_jobs() as v"),
      begun("from a task", claimsSet, "select rowlock_private.fail_overdue_jobs()"),
      owner("call", [denied], "select rowlock_private.fail_overdue_jobs()"),
    ],
    "rowlock.launch_job_for": [
      owner("as a tenant", [denied], launchFor, [south.id, south.users.owner]),
      api("as the API's login", [denied], launchFor, [south.id, south.users.owner]),
      asTask("from a task", [denied], launchFor, [south.id, south.users.owner]),
      trusted("trusted, for a member", "works", launchFor, [north.id, north.users.owner]),
      trusted("for a stranger", notMember, launchFor, [south.id, north.users.owner]),
      trusted("for nobody's organization", inactive, launchFor, [newId(), north.users.owner]),
      trustedClaimed("for another than claimed", mismatch, launchFor, [south.id, south.users.owner]),
    ],
    "rowlock.launch_on_change": [
      owner("call", ["0A000"], "select rowlock.launch_on_change()"),
      trustedClaimed(
        "a row of another than claimed",
        mismatch,
        `create trigger attack after insert on app.notes for each row
           execute function rowlock.launch_on_change('canary-everyone', 'id');
         insert into app.notes (organization_id, title) values ('${south.id}', 'x')`,
      ),
    ],
    "evals.execute_test_set": [
      owner("one's own", "works", execute, [north.ids.set, north.ids.endpoint, null]),
      owner("another's set", notFound, execute, [south.ids.set, north.ids.endpoint, null]),
      owner("another's endpoint", notFound, execute, [north.ids.set, south.ids.endpoint, null]),
      owner("another's metric", notFound, execute, [north.ids.set, north.ids.endpoint, [south.ids.metric]]),
      viewer("as a viewer", notAllowed, execute, [north.ids.set, north.ids.endpoint, null]),
    ],
    "evals.cancel_test_run": [
      owner("one's own", "works", cancelRun, [north.ids.run]),
      owner("another's", notFound, cancelRun, [south.ids.run]),
      viewer("as a viewer", notAllowed, cancelRun, [north.ids.run]),
      unclaimed("without claims", noClaims, cancelRun, [south.ids.run]),
    ],
    "evals.retry_test_run": [
      owner("one's own that is under way", ["RL425"], retryRun, [north.ids.run]),
      owner("another's", notFound, retryRun, [south.ids.run]),
      viewer("as a viewer", notAllowed, retryRun, [north.ids.run]),
      unclaimed("without claims", noClaims, retryRun, [south.ids.run]),
    ],
    "evals.launch_results": "internal",
    "evals.choose_metrics": "internal",
    "evals.tests_kind": [
      owner("another's", none, "select evals.tests_kind(t) from evals.tests t where t.id = $1", [
        south.ids.test,
      ]),
    ],
    "evals.test_results_kind": [
      owner(
        "another's",
        none,
        "select evals.test_results_kind(r) from evals.test_results r where r.id = $1",
        [south.ids.result],
      ),
    ],
    "evals.conversation_settings": "internal",
    "evals.rescore_test_run": [
      owner("one's own that is under way", ["RL425"], rescoreRun, [north.ids.run, null]),
      owner("another's", notFound, rescoreRun, [south.ids.run, null]),
      owner("another's metric", [...notFound, "RL425"], rescoreRun, [north.ids.run, [south.ids.metric]]),
      viewer("as a viewer", notAllowed, rescoreRun, [north.ids.run, null]),
      unclaimed("without claims", noClaims, rescoreRun, [south.ids.run, null]),
    ],
    "evals.set_test_set_metrics": [
      owner("one's own", "works", setMetrics, [north.ids.set, [north.ids.spareMetric]]),
      owner("another's set", notFound, setMetrics, [south.ids.set, [north.ids.metric]]),
      owner("another's metric", notFound, setMetrics, [north.ids.set, [south.ids.metric]]),
      viewer("as a viewer", notAllowed, setMetrics, [north.ids.set, []]),
      unclaimed("without claims", noClaims, setMetrics, [south.ids.set, []]),
    ],
    "evals.test_runs_by_test": [
      owner(
        "one's own",
        firstIs(2),
        "select count(*)::int as v from evals.test_runs r cross join lateral evals.test_runs_by_test(r) where r.id = $1",
        [north.ids.run],
      ),
      owner(
        "another's",
        firstIs(0),
        "select count(*)::int as v from evals.test_runs_by_test(jsonb_populate_record(null::evals.test_runs, $1))",
        [JSON.stringify({ organization_id: south.id, id: south.ids.run })],
      ),
    ],
    "evals.test_outcomes": [
      owner("one's own", firstIs(2), "select count(*)::int as v from evals.test_outcomes($1)", [
        north.ids.run,
      ]),
      owner("another's", firstIs(0), "select count(*)::int as v from evals.test_outcomes($1)", [
        south.ids.run,
      ]),
    ],
    "evals.mcnemar_p": [owner("call", firstIs(0.5), "select evals.mcnemar_p(0, 2) as v")],
    "evals.compare_test_runs": [
      owner("one's own", firstIs(2), compareRuns, [north.ids.run, north.ids.run]),
      owner("one's own with another's", firstIs(null), compareRuns, [north.ids.run, south.ids.run]),
      owner("another's with one's own", firstIs(null), compareRuns, [south.ids.run, north.ids.run]),
      unclaimed("without claims", firstIs(null), compareRuns, [south.ids.run, south.ids.run]),
    ],
    "evals.remove_target_secret": [
      trusted("a webhook deleted takes its own secret along", firstIs(0), targetGone(north, north)),
      trusted("and no other organization's", firstIs(1), targetGone(north, south)),
    ],
    "evals.keep_version": [
      owner("of another's test", none, "update evals.tests set input = 'x' where id = $1 returning id", [
        south.ids.test,
      ]),
      owner("call", [denied], "select evals.keep_version()"),
    ],
    "evals.begin_version": [
      owner(
        "one's own",
        firstIs(1),
        "insert into evals.tests (input, version) values ('x', 9) returning version as v",
      ),
      owner("call", [denied], "select evals.begin_version()"),
    ],
    "evals.check_baseline": [
      owner("one's own run", "works", setBaseline, [north.ids.set, north.ids.run]),
      owner("another's run", ["23503"], setBaseline, [north.ids.set, south.ids.run]),
      owner("call", [denied], "select evals.check_baseline()"),
    ],
    "evals.compared_with": [
      owner(
        "another's",
        firstIs(null),
        "select evals.compared_with(jsonb_populate_record(null::evals.test_runs, $1)) as v",
        [
          JSON.stringify({
            organization_id: south.id,
            id: south.ids.run,
            test_configuration_id: south.ids.configuration,
          }),
        ],
      ),
    ],
    "evals.test_runs_regressions": [
      owner(
        "another's",
        firstIs(null),
        "select (evals.test_runs_regressions(jsonb_populate_record(null::evals.test_runs, $1))).tests as v",
        [
          JSON.stringify({
            organization_id: south.id,
            id: south.ids.run,
            test_configuration_id: south.ids.configuration,
          }),
        ],
      ),
    ],
    "evals.test_runs_summary": [
      owner(
        "one's own",
        (outcome) => (first(outcome) === 1 ? undefined : `sees ${first(outcome)} of one errored result`),
        "select (evals.test_runs_summary(r)).errored as v from evals.test_runs r where r.id = $1",
        [north.ids.run],
      ),
      owner(
        "another's",
        (outcome) => (first(outcome) === 0 ? undefined : `counts ${first(outcome)} of another's results`),
        `select (evals.test_runs_summary(jsonb_populate_record(null::evals.test_runs, $1))).errored as v`,
        [JSON.stringify({ organization_id: south.id, id: south.ids.run })],
      ),
    ],
    "evals.open_drafts": "internal",
    "evals.accept_test_drafts": [
      owner("of another's set", notFound, "select evals.accept_test_drafts($1)", [south.ids.set]),
      owner("another's draft", notFound, "select evals.accept_test_drafts($1, array[$2]::uuid[])", [
        north.ids.set,
        south.ids.draft,
      ]),
      owner("one's own", firstIs(1), "select count(*)::int as v from evals.accept_test_drafts($1)", [
        north.ids.set,
      ]),
      viewer("as a viewer", notAllowed, "select evals.accept_test_drafts($1)", [north.ids.set]),
      unclaimed("without claims", noClaims, "select evals.accept_test_drafts($1)", [north.ids.set]),
    ],
    "evals.reject_test_drafts": [
      owner("of another's set", notFound, "select evals.reject_test_drafts($1)", [south.ids.set]),
      owner("another's draft", notFound, "select evals.reject_test_drafts($1, array[$2]::uuid[])", [
        north.ids.set,
        south.ids.draft,
      ]),
      viewer("as a viewer", notAllowed, "select evals.reject_test_drafts($1)", [north.ids.set]),
      unclaimed("without claims", noClaims, "select evals.reject_test_drafts($1)", [north.ids.set]),
    ],
    "evals.replace_test_draft": [
      owner("another's", notFound, replaceDraft, [south.ids.draft]),
      owner("one's own", firstIs(north.ids.draft), replaceDraft, [north.ids.draft]),
      viewer("as a viewer", notAllowed, replaceDraft, [north.ids.draft]),
      unclaimed("without claims", noClaims, replaceDraft, [north.ids.draft]),
    ],
    "evals.model_settings": [
      owner("one's own", firstIs(north.ids.model), modelSettings, [north.ids.model]),
      owner("another's", none, modelSettings, [south.ids.model]),
    ],
    "evals.metric_settings": [
      owner("one's own", firstIs("goal"), metricSettings, [north.ids.metric]),
      owner("another's", none, metricSettings, [south.ids.metric]),
      owner(
        "as if another's model judged",
        firstIs(null),
        "select evals.metric_settings(jsonb_populate_record(null::evals.metrics, $1))->>'model' as v",
        [{ organization_id: south.id, kind: "goal", model_id: south.ids.model, parameters: {} }],
      ),
    ],
    "evals.keep_judging_model": [
      owner("another's", none, "delete from evals.models where id = $1 returning id", [south.ids.model]),
      owner("call", [denied], "select evals.keep_judging_model()"),
    ],
    "evals.forget_key": [
      trusted("with its model's", firstIs(0), forgetKey(north)),
      trusted("another's", firstIs(1), forgetKey(north, south)),
    ],
    "evals.model_usage_totals": [
      owner("one's own", firstIs(1), "select count(*)::int as v from evals.model_usage_totals()"),
      owner("another's run", firstIs(0), "select count(*)::int as v from evals.model_usage_totals($1)", [
        south.ids.run,
      ]),
      unclaimed("without claims", firstIs(0), "select count(*)::int as v from evals.model_usage_totals()"),
    ],
    "evals.close_result": [
      // The job of one organization has the id of the other's.
      trusted("another's result", changes(south, 0), closeResult(north, south)),
      trusted("one's own result", changes(north, 1), closeResult(north, north)),
    ],
    "evals.reopen_result": [
      trusted("another's result", changes(south, 0), reopenResult(north, south)),
      trusted("one's own result", changes(north, 1), reopenResult(north, north)),
    ],
    "evals.tell_of_end": [
      // The batch of one organization has the id of the other's run.
      trusted("another's run", firstIs(0), endOfRun(north, south)),
      trusted("one's own run", firstIs(1), endOfRun(north, north)),
    ],
    "rowlock_private.enter": [
      api("one's own", "works", enter, [north.id, north.users.viewer, null]),
      api("another's organization", notMember, enter, [south.id, north.users.owner, null]),
      api("nobody's organization", inactive, enter, [newId(), north.users.owner, null]),
      api("with another's key", unauthenticated, enter, [north.id, north.users.owner, south.apiKey.id]),
      api("with a key of someone else", unauthenticated, enter, [
        north.id,
        north.users.member,
        north.apiKey.id,
      ]),
      at("api", { name: "a viewer, the role reset", opening: [...member(north, "viewer").opening, reset] })(
        "a second time",
        claimsSet,
        enter,
        [south.id, south.users.owner, null],
      ),
      viewer("as the tenant", [denied], enter, [south.id, south.users.owner, null]),
    ],
    "rowlock_private.find_api_key": [
      api("a key", "works", findKey, [north.apiKey.secret]),
      api("its hash instead", none, findKey, [south.apiKey.hash.toString("hex")]),
      api("a pattern", none, findKey, ["rlk_%"]),
      owner("as the tenant", [denied], findKey, [south.apiKey.secret]),
    ],
    "rowlock_private.sync_tasks": [
      worker("as the worker", "works", "select rowlock_private.sync_tasks('[]')"),
      asTask("from a task", [denied], "select rowlock_private.sync_tasks('[]')"),
      api("as the API", [denied], "select rowlock_private.sync_tasks('[]')"),
    ],
    "rowlock_private.keep_periods": [
      worker("as the worker", "works", "select rowlock_private.keep_periods()"),
      asTask("from a task", [denied], "select rowlock_private.keep_periods()"),
    ],
    "rowlock_private.count_week": [
      worker("as the worker", "works", "select rowlock_private.count_week()"),
      worker(
        "the first week",
        firstIs(true),
        "select rowlock_private.count_week(now() + interval '8 weeks') as v",
      ),
      asTask("from a task", [denied], "select rowlock_private.count_week()"),
    ],
    "rowlock_private.note_ended": "internal",
    "rowlock.error_fingerprint": [
      owner("is a hash", "works", "select rowlock.error_fingerprint('t', 'C', 'm')"),
    ],
    "rowlock.viewer": [
      owner("is oneself", firstIs(north.id), "select organization_id as v from rowlock.viewer()"),
      unclaimed("without claims", noClaims, "select * from rowlock.viewer()"),
    ],
    "rowlock.find_job_ids": [
      owner(
        "another's text",
        firstIs(0),
        "select cardinality(ids) as v from rowlock.find_job_ids(text => $1)",
        [south.canary],
      ),
      owner(
        "another's tag",
        firstIs(0),
        "select cardinality(ids) as v from rowlock.find_job_ids(tag => $1)",
        [south.canary],
      ),
      owner(
        "another's batch",
        firstIs(0),
        "select cardinality(ids) as v from rowlock.find_job_ids(batch => $1)",
        [south.ids.batch],
      ),
      owner(
        "another's running and queued",
        firstIs(false),
        "select $1::uuid = any(ids) as v from rowlock.find_job_ids(states => '{queued,running}')",
        [south.live.id],
      ),
      unclaimed("without claims", noClaims, "select * from rowlock.find_job_ids()"),
    ],
    "rowlock.read_overview": [
      owner("another's errors", firstIs(0), "select strpos(rowlock.read_overview()::text, $1) as v", [
        south.canary,
      ]),
      unclaimed("without claims", noClaims, "select rowlock.read_overview()"),
    ],
    "rowlock_private.roll_minutes": [
      worker("as the worker", firstIs(1), "select rowlock_private.roll_minutes(1) as v"),
      asTask("from a task", [denied], "select rowlock_private.roll_minutes()"),
      owner("as a tenant", [denied], "select rowlock_private.roll_minutes()"),
    ],
    "rowlock.count_jobs": [
      owner("counts one's own", firstIs(true), countedAll),
      unclaimed("counts nothing", none, "select * from rowlock.count_jobs()"),
    ],
    // A worker names a job; with the claims of one it can touch no other, whatever number it says.
    "rowlock_private.begin_job": [
      worker("a job", verdictIs("run"), begin, [south.live.id, south.live.task]),
      worker("under another task's name", verdictIs("held"), begin, [south.live.id, "attack/other"]),
      worker("one that ended", verdictIs("ended"), begin, [south.ids.ended, south.canary]),
      begun("within another's", claimsSet, begin, [south.live.id, south.live.task]),
      asTask("from a task", [denied], begin, [south.live.id, south.live.task]),
    ],
    "rowlock_private.resume_job": [
      worker("not running", lost, "select rowlock_private.resume_job($1, $2)", [
        south.live.id,
        south.live.fence,
      ]),
      begun("within another's", [...claimsSet, ...lost], "select rowlock_private.resume_job($1, $2)", [
        south.live.id,
        south.live.fence,
      ]),
      asTask("from a task", [denied], "select rowlock_private.resume_job($1, 0)", [south.live.id]),
    ],
    ...Object.fromEntries(
      Object.entries(endings).map(([name, text]) => [
        name,
        [
          begun("one's own", "works", text, [north.live.id, north.live.fence]),
          begun("another's", mismatch, text, [south.live.id, south.live.fence]),
          worker("with an old number", lost, text, [south.live.id, south.live.fence - 1]),
          asTask("from a task", [denied], text, [south.live.id, south.live.fence]),
        ],
      ]),
    ),
    "rowlock_private.report_progress": [
      at("task", inLongJob(north))("one's own", "works", progress, [north.live.id, north.live.fence + 1]),
      at("task", inLongJob(north, south))("another's", mismatch, progress, [
        south.live.id,
        south.live.fence + 1,
      ]),
      worker("with an old number", lost, progress, [south.live.id, south.live.fence - 1]),
      asTask("from a task", [denied], progress, [south.live.id, south.live.fence]),
    ],
    "rowlock_private.begin_jobs": [
      worker("jobs", verdictIs("run"), beginBundle, [[south.live.id], south.live.task]),
      worker("under another task's name", verdictIs("held"), beginBundle, [[south.live.id], "attack/other"]),
      worker("ones that ended", verdictIs("ended"), beginBundle, [[south.ids.ended], south.canary]),
      begun("within another's", claimsSet, beginBundle, [[south.live.id], south.live.task]),
      asTask("from a task", [denied], beginBundle, [[south.live.id], south.live.task]),
    ],
    "rowlock_private.end_jobs": [
      at("task", inBundle(north))("one's own", "works", endBundle, [[north.live.id]]),
      at("task", inBundle(north))("another's", mismatch, endBundle, [[south.live.id]]),
      at("task", inBundle(north))("another's, as failed", mismatch, failBundle, [
        JSON.stringify([{ id: south.live.id, fence: south.live.fence, code: "X", message: "x" }]),
      ]),
      at("task", inBundle(north))("another's, as not begun", mismatch, putOffBundle, [[south.live.id]]),
      begun("of a single job", noClaims, endBundle, [[north.live.id]]),
      worker("without claims", noClaims, endBundle, [[south.live.id]]),
      asTask("from a task", [denied], endBundle, [[south.live.id]]),
    ],
    // What the dispatcher and the keeper alone do: they have no claims, and a task has.
    ...Object.fromEntries(
      Object.entries(dispatching).map(([name, text]) => [
        name,
        [
          worker("as the worker", name in answers ? firstIs(answers[name]) : "works", text),
          begun("with the claims of a job", claimsSet, text),
          asTask("from a task", [denied], text),
          api("as the API", [denied], text),
        ],
      ]),
    ),
    "rowlock_private.require_dispatcher": [
      trusted("the owner's policies", "works", editPolicy, [newId()]),
      trusted("the owner's slots of a rate", "works", takeSlot, [newId(), newId()]),
    ],
    "rowlock.workers": [
      operator("see the workers", "works", "select count(*) from rowlock.workers()"),
      owner("as a tenant", [denied], "select * from rowlock.workers()"),
      api("as the API", [denied], "select * from rowlock.workers()"),
    ],
    "rowlock.backlogs": [
      operator(
        "an organization itself",
        firstIs(`${north.canary} Ltd`),
        "select name as v from rowlock.organizations where id = $1",
        [north.id],
      ),
      operator(
        "see the organizations' names",
        firstIs(`${north.canary} Ltd`),
        "select name as v from rowlock.backlogs($1)",
        [north.id],
      ),
      owner("of one's own, as a tenant", [denied], "select * from rowlock.backlogs($1)", [north.id]),
      owner("of all, as a tenant", [denied], "select * from rowlock.backlogs()"),
      asTask("from a task", [denied], "select * from rowlock.backlogs()"),
    ],
    "rowlock.job_summaries": [
      operator(
        "see the jobs of an organization",
        firstIs(north.live.id),
        "select id as v from rowlock.job_summaries($1, 'queued')",
        [north.id],
      ),
      owner("another's, as a tenant", [denied], "select * from rowlock.job_summaries($1)", [south.id]),
      owner("one's own, as a tenant", [denied], "select * from rowlock.job_summaries($1)", [north.id]),
      asTask("from a task", [denied], "select * from rowlock.job_summaries($1)", [north.id]),
    ],
    "rowlock_private.touch_policy": [
      operator("edit an organization's policy", "works", editPolicy, [newId()]),
      operator("edit a task's policy", "works", editTaskPolicy, [newId()]),
      trusted("edit a task's policy as the owner", "works", editTaskPolicy, [newId()]),
      owner("edit a policy as a tenant", [denied], editPolicy, [north.id]),
      owner("edit a task's policy as a tenant", [denied], editTaskPolicy, [newId()]),
      operator("call", [denied], "select rowlock_private.touch_policy()"),
    ],
    "rowlock_private.count_policies": [
      operator("edit an organization's policy", "works", editPolicy, [newId()]),
      operator("call", [denied], "select rowlock_private.count_policies()"),
      operator("set the number", [denied], "update rowlock_private.policies_version set version = 0"),
      owner(
        "set the number as a tenant",
        [denied],
        "update rowlock_private.policies_version set version = 0",
      ),
    ],
    "rowlock.organization_shares": [
      operator("see the shares", "works", "select count(*) from rowlock.organization_shares()"),
      owner("call", [denied], "select rowlock.organization_shares(organization => $1)", [south.id]),
      begun("call from a task", [denied], "select rowlock.organization_shares()"),
    ],
    "rowlock.database_health": [
      operator("see the database's health", "works", "select (rowlock.database_health()).complete"),
      owner("call", [denied], "select rowlock.database_health()"),
      begun("call from a task", [denied], "select rowlock.database_health()"),
    ],
    "rowlock_private.cancel": "internal",
    "rowlock_private.retry": "internal",
    "rowlock_private.matching_jobs": "internal",
    "rowlock_private.act_on": "internal",
    "rowlock_private.refuse_cancelled": "internal",
    "rowlock_private.hold_batch": "internal",
    "rowlock_private.hold_attempt": "internal",
    "rowlock_private.forget_beside": "internal",
    "rowlock_private.settle_batches": "internal",
    "rowlock_private.follow": "internal",
    "rowlock_private.unblock": "internal",
    "rowlock_private.settle_followers": "internal",
    "rowlock_private.fail_overdue": "internal",
    "rowlock_private.move_to_end": "internal",
    "rowlock_private.settle_ended": "internal",
    "rowlock_private.end_unfinished": "internal",
    "rowlock_private.deliver": "internal",
    "rowlock_private.deliveries": "internal",
    "rowlock_private.locked_deliveries": "internal",
    "rowlock_private.in_flight": "internal",
    "rowlock_private.backlog_of": "internal",
    "rowlock_private.next_organization": "internal",
    "rowlock_private.weights_at_work": "internal",
    "rowlock_private.table_health": "internal",
    "rowlock_private.transaction_holders": "internal",
    "rowlock_private.queue_health": "internal",
    "rowlock_private.gone": "internal",
    "rowlock_private.lane_of": "internal",
    "rowlock_private.wake_deliveries": "internal",
    "rowlock_private.organization_is_active": "internal",
    "rowlock_private.member_role": "internal",
    "rowlock_private.audit_change": [
      operator(
        "read what operators did",
        firstIs(true),
        "select count(*) > 0 as v from rowlock.audit_entries",
      ),
    ],
    "rowlock_private.check_system_schedule": [
      operator(
        "make a schedule",
        "works",
        "insert into rowlock.system_schedules (name, task, expression) values ($1, 'attack/system', '@daily')",
        [newId()],
      ),
    ],
    "rowlock_private.clock": [worker("what time it is", "works", "select rowlock_private.clock()", [])],
  };
}

const launchFor = "select rowlock.launch_job_for($1, $2, 'canary-everyone')";
const reencrypt = "select evals.reencrypt_secret($1, 'x', 'y', '') as v";
const execute = "select evals.execute_test_set($1, $2, $3)";
const cancelRun = "select evals.cancel_test_run($1)";
const rescoreRun = "select evals.rescore_test_run($1, $2)";
const setMetrics = "select evals.set_test_set_metrics($1, $2)";
const compareRuns = "select (evals.compare_test_runs($1, $2)).tests as v";
const setBaseline = "update evals.test_sets set baseline_run_id = $2 where id = $1";
const replaceDraft = "select (evals.replace_test_draft($1, 'x', null, null, null)).id as v";
const modelSettings = "select evals.model_settings(m)->>'id' as v from evals.models m where m.id = $1";
const metricSettings = "select evals.metric_settings(m)->>'kind' as v from evals.metrics m where m.id = $1";
const retryRun = "select evals.retry_test_run($1)";
const enter = "select rowlock_private.enter($1, $2, 'attack', $3)";
const findKey = "select * from rowlock_private.find_api_key($1)";
const begin = "select verdict as v from rowlock_private.begin_job($1, $2, false)";
const editPolicy = "insert into rowlock.policies (organization_id, weight) values ($1, 2)";
const editTaskPolicy = "insert into rowlock.task_policies (task) values ($1)";
const takeSlot =
  "insert into rowlock_private.rate_slots (job_id, fence, organization_id, task) values ($1, 0, $2, 'x')";
const beginBundle = "select verdict as v from rowlock_private.begin_jobs($1, $2)";
const endBundle = "select rowlock_private.end_jobs($1, array[now()], array[null::jsonb], '[]', '{}', false)";
const failBundle = "select rowlock_private.end_jobs('{}', '{}', '{}', $1, '{}', false)";
const putOffBundle = "select rowlock_private.end_jobs('{}', '{}', '{}', '[]', $1, true)";
const dispatching: Record<string, string> = {
  "rowlock_private.retentions": "select count(*) from rowlock_private.retentions(null)",
  "rowlock_private.forget_jobs":
    "select count(jobs) from rowlock_private.forget_jobs(gen_random_uuid(), now(), gen_random_uuid(), 1)",
  "rowlock_private.open_transactions":
    "select count(*) from rowlock_private.open_transactions('1 minute', 'host', 1)",
  "rowlock_private.drop_period": "select rowlock_private.drop_period('100 years')",
  "rowlock_private.pack_period": "select rowlock_private.pack_period() as v",
  "rowlock_private.forget_left_over":
    "select count(*) from rowlock_private.forget_left_over(gen_random_uuid(), gen_random_uuid(), 1)",
  "rowlock_private.lead_dispatch": "select pg_advisory_unlock_all() from rowlock_private.lead_dispatch()",
  "rowlock_private.set_busy": "select rowlock_private.set_busy(false) as v",
  "rowlock_private.note_speeds": "select rowlock_private.note_speeds('{attack}', '{1}')",
  "rowlock_private.dispatch_policies":
    "select jsonb_typeof(rowlock_private.dispatch_policies() -> 'version') as v",
  "rowlock_private.ended_deliveries": "select count(*) as v from rowlock_private.ended_deliveries('{1}')",
  "rowlock_private.unknown_deliveries": "select count(*) as v from rowlock_private.unknown_deliveries('{}')",
  "rowlock_private.rate_slots_used": "select count(*) as v from rowlock_private.rate_slots_used(true)",
  "rowlock_private.put_off": "select rowlock_private.put_off('{}')",
  "rowlock_private.reconcile": "select woken from rowlock_private.reconcile()",
  "rowlock_private.make_due": "select found from rowlock_private.make_due(null)",
  "rowlock_private.landed":
    "select found from rowlock_private.landed('00000000-0000-7000-8000-000000000000', null)",
  "rowlock_private.waiting_fronts": "select count(*) as v from rowlock_private.waiting_fronts(null, 10)",
  "rowlock_private.dispatch":
    "select count(*) as v from rowlock_private.dispatch('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', true, 1)",
};
const answers: Record<string, unknown> = {
  "rowlock_private.set_busy": false,
  "rowlock_private.dispatch_policies": "number",
};
const progress = "select rowlock_private.report_progress($1, $2, 0.5, 'x')";
const reset = { text: "reset role" };
const endings: Record<string, string> = {
  "rowlock_private.finish_job": "select rowlock_private.finish_job($1, $2, null)",
  "rowlock_private.fail_job":
    "select rowlock_private.fail_job($1, $2, now(), 'TASK_FAILED', 'x', null, true)",
  "rowlock_private.hand_back": "select rowlock_private.hand_back($1, $2)",
};

/** The worker's own login with the claims of a job: what a task reaches by RESET ROLE. */
function inJob(side: Side): Stand {
  return { name: "a task, the role reset", opening: [...task(side).opening, reset] };
}

/** As `inJob`, in a bundle. */
function inBundle(side: Side): Stand {
  const text = "select * from rowlock_private.begin_jobs($1, $2)";
  return { name: "a bundle's worker", opening: [{ text, values: [[side.live.id], side.live.task] }] };
}

/** As `inJob`, for a long one; `also` runs at the same time, begun by another. */
function inLongJob(side: Side, also?: Side): Stand {
  const start = "select rowlock_private.begin_job($1, $2, true)";
  const opening = [side, ...(also === undefined ? [] : [also])]
    .reverse()
    .flatMap(({ live }) => [
      { text: start, values: [live.id, live.task] },
      { text: "select set_config('rowlock.organization_id', '', true)" },
    ]);
  const claims = { text: "select set_config('rowlock.organization_id', $1, true)", values: [side.id] };
  return { name: "a long task's worker", opening: [...opening, claims] };
}

/** Fails a job of `launcher` with the id of the one that runs a result of `owner`, then counts what was closed. */
function closeResult(launcher: Side, owner: Side): string {
  return `
    ${endOf(launcher, owner.ids.openJob)};
    select count(*)::int as v from evals.test_results
    where id = '${owner.ids.openResult}' and state = 'errored'`;
}

/** Has such a job run again, as a retry by hand does it, then counts what was opened. */
function reopenResult(launcher: Side, owner: Side): string {
  const id = newId();
  return `
    update evals.test_results set job_id = '${id}' where id = '${owner.ids.result}';
    ${endOf(launcher, id)};
    insert into rowlock.live (organization_id, id, run_at, state, task)
    values ('${launcher.id}', '${id}', now(), 'waiting', 'evals/run-test');
    delete from rowlock.job_end where organization_id = '${launcher.id}' and id = '${id}';
    select count(*)::int as v from evals.test_results
    where id = '${owner.ids.result}' and state = 'queued'`;
}

/** Deletes an endpoint of `deleter` that has the id for which a secret of `owner` is, then counts what is left of that. */
function endpointGone(deleter: Side, owner: Side): string {
  return `
    update evals.secrets set purpose = 'endpoint ${deleter.ids.endpoint} x' where id = '${owner.ids.secret}';
    delete from evals.endpoints where organization_id = '${deleter.id}' and id = '${deleter.ids.endpoint}';
    select count(*)::int as v from evals.secrets where id = '${owner.ids.secret}'`;
}

function targetGone(deleter: Side, owner: Side): string {
  return `
    delete from evals.notification_targets where organization_id = '${deleter.id}' and id = '${deleter.ids.target}';
    select count(*)::int as v from evals.secrets where organization_id = '${owner.id}' and id = '${owner.ids.secret}'`;
}

/** Completes a batch of `launcher` with the id of the one of the run of `owner`, then counts who is told. */
function endOfRun(launcher: Side, owner: Side): string {
  return `
    insert into rowlock.batches (organization_id, id) values ('${launcher.id}', '${owner.ids.batch}')
    on conflict do nothing;
    update rowlock.batches set completed_at = now()
    where organization_id = '${launcher.id}' and id = '${owner.ids.batch}';
    select count(*)::int as v from rowlock.live where task = 'evals/notify-webhook'`;
}

function endOf(side: Side, id: string): string {
  return `insert into rowlock.job_end (organization_id, id, run_at, priority, attempt, state, task, error_code)
    values ('${side.id}', '${id}', now(), 0, 1, 'failed', 'evals/run-test', 'TASK_FAILED')`;
}

/** Deletes a model, and counts the secrets left to an organization. */
function forgetKey(owner: Side, counted = owner): string {
  return `delete from evals.models where id = '${owner.ids.model}';
    select count(*)::int as v from evals.secrets where id = '${counted.ids.secret}'`;
}

function first(outcome: Outcome): unknown {
  return outcome.rows[0]?.v;
}

function firstIs(value: unknown): FunctionAttack["expect"] {
  return (outcome) => (first(outcome) === value ? undefined : `gives ${String(first(outcome))}`);
}

const verdictIs = firstIs;

function changes(side: Side, count: number): FunctionAttack["expect"] {
  return (outcome) =>
    first(outcome) === count ? undefined : `changed ${String(first(outcome))} results of ${side.canary}`;
}

const none: FunctionAttack["expect"] = (outcome) =>
  outcome.rows.length === 0 ? undefined : `gives ${outcome.rows.length} rows`;
