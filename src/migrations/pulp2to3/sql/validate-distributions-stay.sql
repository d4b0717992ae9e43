-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Distributions but those that the migration made for plugins of the plan: name, base path, whether it is a container distribution.
-- $1: plugins of the plan.
SELECT d.name, d.base_path, d.pulp_type = 'container.container' FROM public.core_distribution d
        WHERE NOT EXISTS (SELECT FROM migrationd_pulp2to3.distribution_known k
                WHERE k.id = d.pulp_id AND k.ours AND k.plugin = ANY ($1::text[]));
