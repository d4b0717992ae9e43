-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The listings that a reference has of its tables, nk-NAME.tsv, of the tables in the target: that the rows are right does not rest on
-- the natural keys of pulp3-rows.sql alone. Read by psql, see pulp3-compare.sh.

CREATE TEMPORARY VIEW pulp3_listings AS
        SELECT 'artifacts' AS name, to_jsonb(ARRAY[sha256, size::text, md5, sha1, sha224, sha384, sha512, file]) AS line FROM core_artifact
        UNION ALL SELECT 'content-artifacts', to_jsonb(ARRAY[c.pulp_type, ca.relative_path, a.sha256, a.size::text, a.file])
                FROM core_contentartifact ca JOIN core_content c ON c.pulp_id = ca.content_id
                LEFT JOIN core_artifact a ON a.pulp_id = ca.artifact_id
        UNION ALL SELECT 'published-metadata', to_jsonb(ARRAY[r.name, v.number::text, m.relative_path, a.sha256, a.size::text])
                FROM core_publishedmetadata m JOIN core_publication p ON p.pulp_id = m.publication_id
                JOIN core_repositoryversion v ON v.pulp_id = p.repository_version_id
                JOIN core_repository r ON r.pulp_id = v.repository_id
                JOIN core_contentartifact ca ON ca.content_id = m.content_ptr_id
                JOIN core_artifact a ON a.pulp_id = ca.artifact_id
        UNION ALL SELECT 'remote-artifacts', to_jsonb(ARRAY[r.url, ca.relative_path, ra.url, ra.size::text, ra.md5, ra.sha1, ra.sha224,
                        ra.sha256, ra.sha384, ra.sha512])
                FROM core_remoteartifact ra JOIN core_remote r ON r.pulp_id = ra.remote_id
                JOIN core_contentartifact ca ON ca.pulp_id = ra.content_artifact_id
        UNION ALL SELECT 'repo-content', to_jsonb(ARRAY[r.name, a.number::text, d.number::text, c.pulp_type,
                        (SELECT string_agg(ca.relative_path || ' ' || coalesce(f.sha256, (SELECT min(ra.sha256) FROM core_remoteartifact ra
                                        WHERE ra.content_artifact_id = ca.pulp_id), ''), ';' ORDER BY ca.relative_path COLLATE "C")
                                FROM core_contentartifact ca LEFT JOIN core_artifact f ON f.pulp_id = ca.artifact_id
                                WHERE ca.content_id = c.pulp_id)])
                FROM core_repositorycontent rc JOIN core_repository r ON r.pulp_id = rc.repository_id
                JOIN core_repositoryversion a ON a.pulp_id = rc.version_added_id
                LEFT JOIN core_repositoryversion d ON d.pulp_id = rc.version_removed_id
                JOIN core_content c ON c.pulp_id = rc.content_id;
