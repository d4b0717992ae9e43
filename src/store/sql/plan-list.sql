-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Plans. $1: limit, $2: offset, $3: ids (NULL: all), $4, $5: created from and to, in microseconds (NULL: open), $6: order, $7:
-- whether with documents. document_bytes: of the whole page; documents that are too many for a message ($8 bytes) are not given.
SELECT p.id, p.name, p.migration, p.uid, migrationd.usec(p.created_at) AS created_usec,
        CASE WHEN p.document_bytes <= $8::bigint THEN p.document END AS document, p.document_bytes
FROM (
        SELECT x.*, sum(octet_length(x.document)) OVER () AS document_bytes, row_number() OVER () AS place
        FROM (
                SELECT id, name, migration, uid, created_at, CASE WHEN $7::boolean THEN document::text END AS document
                FROM migrationd.plan
                WHERE ($3::bigint[] IS NULL OR id = ANY ($3::bigint[])) AND
                        ($4::bigint IS NULL OR created_at >= migrationd.from_usec($4::bigint)) AND
                        ($5::bigint IS NULL OR created_at <= migrationd.from_usec($5::bigint))
                ORDER BY
                        CASE $6::text WHEN 'created' THEN created_at END,
                        CASE $6::text WHEN '-created' THEN created_at END DESC,
                        CASE $6::text WHEN 'name' THEN name END COLLATE "C",
                        CASE $6::text WHEN '-name' THEN name END COLLATE "C" DESC NULLS LAST,
                        CASE $6::text WHEN '-id' THEN id END DESC,
                        id
                LIMIT $1::bigint OFFSET $2::bigint
        ) x
) p ORDER BY p.place
