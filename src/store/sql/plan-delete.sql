-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: plan, $2..$4: the caller's uid, pid, unit, $5: by whom it came (NULL: directly). outcome: deleted, in-use or absent.
SELECT migrationd.api_plan_delete($1::integer, $2::bigint, $3::bigint, $4::text, $5::text) AS outcome
