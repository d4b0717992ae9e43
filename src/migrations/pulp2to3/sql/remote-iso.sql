-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What remotes of ISO files have beside core_remote's columns, of a range of the plan's repositories. $1: report, $2: after that number,
-- $3: up to that one.
WITH wanted AS (
        SELECT DISTINCT r.pulp_id, i.detail
                FROM migrationd_pulp2to3.plan_repository p
                JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
                JOIN migrationd_pulp2to3.importer i ON i.repo_id = p.importer AND i.plugin = p.plugin AND i.url IS NOT NULL
                JOIN public.core_remote r ON r.name = i.object_id || '-' || i.repo_id AND r.pulp_type = g.remote_type
                WHERE p.report = $1::integer AND p.number > $2::bigint AND p.number <= $3::bigint AND p.plugin = 'iso'
)
INSERT INTO public.file_fileremote (remote_ptr_id) SELECT pulp_id FROM wanted ON CONFLICT DO NOTHING;
