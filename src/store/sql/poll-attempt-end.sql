-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: attempt, $2: state as seen, $3: outcome, $4: class, $5: error, $6: permanent. task_state NULL: a lost race;
-- split: the task waits for being split.
SELECT migrationd.attempt_end($1::bigint, $2::text, $3::text, $4::text, $5::text, $6::boolean) AS task_state
