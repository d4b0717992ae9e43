-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The next of them. $1: type, $2: first id, $3: last, $4: at most so many.
INSERT INTO pg_temp.gone (id)
        SELECT m.id FROM migrationd_pulp2to3.made m JOIN public.core_content c ON c.pulp_id = m.id AND c.pulp_type = $1
                WHERE m.kind = 'content' AND m.id BETWEEN $2::uuid AND $3::uuid ORDER BY m.id LIMIT $4::integer;
