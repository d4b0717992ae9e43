-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Tags of the planned versions that yield to one of their name for other clients, as version-docker.sql has it.
INSERT INTO pg_temp.yielding (repository, number, content_id)
        SELECT repository, number, content_id FROM (
                SELECT DISTINCT p.repository, p.number, c.content_id, rank() OVER (PARTITION BY p.repository, p.number, t.name
                        ORDER BY m.media_type LIKE '%.list.%' DESC, m.schema_version DESC) AS rank
                        FROM pg_temp.planned p JOIN migrationd_pulp2to3.repository_content c ON c.repo_id = p.repo_id
                        JOIN public.container_tag t ON t.content_ptr_id = c.content_id
                        JOIN public.container_manifest m ON m.content_ptr_id = t.tagged_manifest_id
                        WHERE p.plugin = 'docker' AND c.type = 'docker_tag') ranked
                WHERE rank > 1;
