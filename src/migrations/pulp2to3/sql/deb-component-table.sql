-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The components of a batch, what each becomes, and which of it was there.
CREATE TEMPORARY TABLE batch_document (unit_id text NOT NULL, document jsonb NOT NULL) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE batch_component (unit_id text NOT NULL, component text NOT NULL, release_id uuid NOT NULL, content_id uuid)
        ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE batch_component_package (unit_id text NOT NULL, package_unit text NOT NULL, package_id uuid NOT NULL,
        architecture text NOT NULL) ON COMMIT DELETE ROWS;
