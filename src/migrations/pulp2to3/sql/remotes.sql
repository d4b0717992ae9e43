-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Remotes that a range of the plan's repositories needs and that are not there, are not the same, or have secrets, which only the
-- programs can compare. Importers without feed give none. $1: report, $2: after that number, $3: up to that one.
SELECT DISTINCT ON (i.object_id) i.object_id, i.object_id || '-' || i.repo_id AS name, i.url, i.ca_cert, i.client_cert,
        i.tls_validation, i.proxy_url, i.download_concurrency, i.policy, i.secrets, r.pulp_type, g.remote_type, s.same,
        r.client_key, r.username, r.password, r.proxy_username, r.proxy_password
        FROM migrationd_pulp2to3.plan_repository p
        JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
        JOIN migrationd_pulp2to3.importer i ON i.repo_id = p.importer AND i.plugin = p.plugin AND i.url IS NOT NULL
        LEFT JOIN public.core_remote r ON r.name = i.object_id || '-' || i.repo_id
        CROSS JOIN LATERAL (SELECT r.pulp_id IS NOT NULL AND (r.pulp_type, r.url, r.ca_cert, r.client_cert, r.tls_validation, r.proxy_url,
                r.download_concurrency, r.policy) IS NOT DISTINCT FROM (g.remote_type, i.url, i.ca_cert, i.client_cert, i.tls_validation,
                i.proxy_url, i.download_concurrency, i.policy) AS same) s
        WHERE p.report = $1::integer AND p.number > $2::bigint AND p.number <= $3::bigint AND (NOT s.same OR
                coalesce(i.secrets, r.client_key, r.username, r.password, r.proxy_username, r.proxy_password) IS NOT NULL)
        ORDER BY i.object_id;
