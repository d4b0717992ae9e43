-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The advisories of a batch, for their digests. Columns: unit, repository, columns of the record, collections.
SELECT a.unit_id, a.repo_id, b.document, a.collections
        FROM pg_temp.batch_advisory a JOIN pg_temp.batch_document b ON b.unit_id = a.unit_id ORDER BY a.unit_id, a.repo_id;
