-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What of the migration's own rows nothing stands behind any more; all of them when no plugin is left.
DELETE FROM migrationd_pulp2to3.unit_document u WHERE NOT EXISTS (SELECT FROM migrationd_pulp2to3.unit_type t WHERE t.type = u.type);
DELETE FROM migrationd_pulp2to3.version v WHERE NOT EXISTS (SELECT FROM public.core_repositoryversion c WHERE c.pulp_id = v.version_id);
DELETE FROM migrationd_pulp2to3.publication p WHERE NOT EXISTS (SELECT FROM public.core_publication c WHERE c.pulp_id = p.publication_id);
DELETE FROM migrationd_pulp2to3.made m WHERE
        (kind = 'repository' AND NOT EXISTS (SELECT FROM public.core_repository c WHERE c.pulp_id = m.id)) OR
        (kind = 'version' AND NOT EXISTS (SELECT FROM public.core_repositoryversion c WHERE c.pulp_id = m.id)) OR
        (kind = 'remote' AND NOT EXISTS (SELECT FROM public.core_remote c WHERE c.pulp_id = m.id)) OR
        (kind = 'distribution' AND NOT EXISTS (SELECT FROM public.core_distribution c WHERE c.pulp_id = m.id)) OR
        (kind = 'content' AND NOT EXISTS (SELECT FROM public.core_content c WHERE c.pulp_id = m.id)) OR
        (kind = 'contentartifact' AND NOT EXISTS (SELECT FROM public.core_contentartifact c WHERE c.pulp_id = m.id));

-- The next run reads its archive, whatever it is.
UPDATE migrationd_pulp2to3.dump SET source = '';

CREATE TEMPORARY TABLE nothing_left ON COMMIT DROP AS
        SELECT WHERE NOT EXISTS (SELECT FROM migrationd_pulp2to3.unit_type);
DELETE FROM migrationd_pulp2to3.repository WHERE EXISTS (SELECT FROM pg_temp.nothing_left);
DELETE FROM migrationd_pulp2to3.passed_over WHERE EXISTS (SELECT FROM pg_temp.nothing_left);
DELETE FROM migrationd_pulp2to3.dump WHERE EXISTS (SELECT FROM pg_temp.nothing_left);
DELETE FROM migrationd_pulp2to3.version WHERE EXISTS (SELECT FROM pg_temp.nothing_left);
DELETE FROM migrationd_pulp2to3.publication WHERE EXISTS (SELECT FROM pg_temp.nothing_left);
DELETE FROM migrationd_pulp2to3.made WHERE EXISTS (SELECT FROM pg_temp.nothing_left);
DELETE FROM migrationd_pulp2to3.plan_left_out WHERE EXISTS (SELECT FROM pg_temp.nothing_left);
DELETE FROM migrationd_pulp2to3.plan_distributor WHERE EXISTS (SELECT FROM pg_temp.nothing_left);
DELETE FROM migrationd_pulp2to3.plan_version WHERE EXISTS (SELECT FROM pg_temp.nothing_left);
DELETE FROM migrationd_pulp2to3.plan_repository WHERE EXISTS (SELECT FROM pg_temp.nothing_left);
DELETE FROM migrationd_pulp2to3.batch WHERE EXISTS (SELECT FROM pg_temp.nothing_left);
DELETE FROM migrationd_pulp2to3.problem WHERE EXISTS (SELECT FROM pg_temp.nothing_left);
