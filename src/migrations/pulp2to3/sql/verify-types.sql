-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Content types of Pulp 2 that a plugin has. $1: plugin.
SELECT type FROM migrationd_pulp2to3.unit_type WHERE plugin = $1 ORDER BY type;
