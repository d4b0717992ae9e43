-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The profiles of a batch's defaults of modules that are BSON. Columns: unit, base64.
SELECT DISTINCT unit_id, d ->> 'profiles' FROM pg_temp.verify_made
        WHERE type = 'modulemd_defaults' AND jsonb_typeof(d -> 'profiles') = 'string';
