-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Distributions that the migration made and that are of no distributor of the plan any more; all of the plan's are in their table.
-- $1: plugins of the plan.
INSERT INTO pg_temp.gone (id)
        SELECT k.id FROM migrationd_pulp2to3.distribution_known k WHERE k.ours AND k.plugin = ANY ($1::text[]) AND
                NOT EXISTS (SELECT FROM pg_temp.distributions w WHERE w.name = k.name)
        ON CONFLICT DO NOTHING;
