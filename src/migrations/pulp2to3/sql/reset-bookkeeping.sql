-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The migration's own rows of plugins. $1: plugins.
WITH types AS (
        SELECT type FROM migrationd_pulp2to3.unit_type WHERE plugin = ANY ($1::text[])
), links AS (
        DELETE FROM migrationd_pulp2to3.link l USING types t WHERE l.type = t.type
), lazy AS (
        DELETE FROM migrationd_pulp2to3.lazy l USING types t WHERE l.type = t.type
), iso AS (
        DELETE FROM migrationd_pulp2to3.iso WHERE 'iso' = ANY ($1::text[])
), snippets AS (
        DELETE FROM migrationd_pulp2to3.unit_snippet s USING types t WHERE s.type = t.type
), contents AS (
        DELETE FROM migrationd_pulp2to3.unit_content c USING types t WHERE c.type = t.type
), pkglists AS (
        DELETE FROM migrationd_pulp2to3.pkglist WHERE 'rpm' = ANY ($1::text[])
), importers AS (
        DELETE FROM migrationd_pulp2to3.importer WHERE plugin = ANY ($1::text[])
), left_out_documents AS (
        DELETE FROM migrationd_pulp2to3.dump_left_out WHERE plugin = ANY ($1::text[])
), distributors AS (
        DELETE FROM migrationd_pulp2to3.distributor WHERE plugin = ANY ($1::text[])
), plans AS (
        DELETE FROM migrationd_pulp2to3.plan_repository WHERE plugin = ANY ($1::text[]) RETURNING report, number
), plan_versions AS (
        DELETE FROM migrationd_pulp2to3.plan_version v USING plans p WHERE v.report = p.report AND v.repository = p.number
), left_out AS (
        DELETE FROM migrationd_pulp2to3.plan_left_out l USING migrationd_pulp2to3.distributor d
                WHERE d.object_id = l.object_id AND d.plugin = ANY ($1::text[])
), plan_distributors AS (
        DELETE FROM migrationd_pulp2to3.plan_distributor d USING plans p WHERE d.report = p.report AND d.repository = p.number
)
DELETE FROM migrationd_pulp2to3.unit_type WHERE plugin = ANY ($1::text[]);
