-- SPDX-License-Identifier: LGPL-2.1-or-later
-- How many remotes of the migration a reset has to look at. $1: plugins, $2: first id, $3: last.
SELECT count(*) FROM migrationd_pulp2to3.made m JOIN public.core_remote c ON c.pulp_id = m.id
        JOIN migrationd_pulp2to3.plugin g ON g.remote_type = c.pulp_type AND g.plugin = ANY ($1::text[])
        WHERE m.kind = 'remote' AND m.id BETWEEN $2::uuid AND $3::uuid;
