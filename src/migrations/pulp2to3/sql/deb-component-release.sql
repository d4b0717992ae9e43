-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The release that a component of a repository is in, and its content; NULL: not migrated. $1: repository, $2: distribution,
-- $3: codename that the component has, by which releases of one distribution are told apart.
SELECT unit_id, content_id FROM migrationd_pulp2to3.unit_document
        WHERE type = 'deb_release' AND repo_id = $1 AND document ->> 'distribution' = $2
        ORDER BY document ->> 'codename' IS NOT DISTINCT FROM $3 DESC, number LIMIT 1;
