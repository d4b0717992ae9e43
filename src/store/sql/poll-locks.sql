-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Sessions that hold or wait for the lock of a task of report $1 in this database: none are left when it is FREE.
SELECT pg_catalog.count(DISTINCT l.pid) AS sessions
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND d.datname = pg_catalog.current_database() AND
        l.classid = $1::integer::oid AND l.objid <> 0
