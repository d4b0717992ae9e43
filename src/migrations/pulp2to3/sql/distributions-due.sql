-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Repositories of the plan with distributions that are not there, or differ. Their table has those of the range.
INSERT INTO pg_temp.range_due (number)
        SELECT DISTINCT w.number FROM pg_temp.distributions w
                LEFT JOIN public.core_distribution e ON e.name = w.name
                WHERE coalesce(w.publication_id, w.version_id) IS NULL OR
                        (e.pulp_type, e.base_path, e.publication_id, e.repository_version_id) IS DISTINCT FROM
                        (w.distribution_type, w.base_path, w.publication_id, w.version_id);
