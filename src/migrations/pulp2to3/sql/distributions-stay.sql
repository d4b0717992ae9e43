-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Those that were there before the migration, and are of no distributor of the plan any more: name, base path. $1: plugins of the plan.
SELECT k.name, k.base_path FROM migrationd_pulp2to3.distribution_known k WHERE NOT k.ours AND k.plugin = ANY ($1::text[]) AND
        NOT EXISTS (SELECT FROM pg_temp.distributions w WHERE w.name = k.name) ORDER BY k.name;
