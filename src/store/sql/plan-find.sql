-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Which plan a caller means. $1: id (NULL: by name), $2: name (NULL: by id). A name never looks like an id.
SELECT id, migration FROM migrationd.plan WHERE id = $1::integer OR name = $2::text
