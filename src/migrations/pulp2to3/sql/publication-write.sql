-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A complete publication. $1: version, $2: type, $3: pass_through, $4: its options. Returns its id.
WITH made AS (
        INSERT INTO public.core_publication (pulp_id, pulp_created, pulp_last_updated, pulp_type, complete, pass_through,
                        repository_version_id)
                VALUES (gen_random_uuid(), now(), now(), $2, true, $3::boolean, $1::uuid)
                RETURNING pulp_id
)
INSERT INTO migrationd_pulp2to3.publication (publication_id, options) SELECT pulp_id, $4::jsonb FROM made RETURNING publication_id;
