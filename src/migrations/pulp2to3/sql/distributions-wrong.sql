-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Distributions that cannot be made: name, repository, reason.
SELECT w.name, w.repository, CASE
                WHEN coalesce(w.publication_id, w.version_id) IS NULL
                        THEN 'its repository version or publication is not there any more; run the plan again'
                WHEN e.pulp_type <> w.distribution_type THEN 'Pulp 3 has a distribution of that name and of type ' || e.pulp_type
                WHEN o.name IS NOT NULL THEN 'its base path "' || w.base_path || '" is that of distribution "' || o.name || '"'
                ELSE 'its base path "' || w.base_path || '" is that of distribution "' || t.name || '" too' END
        FROM pg_temp.distributions w
        LEFT JOIN public.core_distribution e ON e.name = w.name
        LEFT JOIN public.core_distribution o ON o.base_path = w.base_path AND o.name <> w.name
        LEFT JOIN pg_temp.distributions t ON t.base_path = w.base_path AND t.name <> w.name
        WHERE coalesce(w.publication_id, w.version_id) IS NULL OR e.pulp_type <> w.distribution_type OR o.name IS NOT NULL OR
                t.name IS NOT NULL
        ORDER BY w.name LIMIT 1;
