-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Artifacts of a batch's files. In the order of their key, so that tasks that share files wait for each other and never in a circle.
-- No conflict target: artifacts have three unique keys.
DELETE FROM pg_temp.batch_file f WHERE NOT EXISTS (SELECT FROM pg_temp.batch_unit u WHERE u.unit_id = f.unit_id);
ANALYZE pg_temp.batch_unit;
ANALYZE pg_temp.batch_file;

WITH made AS (
        INSERT INTO public.core_artifact (pulp_id, pulp_created, pulp_last_updated, file, size, md5, sha1, sha224, sha256, sha384, sha512,
                        timestamp_of_interest)
                SELECT gen_random_uuid(), now(), now(), 'artifact/' || left(sha256, 2) || '/' || substr(sha256, 3), size, md5, sha1,
                        sha224, sha256, sha384, sha512, now()
                        FROM (SELECT DISTINCT ON (sha256) * FROM pg_temp.batch_file WHERE downloaded ORDER BY sha256) b
                        ORDER BY sha256
                ON CONFLICT DO NOTHING RETURNING pulp_id
)
INSERT INTO migrationd_pulp2to3.made (kind, id) SELECT 'artifact', pulp_id FROM made;

-- What was there before is of interest again: Pulp's orphan clean-up leaves it alone.
WITH present AS (
        SELECT a.pulp_id FROM public.core_artifact a
                WHERE a.sha256 IN (SELECT sha256 FROM pg_temp.batch_file WHERE downloaded) AND a.timestamp_of_interest < now()
                ORDER BY a.sha256 FOR NO KEY UPDATE
)
UPDATE public.core_artifact a SET timestamp_of_interest = now() FROM present p WHERE a.pulp_id = p.pulp_id;

UPDATE pg_temp.batch_file b SET artifact_id = a.pulp_id FROM public.core_artifact a WHERE b.downloaded AND a.sha256 = b.sha256;
