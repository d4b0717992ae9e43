-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The modules of a batch as objects of rpm_modulemd's columns, and of the names of their packages. batch_module: the contents that they
-- became. ours: made by the migration; same, same_file: it has the unit's columns, and its file.
CREATE TEMPORARY TABLE batch_document (unit_id text NOT NULL, document jsonb NOT NULL) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE batch_module (unit_id text NOT NULL, content_id uuid NOT NULL, ours boolean NOT NULL, same boolean NOT NULL,
        same_file boolean NOT NULL) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE batch_module_link (modulemd_id uuid NOT NULL, package_id uuid NOT NULL) ON COMMIT DELETE ROWS;
