-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A unit of which a file is lost is migrated again. $1: type, $2: unit.
UPDATE migrationd_pulp2to3.unit_document SET migrated = false WHERE type = $1 AND unit_id = $2;
