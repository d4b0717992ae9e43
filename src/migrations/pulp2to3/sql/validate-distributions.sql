-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Distributions of a target where the migration has not been: name, base path, whether it is a container distribution.
SELECT name, base_path, pulp_type = 'container.container' FROM public.core_distribution;
