-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A row when the tables are of that source already, and reading it again would show no problem. $1: source.
SELECT 1 FROM migrationd_pulp2to3.dump d WHERE d.source = $1 AND d.clean AND NOT EXISTS (
        SELECT FROM unnest(string_to_array(split_part($1, ' ', 2), ',')) p (plugin)
                WHERE NOT EXISTS (SELECT FROM migrationd_pulp2to3.unit_type t WHERE t.plugin = p.plugin));
