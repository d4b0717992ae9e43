-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Plans without their documents, newest last. $1: limit, $2: offset.
SELECT id, name, migration, uid, migrationd.usec(created_at) AS created_usec
FROM migrationd.plan ORDER BY id LIMIT $1::bigint OFFSET $2::bigint
