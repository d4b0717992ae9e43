-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Profiles that are not those of a batch's defaults of modules. Pulp 2 has them as BSON in a text, which the program has read.
WITH compared AS (
        SELECT m.item, r.profiles AS actual, CASE jsonb_typeof(m.d -> 'profiles') WHEN 'string' THEN s.document
                WHEN 'object' THEN m.d -> 'profiles' ELSE '{}' END AS expected
                FROM pg_temp.verify_made m JOIN public.rpm_modulemddefaults r ON r.content_ptr_id = m.content_id
                LEFT JOIN pg_temp.verify_staged s ON s.unit_id = m.unit_id
                WHERE m.type = 'modulemd_defaults'
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT item, format('profiles is %L, in Pulp 2 it is %s', actual, coalesce(quote_literal(expected), 'absent'))
                FROM compared WHERE actual IS DISTINCT FROM expected;
