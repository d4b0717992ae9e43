-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The latest complete version of a repository. $1: repository.
SELECT pulp_id FROM public.core_repositoryversion WHERE repository_id = $1::uuid AND complete ORDER BY number DESC LIMIT 1;
