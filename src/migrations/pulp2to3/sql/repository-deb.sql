-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What deb repositories have beside core_repository's columns. $1: report, $2: after that number, $3: up to that one.
INSERT INTO public.deb_aptrepository (repository_ptr_id)
        SELECT r.pulp_id FROM migrationd_pulp2to3.plan_repository p
                JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
                JOIN public.core_repository r ON r.name = p.name AND r.pulp_type = g.repository_type
                WHERE p.report = $1::integer AND p.number > $2::bigint AND p.number <= $3::bigint AND p.plugin = 'deb'
        ON CONFLICT DO NOTHING;
