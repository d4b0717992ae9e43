-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The packages of a batch as objects of rpm_package's columns.
CREATE TEMPORARY TABLE batch_package (unit_id text, package jsonb) ON COMMIT DELETE ROWS;
