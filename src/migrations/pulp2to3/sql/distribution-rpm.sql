-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The rows of distributions of plugin rpm beside core_distribution's.
INSERT INTO public.rpm_rpmdistribution (distribution_ptr_id)
        SELECT d.pulp_id FROM pg_temp.distributions w JOIN public.core_distribution d ON d.name = w.name
                WHERE w.plugin = 'rpm' AND d.pulp_type = w.distribution_type
        ON CONFLICT DO NOTHING;
