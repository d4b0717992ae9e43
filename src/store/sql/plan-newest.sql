-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The newest plans without their documents, newest last. $1: how many.
SELECT id, name, migration, uid, created_usec FROM (
        SELECT id, name, migration, uid, migrationd.usec(created_at) AS created_usec
        FROM migrationd.plan ORDER BY id DESC LIMIT $1::bigint
) p ORDER BY id
