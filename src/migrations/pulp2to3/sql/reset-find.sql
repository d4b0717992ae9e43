-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Whether the target has the migration's own tables.
SELECT to_regclass('migrationd_pulp2to3.made') IS NOT NULL;
