-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Whether any schema file was applied: file 1 makes the table.
SELECT pg_catalog.to_regclass('migrationd.schema_version') IS NOT NULL AS found
