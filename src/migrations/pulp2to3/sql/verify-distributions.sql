-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Distributions that are not as the plan's distributors say.
INSERT INTO pg_temp.difference (item, reason)
        SELECT 'distribution ' || w.name || ' of repository ' || w.repository, CASE
                WHEN d.pulp_id IS NULL THEN 'it is not in Pulp 3'
                WHEN d.base_path <> w.base_path THEN 'its base path is ' || d.base_path || ', in Pulp 2 it is ' || w.base_path
                ELSE 'it has not the publication or version of the repository' END
                FROM pg_temp.distributions w
                LEFT JOIN public.core_distribution d ON d.name = w.name AND d.pulp_type = w.distribution_type
                WHERE coalesce(w.publication_id, w.version_id) IS NOT NULL AND (d.pulp_id IS NULL OR
                        (d.base_path, d.publication_id, d.repository_version_id) IS DISTINCT FROM
                        (w.base_path, w.publication_id, w.version_id));
