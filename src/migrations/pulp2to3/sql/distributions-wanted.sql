-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: report, $2: after that number, $3: up to that one.
INSERT INTO pg_temp.distributions (number, name, base_path, repository, plugin, distribution_type, publication_id, version_id)
        SELECT number, name, base_path, repository, plugin, distribution_type, publication_id,
                CASE WHEN publication_type IS NULL THEN version_id END
                FROM migrationd_pulp2to3.distribution_wanted
                WHERE report = $1::integer AND number > $2::bigint AND number <= $3::bigint;
