-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Whether this role may do what the migration does: make a schema of its own, or use the one that is there. Pulp's tables are
-- looked at by plugin.
SELECT current_user,
        CASE WHEN to_regnamespace('migrationd_pulp2to3') IS NULL THEN has_database_privilege(current_database(), 'CREATE')
                ELSE has_schema_privilege('migrationd_pulp2to3', 'USAGE') END,
        has_database_privilege(current_database(), 'TEMPORARY'),
        pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database();
