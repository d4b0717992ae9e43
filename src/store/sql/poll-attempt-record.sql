-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: attempt, then as migrationd.attempt_record(). stored false: the attempt is live.
SELECT migrationd.attempt_record($1::bigint, $2::text, $3::text, $4::integer, $5::bigint, $6::bigint, $7::bigint, $8::bigint,
        $9::bigint, $10::bigint, $11::text) AS stored
