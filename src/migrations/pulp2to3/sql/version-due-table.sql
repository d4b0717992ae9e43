-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Versions of a range of the plan's repositories, with those of Pulp 3 that they became: a table, so that it has statistics.
CREATE TEMPORARY TABLE planned (repository bigint NOT NULL, number integer NOT NULL, repo_id text NOT NULL, plugin text NOT NULL,
        version_id uuid, repository_id uuid, version integer);
-- Contents that a planned version is not to have, and that is no loss.
CREATE TEMPORARY TABLE yielding (repository bigint NOT NULL, number integer NOT NULL, content_id uuid NOT NULL,
        PRIMARY KEY (repository, number, content_id));
