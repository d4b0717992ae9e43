-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Removes distributions from the tables that all plugins have; their own rows are gone.
DELETE FROM migrationd_pulp2to3.made m USING pg_temp.gone g WHERE m.kind = 'distribution' AND m.id = g.id;
DELETE FROM public.core_distribution d USING pg_temp.gone g WHERE d.pulp_id = g.id;
