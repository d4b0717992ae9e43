-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Decides, before anything is removed, which repositories stay with all that belongs to them: Pulp 3 has gone on with their versions
-- since. What stays is not the migration's any more. $1: plugins, $2: report, $3: task.
WITH ours AS (
        SELECT r.pulp_id, r.name, min(v.number) AS first, array_agg(v.pulp_id) AS versions, EXISTS (
                SELECT FROM migrationd_pulp2to3.made m WHERE m.kind = 'repository' AND m.id = r.pulp_id AND m.former IS NULL) AS made
                FROM migrationd_pulp2to3.made m
                JOIN public.core_repositoryversion v ON v.pulp_id = m.id
                JOIN public.core_repository r ON r.pulp_id = v.repository_id
                JOIN migrationd_pulp2to3.plugin g ON g.repository_type = r.pulp_type AND g.plugin = ANY ($1::text[])
                WHERE m.kind = 'version' GROUP BY r.pulp_id
), judged AS (
        SELECT o.*, CASE
                WHEN EXISTS (SELECT FROM public.core_repositoryversion v WHERE v.repository_id = o.pulp_id AND v.number > o.first AND
                        v.pulp_id <> ALL (o.versions))
                        THEN 'Pulp 3 has made versions of it since the migration'
                WHEN EXISTS (SELECT FROM public.core_publication p WHERE p.repository_version_id = ANY (o.versions) AND
                        NOT EXISTS (SELECT FROM migrationd_pulp2to3.publication m WHERE m.publication_id = p.pulp_id))
                        THEN 'Pulp 3 has published a version of it since the migration'
                WHEN EXISTS (SELECT FROM public.core_distribution d WHERE
                        NOT EXISTS (SELECT FROM migrationd_pulp2to3.made m WHERE m.kind = 'distribution' AND m.id = d.pulp_id) AND
                        (d.repository_version_id = ANY (o.versions) OR (o.made AND d.repository_id = o.pulp_id) OR
                        d.publication_id IN (SELECT p.pulp_id FROM public.core_publication p
                                WHERE p.repository_version_id = ANY (o.versions))))
                        THEN 'a distribution that is not the migration''s has it'
                WHEN o.made AND (EXISTS (SELECT FROM public.core_pulpexporter_repositories e WHERE e.repository_id = o.pulp_id) OR
                        EXISTS (SELECT FROM public.core_pulpimporterrepository i WHERE i.repository_id = o.pulp_id) OR
                        EXISTS (SELECT FROM public.core_alternatecontentsourcepath a WHERE a.repository_id = o.pulp_id))
                        THEN 'an exporter, an importer or an alternate content source of Pulp 3 names it' END AS reason
                FROM ours o
), kept AS (
        SELECT * FROM judged WHERE reason IS NOT NULL
), publications AS (
        SELECT p.pulp_id FROM kept k JOIN public.core_publication p ON p.repository_version_id = ANY (k.versions)
), forgotten_publications AS (
        DELETE FROM migrationd_pulp2to3.publication WHERE publication_id IN (SELECT pulp_id FROM publications)
), forgotten AS (
        DELETE FROM migrationd_pulp2to3.made m USING kept k WHERE (m.kind IN ('repository', 'repositorydetail') AND m.id = k.pulp_id) OR
                (m.kind = 'version' AND m.id = ANY (k.versions))
), forgotten_distributions AS (
        DELETE FROM migrationd_pulp2to3.made m USING public.core_distribution d WHERE m.kind = 'distribution' AND m.id = d.pulp_id AND
                (d.publication_id IN (SELECT pulp_id FROM publications) OR
                d.repository_version_id IN (SELECT unnest(versions) FROM kept) OR d.repository_id IN (SELECT pulp_id FROM kept))
)
INSERT INTO migrationd_pulp2to3.problem (report, task, item, reason)
        SELECT $2::integer, $3::integer, left('repository ' || name, 600), 'it stays, with its content: ' || reason FROM kept ORDER BY name
        ON CONFLICT (report, task, item) DO UPDATE SET reason = excluded.reason;
