-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Files whose artifact is gone, and that no new one has. $1: first id, $2: last.
SELECT m.former ->> 'sha256' FROM migrationd_pulp2to3.made m WHERE m.kind = 'file' AND m.id BETWEEN $1::uuid AND $2::uuid AND
        NOT EXISTS (SELECT FROM public.core_artifact a WHERE a.sha256 = m.former ->> 'sha256') ORDER BY 1;
