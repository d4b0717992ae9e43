-- SPDX-License-Identifier: LGPL-2.1-or-later
-- How many sessions hold, or wait for, an advisory lock of a report in a database of this server. $1: report, $2: database.
SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE l.locktype = 'advisory' AND d.datname = $2 AND l.objsubid = 2 AND l.classid = $1::bigint::oid;
