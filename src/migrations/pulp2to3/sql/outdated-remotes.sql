-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Remotes that nothing needs any more. $1: plugins of the plan.
INSERT INTO pg_temp.gone (id) SELECT id FROM migrationd_pulp2to3.remote_outdated WHERE plugin = ANY ($1::text[]) AND NOT needed;
