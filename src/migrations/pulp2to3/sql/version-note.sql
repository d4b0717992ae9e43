-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Notes which version one of the plan's became. $1: repository, $2: number in the plan, $3: version.
INSERT INTO migrationd_pulp2to3.version (repository_id, number, version_id) VALUES ($1::uuid, $2::integer, $3::uuid)
        ON CONFLICT (repository_id, number) DO UPDATE SET version_id = excluded.version_id
                WHERE version.version_id <> excluded.version_id;
