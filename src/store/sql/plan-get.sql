-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A plan with its document. $1: id.
SELECT id, name, migration, document::text AS document, uid, migrationd.usec(created_at) AS created_usec
FROM migrationd.plan WHERE id = $1::integer
