-- What people change and launch here is in the organization's audit, too: rows by trigger, runs by the functions that make them.

create trigger audit after insert or update or delete on evals.endpoints
  for each row execute function rowlock_private.audit_change('endpoint', 'id', 'next_call_at');
create trigger audit after insert or update or delete on evals.metrics
  for each row execute function rowlock_private.audit_change('metric', 'id');
create trigger audit after insert or update or delete on evals.test_sets
  for each row execute function rowlock_private.audit_change('test_set', 'id');
create trigger audit after insert or update or delete on evals.models
  for each row execute function rowlock_private.audit_change('model', 'id');
create trigger audit after insert or update or delete on evals.model_defaults
  for each row execute function rowlock_private.audit_change('model_default', 'purpose');
create trigger audit after insert or update or delete on evals.notification_targets
  for each row execute function rowlock_private.audit_change('notification_target', 'id');
