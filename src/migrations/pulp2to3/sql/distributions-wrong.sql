-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Takes out the distributions that cannot be made, and tells of each: name, repository, reason, whether the others can be made without
-- it. Two of which one has a path below that of the other overlap: the content app finds both. Container distributions are found by
-- their whole path. What is in gone, and what the table has, will not be in the way; what was taken out may be, and is for the next
-- look. $1: only of those that move.
WITH wrong (name, repository, reason, others_can) AS (
        SELECT DISTINCT ON (w.name) w.name, w.repository, CASE
                WHEN coalesce(w.publication_id, w.version_id) IS NULL
                        THEN 'its repository version or publication is not there any more; run the plan again'
                WHEN e.pulp_type <> w.distribution_type THEN 'Pulp 3 has a distribution of that name and of type ' || e.pulp_type
                ELSE format('its base path "%s" %s of distribution "%s", which Pulp 3 has; give one of them another', w.base_path,
                        CASE WHEN w.base_path = o.base_path THEN 'is that' ELSE format('overlaps with "%s"', o.base_path) END, o.name) END,
        coalesce(w.publication_id, w.version_id) IS NOT NULL AND coalesce(e.pulp_type, w.distribution_type) = w.distribution_type
        FROM pg_temp.distributions w
        LEFT JOIN public.core_distribution e ON e.name = w.name
        LEFT JOIN LATERAL (
                SELECT o.name, o.base_path FROM string_to_array(trim(w.base_path, '/'), '/') parts,
                        generate_series(1, cardinality(parts)) i, public.core_distribution o
                        WHERE o.base_path IN (array_to_string(parts[1:i], '/'), array_to_string(parts[1:i], '/') || '/') AND
                                (i = cardinality(parts) OR w.plugin <> 'docker' OR o.pulp_type <> w.distribution_type) AND
                                o.name <> w.name
                UNION SELECT o.name, o.base_path FROM public.core_distribution o WHERE o.base_path = w.base_path AND o.name <> w.name
                -- All that begin with the path and a slash, by the index for patterns.
                UNION SELECT o.name, o.base_path FROM public.core_distribution o
                        WHERE o.base_path ~>=~ (trim(w.base_path, '/') || '/') AND o.base_path ~<~ (trim(w.base_path, '/') || '0') AND
                                (w.plugin <> 'docker' OR o.pulp_type <> w.distribution_type) AND o.name <> w.name
                ) o ON NOT EXISTS (SELECT FROM pg_temp.distributions t WHERE t.name = o.name) AND
                        NOT EXISTS (SELECT FROM pg_temp.gone g JOIN public.core_distribution d ON d.pulp_id = g.id WHERE d.name = o.name)
        WHERE (w.moves OR NOT $1::boolean) AND
                (coalesce(w.publication_id, w.version_id) IS NULL OR e.pulp_type <> w.distribution_type OR o.name IS NOT NULL)
        ORDER BY w.name, o.name), dropped AS (
        DELETE FROM pg_temp.distributions t USING wrong WHERE t.name = wrong.name)
SELECT name, repository, reason, others_can FROM wrong ORDER BY others_can, name;
