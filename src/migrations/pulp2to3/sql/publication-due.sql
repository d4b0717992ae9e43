-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Versions of one of the plan's repositories that distributors publish and that have no publication yet. $1: report, $2: number.
SELECT DISTINCT n.version_id, p.name FROM migrationd_pulp2to3.plan_repository p
        JOIN public.core_repository r ON r.name = p.name
        JOIN migrationd_pulp2to3.plan_version v ON v.report = p.report AND v.repository = p.number
        JOIN migrationd_pulp2to3.version n ON n.repository_id = r.pulp_id AND n.number = v.number
        WHERE p.report = $1::integer AND p.number = $2::bigint AND
                EXISTS (SELECT FROM migrationd_pulp2to3.plan_distributor d WHERE d.report = p.report AND d.repository = p.number AND
                        d.version = v.number) AND
                NOT EXISTS (SELECT FROM public.core_publication c WHERE c.repository_version_id = n.version_id AND c.complete AND
                        c.pulp_type = 'file.file')
        ORDER BY n.version_id;
