-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Publications with the metadata files that are theirs alone.
CREATE TEMPORARY TABLE gone_metadata ON COMMIT DROP AS
        SELECT m.content_ptr_id AS id FROM public.core_publishedmetadata m JOIN pg_temp.gone g ON g.id = m.publication_id;
DELETE FROM public.core_publishedartifact a USING pg_temp.gone g WHERE a.publication_id = g.id;
DELETE FROM public.core_publishedmetadata m USING pg_temp.gone g WHERE m.publication_id = g.id;
DELETE FROM public.core_contentartifact a USING pg_temp.gone_metadata m WHERE a.content_id = m.id;
DELETE FROM public.core_content c USING pg_temp.gone_metadata m WHERE c.pulp_id = m.id;
DELETE FROM public.core_publication p USING pg_temp.gone g WHERE p.pulp_id = g.id;
DELETE FROM migrationd_pulp2to3.publication m USING pg_temp.gone g WHERE m.publication_id = g.id;
DROP TABLE pg_temp.gone_metadata;
