-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Remotes that only files on demand need: name. $1: plugins of the plan.
SELECT name FROM migrationd_pulp2to3.remote_outdated WHERE plugin = ANY ($1::text[]) AND needed ORDER BY name;
