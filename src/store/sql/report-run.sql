-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: plan, $2: migration, $3: options, $4: workers, $5: digest of the definition, $6: steps, $7: hook, '' for none, $8..$10: the
-- caller's uid, pid, unit, $11: by whom it came (NULL: directly).
SELECT migrationd.api_run($1::integer, $2::text, $3::jsonb, $4::integer, $5::text, $6::jsonb, $7::text, $8::bigint, $9::bigint,
        $10::text, $11::text) AS id
