-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Removes the next of their rows, and notes their files. An artifact that is gone already has none. $1: first id, $2: last, $3: at
-- most so many. Returns how many.
WITH chosen AS (
        SELECT m.id FROM migrationd_pulp2to3.made m WHERE m.kind = 'artifact' AND m.id BETWEEN $1::uuid AND $2::uuid AND
                NOT EXISTS (SELECT FROM public.core_contentartifact ca WHERE ca.artifact_id = m.id) ORDER BY m.id LIMIT $3::integer
), removed AS (
        DELETE FROM public.core_artifact a USING chosen c WHERE a.pulp_id = c.id RETURNING a.pulp_id, a.sha256
), noted AS (
        INSERT INTO migrationd_pulp2to3.made (kind, id, former)
                SELECT 'file', pulp_id, jsonb_build_object('sha256', sha256) FROM removed
), forgotten AS (
        DELETE FROM migrationd_pulp2to3.made m USING chosen c WHERE m.kind = 'artifact' AND m.id = c.id
)
SELECT count(*) FROM chosen;
