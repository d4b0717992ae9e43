-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Which of the distributions are there with another base path.
UPDATE pg_temp.distributions w SET moves = true FROM public.core_distribution e
        WHERE e.name = w.name AND e.pulp_type = w.distribution_type AND e.base_path <> w.base_path AND
                coalesce(w.publication_id, w.version_id) IS NOT NULL;
