-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What moves is no work of the range: it is done before.
DELETE FROM pg_temp.distributions WHERE moves;
