-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The poll's lock on its report, held by this session for as long as it lives: two-int form, (report, 0). $1: report.
SELECT pg_catalog.pg_try_advisory_lock($1::integer, 0) AS locked
