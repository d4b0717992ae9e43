-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Versions of one of the plan's repositories that are to be published. $1: report, $2: number. Columns: version, name of the Pulp 3
-- repository, plugin, Pulp 2 repository of the content, config of the first distributor with the options, the options.
SELECT version_id, name, plugin, repo_id, config, options FROM migrationd_pulp2to3.publication_due
        WHERE report = $1::integer AND number = $2::bigint ORDER BY version_id, options;
