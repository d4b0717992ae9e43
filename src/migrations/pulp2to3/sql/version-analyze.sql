-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The premigration's statistics are of units without content: with them a plan of each version reads all units. Where nothing has
-- changed since, they are as they should be.
DO $$
DECLARE
        v_table regclass;
BEGIN
        FOR v_table IN SELECT relid FROM pg_stat_user_tables WHERE schemaname = 'migrationd_pulp2to3' AND
                        relname IN ('iso', 'unit_document', 'unit_content', 'unit_type') AND
                        (n_mod_since_analyze > 0 OR coalesce(last_analyze, last_autoanalyze) IS NULL) LOOP
                EXECUTE format('ANALYZE %s', v_table);
        END LOOP;
END $$;
