-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The next of them. $1: plugins, $2: first id, $3: last, $4: at most so many.
INSERT INTO pg_temp.gone (id)
        SELECT p.pulp_id FROM migrationd_pulp2to3.publication m JOIN public.core_publication p ON p.pulp_id = m.publication_id
                JOIN migrationd_pulp2to3.plugin g ON g.publication_type = p.pulp_type AND g.plugin = ANY ($1::text[])
                WHERE m.publication_id BETWEEN $2::uuid AND $3::uuid
                ORDER BY p.pulp_id LIMIT $4::integer;
