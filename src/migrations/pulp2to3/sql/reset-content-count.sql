-- SPDX-License-Identifier: LGPL-2.1-or-later
-- How many contents of a type the migration made. $1: type, $2: first id, $3: last.
SELECT count(*) FROM migrationd_pulp2to3.made m JOIN public.core_content c ON c.pulp_id = m.id AND c.pulp_type = $1
        WHERE m.kind = 'content' AND m.id BETWEEN $2::uuid AND $3::uuid;
