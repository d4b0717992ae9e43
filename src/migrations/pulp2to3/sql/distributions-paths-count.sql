-- SPDX-License-Identifier: LGPL-2.1-or-later
-- How many distributions get another base path, or are of no distributor of the plan any more. $1: report, $2: plugins of the plan.
SELECT (SELECT count(*) FROM pg_temp.distributions WHERE moves) +
        (SELECT count(*) FROM migrationd_pulp2to3.distribution_known k WHERE k.plugin = ANY ($2::text[]) AND NOT EXISTS (
                SELECT FROM migrationd_pulp2to3.distribution_wanted w WHERE w.report = $1::integer AND w.name = k.name));
