-- SPDX-License-Identifier: LGPL-2.1-or-later
-- In the transaction that applied the file.
INSERT INTO migrationd.schema_version (version) VALUES ($1::integer)
