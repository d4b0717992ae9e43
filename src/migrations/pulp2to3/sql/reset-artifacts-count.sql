-- SPDX-License-Identifier: LGPL-2.1-or-later
-- How many artifacts the migration made that nothing needs any more. $1: plugins, which do not matter as artifacts are shared,
-- $2: first id, $3: last.
SELECT count(*) FROM (SELECT $1::text[]) plugins, migrationd_pulp2to3.made m
        WHERE m.kind = 'artifact' AND m.id BETWEEN $2::uuid AND $3::uuid AND
                NOT EXISTS (SELECT FROM public.core_contentartifact ca WHERE ca.artifact_id = m.id);
