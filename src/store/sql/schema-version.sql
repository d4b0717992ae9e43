-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The highest schema file that was applied.
SELECT coalesce(max(version), 0) AS version FROM migrationd.schema_version
