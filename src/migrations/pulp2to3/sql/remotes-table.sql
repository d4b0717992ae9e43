-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Remotes that are to be made or changed; one table for the session, empty after each COMMIT.
CREATE TEMPORARY TABLE remotes (name text, url text, ca_cert text, client_cert text, tls_validation boolean, proxy_url text,
        download_concurrency integer, policy text, client_key text, username text, password text, proxy_username text,
        proxy_password text, pulp_type text) ON COMMIT DELETE ROWS;
