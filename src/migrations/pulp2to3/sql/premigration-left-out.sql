-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Notes a document that is left out. $1: collection, $2: its id, $3: plugin, $4: repository, or NULL.
INSERT INTO migrationd_pulp2to3.dump_left_out (collection, object_id, plugin, repo_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;
