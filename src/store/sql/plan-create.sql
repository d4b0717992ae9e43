-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: name (NULL: none), $2: migration, $3: document, $4..$6: the caller's uid, pid, unit, $7: by whom it came (NULL: directly).
SELECT id, name, migration, uid, created_usec
FROM migrationd.api_plan_create($1::text, $2::text, $3::json, $4::bigint, $5::bigint, $6::text, $7::text)
