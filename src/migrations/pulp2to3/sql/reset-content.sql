-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The rows of a batch's contents that all types have.
DELETE FROM public.core_remoteartifact r USING public.core_contentartifact a, pg_temp.gone g
        WHERE r.content_artifact_id = a.pulp_id AND a.content_id = g.id;
DELETE FROM public.core_contentartifact a USING pg_temp.gone g WHERE a.content_id = g.id;
DELETE FROM public.core_content c USING pg_temp.gone g WHERE c.pulp_id = g.id;
