-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Distributions that the migration made and that are of no distributor of the plan any more. $1: report, $2: plugins of the plan.
INSERT INTO pg_temp.difference (item, reason)
        SELECT 'distribution ' || k.name, 'it serves "' || k.base_path || '" and is of no distributor of the plan'
                FROM migrationd_pulp2to3.distribution_known k WHERE k.ours AND k.plugin = ANY ($2::text[]) AND NOT EXISTS (
                        SELECT FROM migrationd_pulp2to3.distribution_wanted w WHERE w.report = $1::integer AND w.name = k.name);
