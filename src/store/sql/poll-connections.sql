-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Sessions of the server, of any database, that carry out a statement now; without the rights of pg_read_all_stats only those of the
-- service's own role.
SELECT count(*) AS active FROM pg_catalog.pg_stat_activity
WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()
