-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The premigration's statistics are of units without content: with them a plan of each version reads all units.
ANALYZE migrationd_pulp2to3.iso, migrationd_pulp2to3.unit_document, migrationd_pulp2to3.unit_content,
        migrationd_pulp2to3.unit_type;
