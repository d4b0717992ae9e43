-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Hides Pulp's tables by temporary ones that have no history: the repositories of pulp3_names with their latest version, its content,
-- the remotes and distributions of these, and what hangs on all of it. Read by psql between pulp3-tables.sql and pulp3-rows.sql.

-- What Pulp's tables refer to: tab.col names a row of other.
CREATE TEMPORARY TABLE pulp3_reference AS SELECT c.conrelid::regclass::text AS tab, a.attname::text AS col, c.confrelid::regclass::text AS other,
                b.attname::text AS id
        FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
        WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace;
UPDATE pulp3_reference SET tab = replace(tab, 'public.', ''), other = replace(other, 'public.', '');

CREATE TEMPORARY TABLE core_repository AS SELECT * FROM public.core_repository WHERE name IN (SELECT name FROM pulp3_names);
-- A version's number and what it was made from are its history.
CREATE TEMPORARY TABLE core_repositoryversion AS SELECT DISTINCT ON (repository_id) * FROM public.core_repositoryversion
        WHERE complete AND repository_id IN (SELECT pulp_id FROM core_repository) ORDER BY repository_id, number DESC;
CREATE TEMPORARY TABLE core_repositorycontent AS SELECT c.* FROM public.core_repositorycontent c
        WHERE version_removed_id IS NULL AND repository_id IN (SELECT pulp_id FROM core_repository);
UPDATE core_repositorycontent c SET version_added_id = v.pulp_id FROM core_repositoryversion v WHERE v.repository_id = c.repository_id;
UPDATE core_repositoryversion SET number = 0, base_version_id = NULL;
UPDATE core_repository SET next_version = 0;
CREATE TEMPORARY TABLE core_repositoryversioncontentdetails AS SELECT * FROM public.core_repositoryversioncontentdetails
        WHERE count_type = 'P' AND repository_version_id IN (SELECT pulp_id FROM core_repositoryversion);
CREATE TEMPORARY TABLE core_remote AS SELECT * FROM public.core_remote WHERE pulp_id IN (SELECT remote_id FROM core_repository);
-- "<object id>-<repository id>", as Pulp 2 has one for each repository.
CREATE TEMPORARY TABLE core_distribution AS SELECT * FROM public.core_distribution
        WHERE name ~ '^[0-9a-f]{24}-' AND substr(name, 26) IN (SELECT name FROM pulp3_names);
-- One of an older version is not here, and its distribution is told to name nothing.
CREATE TEMPORARY TABLE core_publication AS SELECT * FROM public.core_publication
        WHERE pulp_id IN (SELECT publication_id FROM core_distribution) AND
                repository_version_id IN (SELECT pulp_id FROM core_repositoryversion);
CREATE TEMPORARY TABLE core_content AS SELECT * FROM public.core_content WHERE pulp_id IN (SELECT content_id FROM core_repositorycontent) OR
        pulp_id IN (SELECT content_ptr_id FROM public.core_publishedmetadata WHERE publication_id IN (SELECT pulp_id FROM core_publication));
CREATE TEMPORARY TABLE core_contentartifact AS SELECT * FROM public.core_contentartifact WHERE content_id IN (SELECT pulp_id FROM core_content);
CREATE TEMPORARY TABLE core_artifact AS SELECT * FROM public.core_artifact WHERE pulp_id IN (SELECT artifact_id FROM core_contentartifact);

-- Of all other tables, the rows that name nothing but what is left: first those of tables that name none of the rest.
DO $$
DECLARE
        t record;
        n integer;
BEGIN
        LOOP
                n := 0;
                FOR t IN SELECT tab, (SELECT string_agg(format('(%1$I IS NULL OR %1$I IN (SELECT %2$I FROM pg_temp.%3$I))', col, id, other), ' AND ')
                                FROM pulp3_reference r JOIN pulp3_tables o ON o.tab = r.other WHERE r.tab = p.tab) AS only
                        FROM pulp3_tables p WHERE to_regclass('pg_temp.' || tab) IS NULL AND
                                NOT EXISTS (SELECT FROM pulp3_reference r JOIN pulp3_tables o ON o.tab = r.other
                                        WHERE r.tab = p.tab AND r.other <> p.tab AND to_regclass('pg_temp.' || r.other) IS NULL) LOOP
                        EXECUTE format('CREATE TEMPORARY TABLE %I AS SELECT * FROM public.%1$I WHERE %s', t.tab, coalesce(t.only, 'true'));
                        n := n + 1;
                END LOOP;
                EXIT WHEN n = 0;
        END LOOP;
        IF EXISTS (SELECT FROM pulp3_tables WHERE to_regclass('pg_temp.' || tab) IS NULL) THEN
                RAISE EXCEPTION 'tables that name each other: %', (SELECT string_agg(tab, ', ') FROM pulp3_tables
                        WHERE to_regclass('pg_temp.' || tab) IS NULL);
        END IF;
END $$;
