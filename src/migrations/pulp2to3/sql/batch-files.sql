-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Artifacts of migrated units of a range. $1: after that number, $2: last, $3: at most so many, $4: type.
-- Columns: number, unit, SHA-256, size.
SELECT u.number, u.unit_id, a.sha256, a.size FROM (
        SELECT number, unit_id, type, content_id FROM migrationd_pulp2to3.unit_document
                WHERE type = $4 AND number > $1::bigint AND number <= $2::bigint AND migrated ORDER BY number LIMIT $3::integer) u
        LEFT JOIN public.core_contentartifact ca ON ca.content_id = u.content_id
        LEFT JOIN public.core_artifact a ON a.pulp_id = ca.artifact_id
        ORDER BY u.number, a.sha256;
