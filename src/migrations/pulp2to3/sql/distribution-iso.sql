-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The rows of distributions of plugin iso beside core_distribution's.
INSERT INTO public.file_filedistribution (distribution_ptr_id)
        SELECT d.pulp_id FROM pg_temp.distributions w JOIN public.core_distribution d ON d.name = w.name
                WHERE w.plugin = 'iso' AND d.pulp_type = w.distribution_type
        ON CONFLICT DO NOTHING;
