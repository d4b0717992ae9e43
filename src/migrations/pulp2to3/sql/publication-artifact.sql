-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The artifact of a manifest, shared by publications of equal content. $1: size, $2..$7: md5, sha1, sha224, sha256, sha384, sha512.
WITH made AS (
        INSERT INTO public.core_artifact (pulp_id, pulp_created, pulp_last_updated, file, size, md5, sha1, sha224, sha256, sha384, sha512,
                        timestamp_of_interest)
                VALUES (gen_random_uuid(), now(), now(), 'artifact/' || left($5, 2) || '/' || substr($5, 3), $1::bigint, $2, $3, $4, $5, $6,
                        $7, now())
                ON CONFLICT DO NOTHING RETURNING pulp_id
)
INSERT INTO migrationd_pulp2to3.made (kind, id) SELECT 'artifact', pulp_id FROM made;
