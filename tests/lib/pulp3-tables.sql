-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The tables of Pulp that are compared: all but those of pulp3_excluded. Read by psql, see pulp3-compare.sh.

SET client_min_messages = warning;
SET search_path = pg_temp, public;

CREATE TEMPORARY TABLE pulp3_excluded (tables text, reason text);
INSERT INTO pulp3_excluded VALUES
        ('core_(task|taskgroup|progressreport|groupprogressreport|createdresource)', 'the report is that of migrationd'),
        ('django_.*', 'of the schema itself: what is installed, and in no reference'),
        ('pulp_2to3_migration_.*', 'the bookkeeping of the upstream tool');

CREATE TEMPORARY TABLE pulp3_tables AS SELECT table_name::text AS tab FROM information_schema.tables t
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND
                NOT EXISTS (SELECT FROM pulp3_excluded e WHERE t.table_name ~ ('^(' || e.tables || ')$'));
