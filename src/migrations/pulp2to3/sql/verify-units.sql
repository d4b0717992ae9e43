-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What of a batch's units is not in Pulp 3. Units of some types are done without a content: advisories of repositories that are not there,
-- copies of metadata files.
ANALYZE pg_temp.verify_unit;
ANALYZE pg_temp.verify_content;

INSERT INTO pg_temp.difference (item, reason)
        SELECT u.item, 'it is not in Pulp 3' FROM pg_temp.verify_unit u
                WHERE NOT EXISTS (SELECT FROM pg_temp.verify_content c WHERE c.unit_id = u.unit_id) AND
                        NOT (u.migrated AND u.type IN ('erratum', 'yum_repo_metadata_file', 'deb_component')) AND
                        NOT EXISTS (SELECT FROM migrationd_pulp2to3.problem p WHERE p.item = u.known);
INSERT INTO pg_temp.difference (item, reason)
        SELECT u.item, 'there is no advisory of it for the Pulp 2 repository ' || l.repo_id
                FROM pg_temp.verify_unit u JOIN migrationd_pulp2to3.link l ON l.type = u.type AND l.unit_id = u.unit_id
                WHERE u.type = 'erratum' AND u.migrated AND
                        NOT EXISTS (SELECT FROM pg_temp.verify_content c WHERE c.unit_id = u.unit_id AND c.repo_id = l.repo_id);
INSERT INTO pg_temp.difference (item, reason)
        SELECT u.item, 'its content ' || c.content_id || ' is not in Pulp 3 any more'
                FROM pg_temp.verify_unit u JOIN pg_temp.verify_content c ON c.unit_id = u.unit_id
                WHERE NOT EXISTS (SELECT FROM public.core_content o WHERE o.pulp_id = c.content_id);
INSERT INTO pg_temp.difference (item, reason)
        SELECT u.item, 'its content ' || c.content_id || ' has no file'
                FROM pg_temp.verify_unit u JOIN pg_temp.verify_content c ON c.unit_id = u.unit_id
                JOIN public.core_content o ON o.pulp_id = c.content_id
                WHERE u.type IN ('iso', 'rpm', 'srpm', 'modulemd', 'modulemd_defaults', 'yum_repo_metadata_file', 'distribution', 'deb',
                        'docker_blob', 'docker_manifest', 'docker_manifest_list') AND
                        NOT EXISTS (SELECT FROM public.core_contentartifact a WHERE a.content_id = c.content_id);
INSERT INTO pg_temp.difference (item, reason)
        SELECT u.item, CASE WHEN u.downloaded AND u.type <> 'distribution' THEN 'Pulp 3 has not its file, which Pulp 2 has: '
                        ELSE 'it was not downloaded, and no remote has its file ' END || a.relative_path
                FROM pg_temp.verify_unit u JOIN pg_temp.verify_content c ON c.unit_id = u.unit_id
                JOIN public.core_contentartifact a ON a.content_id = c.content_id AND a.artifact_id IS NULL
                WHERE (u.downloaded AND u.type <> 'distribution') OR
                        NOT EXISTS (SELECT FROM public.core_remoteartifact r WHERE r.content_artifact_id = a.pulp_id);
