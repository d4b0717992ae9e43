-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What moves leaves its base path first, as another one may get it: of two that change places none could be the first. What was there
-- before the migration is noted as it was.
DELETE FROM pg_temp.distributions WHERE NOT moves;
INSERT INTO migrationd_pulp2to3.made (kind, id, former)
        SELECT 'distribution', e.pulp_id, to_jsonb(e) FROM pg_temp.distributions w JOIN public.core_distribution e ON e.name = w.name
        ON CONFLICT DO NOTHING;
UPDATE public.core_distribution e SET base_path = 'migrationd-' || e.pulp_id FROM pg_temp.distributions w WHERE e.name = w.name;
