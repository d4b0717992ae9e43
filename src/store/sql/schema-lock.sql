-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Two services that start at once apply each file once. What is read after this, is read with a later snapshot.
SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('migrationd.schema_version', 0))
