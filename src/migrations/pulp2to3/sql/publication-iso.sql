-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a publication of ISO files has beside its manifest; the files themselves are passed through. $1: publication, $2: version,
-- $3: detail.
INSERT INTO public.file_filepublication (publication_ptr_id, manifest)
        SELECT p.pulp_id, $3::jsonb ->> 'manifest' FROM public.core_publication p
                WHERE p.pulp_id = $1::uuid AND p.repository_version_id = $2::uuid;
